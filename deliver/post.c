#include "deliver/post.h"

#include <string.h>

#include "common/base/log.h"
#include "common/crypto/digest.h"

/* A response is ignored, and read only to keep the connection; more of it
 * closes that. */
#define RESPONSE_MAX_BYTES 65536

static char no_expect[] = "Expect:"; /* no 100-continue round trip */

/* Puts `text` in front of the list; libcurl only reads it. */
static struct curl_slist *push_header(struct deliver_post *post, size_t *used,
                                      char *text, struct curl_slist *rest)
{
    struct curl_slist *one = &post->headers[(*used)++];

    one->data = text;
    one->next = rest;
    return one;
}

/* Writes "TD:CD", which secrets are sealed for. */
static void name_secret(const struct deliver_post_target *target,
                        char ret_context[2 * WSUB_DIGEST_LEN + 2])
{
    memcpy(ret_context, target->td, WSUB_DIGEST_LEN);
    ret_context[WSUB_DIGEST_LEN] = ':';
    memcpy(ret_context + WSUB_DIGEST_LEN + 1, target->cd, WSUB_DIGEST_LEN + 1);
}

/* Writes the signature header when there is a secret; false when the secret
 * can't be opened. */
static bool sign(const struct deliver_poster *poster, struct deliver_post *post,
                 const struct deliver_post_target *target)
{
    static const char name[] = "X-Hub-Signature: ";
    char context[2 * WSUB_DIGEST_LEN + 2];
    struct wsub_buf secret = {0};
    enum wsub_err err;

    post->signature[0] = '\0';
    if (strcmp(target->secret, "-") == 0)
        return true;
    name_secret(target, context);
    err = wsub_open(poster->ring, context, target->secret, &secret);
    if (err == WSUB_OK) {
        memcpy(post->signature, name, sizeof(name));
        wsub_hmac_sign(poster->hmac, secret.data, secret.len,
                       target->content->body, target->content->body_len,
                       post->signature + sizeof(name) - 1);
        memset(secret.data, 0, secret.len);
    } else {
        wsub_log_error("secret-unreadable",
                       WSUB_KV("callback", target->callback),
                       WSUB_KV("why", err == WSUB_ERR_NOT_FOUND
                                          ? "secret_keys_file lacks its key"
                                          : "it is damaged"));
    }
    wsub_buf_done(&secret);
    return err == WSUB_OK;
}

static void on_response(const struct wsub_http_response *response, void *arg)
{
    struct deliver_post *post = arg;

    post->on_response(post, response);
}

bool deliver_post_send(const struct deliver_poster *poster,
                       struct deliver_post *post,
                       const struct deliver_post_target *target)
{
    const struct deliver_content *content = target->content;
    struct curl_slist *headers = NULL;
    size_t used = 0;

    if (!sign(poster, post, target))
        return false;
    headers = push_header(post, &used, no_expect, headers);
    headers = push_header(post, &used, poster->user_agent, headers);
    headers = push_header(post, &used, content->link_header, headers);
    headers = push_header(post, &used, content->type_header, headers);
    if (post->signature[0] != '\0')
        headers = push_header(post, &used, post->signature, headers);
    wsub_http_client_send(poster->client,
                          &(struct wsub_http_send){
                              .url = target->callback,
                              .headers = headers,
                              .body = content->body,
                              .body_len = content->body_len,
                              .timeout_ms = poster->timeout_ms,
                              .response_max_bytes = RESPONSE_MAX_BYTES,
                              .background = target->background,
                              .done = on_response,
                              .arg = post,
                          });
    return true;
}
