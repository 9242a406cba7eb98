/* post.h - the POST of a delivery (WebSub section 7).
 *
 * Each says which event it is, so that a subscriber can tell a repetition, and
 * which attempt.  With the headers of Standard Webhooks it has three more. */
#ifndef DELIVER_POST_H
#define DELIVER_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/crypto/hmac.h"
#include "common/crypto/seal.h"
#include "common/crypto/webhook.h"
#include "common/http/client.h"
#include "common/http/hash_rules.h"
#include "common/store/choices.h"
#include "deliver/content.h"

#define DELIVER_POST_HEADERS 15

/* What the POSTs of a process share; plain data. */
struct deliver_poster {
    struct wsub_http_client *client; /* borrowed */
    const struct wsub_keyring *ring; /* borrowed; opens secrets */
    /* A secret can't be opened.  Returns whether the ring has changed, so that it
     * may be tried again; NULL: it never does. */
    bool (*on_unopened)(void *arg);
    void *arg; /* borrowed; given to on_unopened */
    /* Borrowed; sign bodies, one for each hash. */
    struct wsub_hmac *hmacs[WSUB_HASH_MAX_];
    const struct wsub_hash_rules *hash_rules; /* borrowed */
    enum wsub_delivery_headers headers;       /* where none were chosen */
    char *user_agent;                         /* borrowed; the header */
    uint32_t timeout_ms;
    size_t keep_bytes; /* of responses' bodies */
};

/* Embedded in whatever is POSTed. */
struct deliver_post {
    /* The addresses are known: may it go there?  (send.h) */
    bool (*may_go)(struct deliver_post *post, const char *addresses);
    /* `response` is valid during the call. */
    void (*on_response)(struct deliver_post *post,
                        const struct wsub_http_response *response);

    /* What can't be opened, after deliver_post_send() returned false. */
    char why[96];

    /* post.c's own, headers: */
    char signature[24 + WSUB_SIGNATURE_MAX]; /* "" without a secret */
    char attempt[32];
    char traceparent[16 + WSUB_TRACEPARENT_LEN]; /* "" without a trace */
    char webhook_id[80]; /* the three of Standard Webhooks */
    char webhook_timestamp[48];
    char webhook_signature[24 + WSUB_WEBHOOK_SIGNATURE_MAX];
    struct curl_slist headers[DELIVER_POST_HEADERS];
};

/* Where the content goes; all borrowed until on_response. */
struct deliver_post_target {
    const struct deliver_content *content;
    const char *callback;
    const char *secret; /* sealed for (td, cd) */
    size_t secret_len;  /* 0: there is none */
    const char *td, *cd;
    struct wsub_choices choices; /* of the subscriber */
    uint32_t attempt;            /* which one it is, from 1 on */
    bool is_replay;              /* says Websubd-Replay: 1 */
    bool is_test;                /* says Websubd-Test: 1 */
    uint64_t now_s;              /* Unix time */
    bool background; /* starts once no response is there to be read */
};

/* Sends the content; on_response is called once, later.  Returns false, and
 * sends nothing, when the secret can't be opened. */
bool deliver_post_send(const struct deliver_poster *poster,
                       struct deliver_post *post,
                       const struct deliver_post_target *target);

#endif
