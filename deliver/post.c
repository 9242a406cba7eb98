#include "deliver/post.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/base/log.h"
#include "common/crypto/digest.h"

/* A response is ignored, and read only to keep the connection; more of it
 * closes that. */
#define RESPONSE_MAX_BYTES 65536

static char no_expect[] = "Expect:"; /* no 100-continue round trip */
static char replay[] = "Websubd-Replay: 1";
static char test[] = "Websubd-Test: 1";

/* The headers of a POST while they are gathered. */
struct list {
    struct deliver_post *post;
    size_t used;
    struct curl_slist *first;
};

/* Puts `text` in front of the list; libcurl only reads it. */
static void push_header(struct list *list, char *text)
{
    struct curl_slist *one = &list->post->headers[list->used++];

    assert(list->used <= DELIVER_POST_HEADERS);
    one->data = text;
    one->next = list->first;
    list->first = one;
}

/* Writes "TD:CD", which secrets are sealed for. */
static void name_secret(const struct deliver_post_target *target,
                        char ret_context[2 * WSUB_DIGEST_LEN + 2])
{
    memcpy(ret_context, target->td, WSUB_DIGEST_LEN);
    ret_context[WSUB_DIGEST_LEN] = ':';
    memcpy(ret_context + WSUB_DIGEST_LEN + 1, target->cd, WSUB_DIGEST_LEN + 1);
}

/* What the subscriber chose counts before the operator's rules. */
static enum wsub_hash choose_hash(const struct deliver_poster *poster,
                                  const struct deliver_post_target *target)
{
    if (target->choices.has_hash)
        return target->choices.hash;
    return wsub_hash_rules_choose(poster->hash_rules, target->callback);
}

static bool is_standard(const struct deliver_poster *poster,
                        const struct deliver_post_target *target)
{
    return (target->choices.has_headers
                ? target->choices.headers
                : poster->headers) == WSUB_HEADERS_STANDARD;
}

static void sign_webhook(const struct deliver_poster *poster,
                         struct deliver_post *post,
                         const struct deliver_post_target *target,
                         const struct wsub_buf *secret)
{
    static const char name[] = "webhook-signature: ";
    const struct wsub_webhook webhook = {
        .id = target->content->event,
        .timestamp = strchr(post->webhook_timestamp, ' ') + 1,
        .body = target->content->body,
        .body_len = target->content->body_len,
    };

    memcpy(post->webhook_signature, name, sizeof(name));
    wsub_webhook_sign(poster->hmacs[WSUB_HASH_SHA256], secret->data,
                      secret->len, &webhook,
                      post->webhook_signature + sizeof(name) - 1);
}

static void sign_with(const struct deliver_poster *poster,
                      struct deliver_post *post,
                      const struct deliver_post_target *target,
                      const struct wsub_buf *secret)
{
    static const char name[] = "X-Hub-Signature: ";

    memcpy(post->signature, name, sizeof(name));
    wsub_hmac_sign(poster->hmacs[choose_hash(poster, target)], secret->data,
                   secret->len, target->content->body,
                   target->content->body_len,
                   post->signature + sizeof(name) - 1);
    if (is_standard(poster, target))
        sign_webhook(poster, post, target, secret);
}

/* Writes the signatures when there is a secret; false when the secret can't be
 * opened. */
/* What can't be opened: the key's id stands in front, where it can be read. */
static void say_unopened(struct deliver_post *post,
                         const struct deliver_post_target *target,
                         enum wsub_err err)
{
    const char *id = NULL;
    size_t len = wsub_sealed_key(target->secret, target->secret_len, &id);

    if (len == 0)
        snprintf(post->why, sizeof(post->why),
                 "the secret, which is sealed in no known way");
    else
        snprintf(post->why, sizeof(post->why),
                 err == WSUB_ERR_NOT_FOUND
                     ? "the secret, for lack of key %.*s"
                     : "the secret, which key %.*s fails to "
                       "authenticate",
                 (int)len, id != NULL ? id : "");
}

