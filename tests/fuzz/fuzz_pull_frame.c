/* fuzz_pull_frame.c - events as Server-Sent Events: hub/pull/frame.h.
 *
 * A client that follows the HTML Standard (section 9.2.6) gets one event whose
 * data are the body, with LF for each line end, or its base64 form. */
#include "hub/pull/frame.h"

#include "hub/pull/message.h"
#include "tests/fuzz/fuzz.h"

static char topic[] = "a.b", type[] = "text/plain", none[] = "";

/* The lines of the body as the client is to get them. */
static void normalize(const uint8_t *data, size_t size, struct wsub_buf *out)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] == '\r') {
            wsub_buf_char(out, '\n');
            i += i + 1 < size && data[i + 1] == '\n';
        } else {
            wsub_buf_char(out, (char)data[i]);
        }
}

/* The data of the frame, whose lines end with LF. */
static void decode(const struct wsub_buf *frame, struct wsub_buf *out)
{
    static const char field[] = "data: ";
    const char *at = frame->data, *end = frame->data + frame->len;
    unsigned lines = 0, others = 0;

    FUZZ_CHECK(memchr(at, '\r', frame->len) == NULL);
    FUZZ_CHECK(frame->len > 2 && memcmp(end - 2, "\n\n", 2) == 0);
    for (end--; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at) + 1);
        size_t len = (size_t)(stop - at);

        FUZZ_CHECK(len > 0);
        if (len >= strlen(field) && memcmp(at, field, strlen(field)) == 0) {
            if (lines++ > 0)
                wsub_buf_char(out, '\n');
            wsub_buf_add(out, at + strlen(field), len - strlen(field));
        } else {
            others++;
        }
        at = stop + 1;
    }
    FUZZ_CHECK(lines > 0 && others == 2); /* id and event */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct wsub_config config = {.topic_allow = none, .topic_deny = none};
    struct hub_pull_event *event =
        hub_pull_event_new(&config, &(struct wsub_pull_event){
                                        .topic = topic,
                                        .content_type = type,
                                        .body = (const char *)data,
                                        .body_bytes = size,
                                    });
    struct wsub_buf expected = {0}, found = {0};

    if (hub_pull_is_text(event))
        normalize(data, size, &expected);
    else
        hub_pull_base64(event, &expected);
    decode(hub_pull_frame(event), &found);
    FUZZ_CHECK(found.len == expected.len);
    FUZZ_CHECK(found.len == 0 ||
               memcmp(found.data, expected.data, found.len) == 0);
    wsub_buf_done(&expected);
    wsub_buf_done(&found);
    hub_pull_event_drop(event);
    return 0;
}
