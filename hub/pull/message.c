#include "hub/pull/message.h"

#include <openssl/evp.h>

#include "hub/json.h"

#define PIECE_BYTES 3145728 /* of one call, whose lengths are of type int */

/* jansson checks UTF-8 as RFC 3629 has it. */
static json_t *text_of(const struct hub_pull_event *event)
{
    return event->coding == NULL ? json_stringn(event->body, event->body_bytes)
                                 : NULL;
}

bool hub_pull_is_text(const struct hub_pull_event *event)
{
    json_t *text = text_of(event);

    json_decref(text);
    return text != NULL;
}

void hub_pull_base64(const struct hub_pull_event *event, struct wsub_buf *out)
{
    size_t at = 0, len;
    int written;

    while (at < event->body_bytes) {
        len = event->body_bytes - at;
        len = len < PIECE_BYTES ? len : PIECE_BYTES;
        written = EVP_EncodeBlock(
            (unsigned char *)wsub_buf_reserve(out, len / 3 * 4 + 4),
            (const unsigned char *)event->body + at, (int)len);
        out->len += (size_t)written;
        at += len;
    }
}

/* *ret_encoded: it is in base64. */
static json_t *data_of(const struct hub_pull_event *event, bool *ret_encoded)
{
    json_t *data = text_of(event);
    struct wsub_buf base64 = {0};

    *ret_encoded = data == NULL;
    if (data != NULL)
        return data;
    hub_pull_base64(event, &base64);
    data = json_stringn(wsub_buf_cstr(&base64), base64.len);
    wsub_buf_done(&base64);
    return data;
}

json_t *hub_pull_message(const struct hub_pull_event *event, bool as_object)
{
    bool encoded;
    json_t *data = data_of(event, &encoded);
    json_t *message;

    if (!as_object)
        return data;
    message = json_object();
    json_object_set_new(message, "id", hub_json_place(&event->place));
    json_object_set_new(message, "topic", hub_json_text(event->topic));
    json_object_set_new(message, "contentType", hub_json_text(event->type));
    if (event->coding != NULL)
        json_object_set_new(message, "contentEncoding",
                            hub_json_text(event->coding));
    if (encoded)
        json_object_set_new(message, "encoding", json_string("base64"));
    json_object_set_new(message, "data", data);
    return message;
}