static bool sign(const struct deliver_poster *poster, struct deliver_post *post,
                 const struct deliver_post_target *target)
{
    char context[2 * WSUB_DIGEST_LEN + 2];
    struct wsub_buf secret = {0};
    enum wsub_err err;

    post->signature[0] = post->webhook_signature[0] = '\0';
    if (target->secret_len == 0)
        return true;
    name_secret(target, context);
    err = wsub_open(poster->ring, context, target->secret, target->secret_len,
                    &secret);
    if (err != WSUB_OK && poster->on_unopened != NULL &&
        poster->on_unopened(poster->arg)) /* the ring is another one now */
        err = wsub_open(poster->ring, context, target->secret,
                        target->secret_len, &secret);
    if (err == WSUB_OK) {
        sign_with(poster, post, target, &secret);
        OPENSSL_cleanse(secret.data, secret.len);
    } else {
        say_unopened(post, target, err);
        wsub_log_error("secret-unreadable",
                       WSUB_KV("callback", target->callback),
                       WSUB_KE("why", err == WSUB_ERR_NOT_FOUND
                                          ? "secret_keys_file lacks its key"
                                          : "it is damaged"));
    }
    wsub_buf_done(&secret);
    return err == WSUB_OK;
}

/* Each request is a span of its own in the event's trace. */
static void write_trace(struct deliver_post *post,
                        const struct deliver_content *content)
{
    static const char name[] = "traceparent: ";
    uint64_t span;

    post->traceparent[0] = '\0';
    if (content->traceparent[0] == '\0')
        return;
    wsub_random(&span, sizeof(span));
    memcpy(post->traceparent, name, sizeof(name));
    wsub_traceparent_child(content->traceparent, span,
                           post->traceparent + sizeof(name) - 1);
}

/* Those that are this POST's own, but for the signatures. */
static void write_headers(const struct deliver_poster *poster,
                          struct deliver_post *post,
                          const struct deliver_post_target *target)
{
    snprintf(post->attempt, sizeof(post->attempt), "Websubd-Attempt: %u",
             (unsigned)target->attempt);
    write_trace(post, target->content);
    if (!is_standard(poster, target))
        return;
    snprintf(post->webhook_id, sizeof(post->webhook_id), "webhook-id: %s",
             target->content->event);
    snprintf(post->webhook_timestamp, sizeof(post->webhook_timestamp),
             "webhook-timestamp: %llu", (unsigned long long)target->now_s);
}

/* Those of Standard Webhooks; without a secret there is no signature. */
static void push_webhook(struct list *list)
{
    push_header(list, list->post->webhook_id);
    push_header(list, list->post->webhook_timestamp);
    if (list->post->webhook_signature[0] != '\0')
        push_header(list, list->post->webhook_signature);
}

static struct curl_slist *gather(const struct deliver_poster *poster,
                                 struct deliver_post *post,
                                 const struct deliver_post_target *target)
{
    const struct deliver_content *content = target->content;
    struct list list = {.post = post};

    push_header(&list, no_expect);
    push_header(&list, poster->user_agent);
    push_header(&list, content->event_header);
    push_header(&list, post->attempt);
    if (target->is_replay)
        push_header(&list, replay);
    if (target->is_test)
        push_header(&list, test);
    push_header(&list, content->link_header);
    if (post->traceparent[0] != '\0')
        push_header(&list, post->traceparent);
    if (content->state_header != NULL)
        push_header(&list, content->state_header);
    if (content->coding_header != NULL)
        push_header(&list, content->coding_header);
    push_header(&list, content->type_header);
    if (post->signature[0] != '\0')
        push_header(&list, post->signature);
    if (is_standard(poster, target))
        push_webhook(&list);
    return list.first;
}

static void on_response(const struct wsub_http_response *response, void *arg)
{
    struct deliver_post *post = arg;

    post->on_response(post, response);
}

static bool may_go(const char *addresses, void *arg)
{
    struct deliver_post *post = arg;

    return post->may_go == NULL || post->may_go(post, addresses);
}

bool deliver_post_send(const struct deliver_poster *poster,
                       struct deliver_post *post,
                       const struct deliver_post_target *target)
{
    const struct deliver_content *content = target->content;

    write_headers(poster, post, target);
    if (!sign(poster, post, target))
        return false;
    wsub_http_client_send(poster->client,
                          &(struct wsub_http_send){
                              .url = target->callback,
                              .headers = gather(poster, post, target),
                              .body = content->body,
                              .body_len = content->body_len,
                              .timeout_ms = poster->timeout_ms,
                              .response_max_bytes = RESPONSE_MAX_BYTES,
                              .keep_first_bytes = poster->keep_bytes,
                              .background = target->background,
                              .may_go = may_go,
                              .done = on_response,
                              .arg = post,
                          });
    return true;
}
