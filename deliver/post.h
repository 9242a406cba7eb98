/* post.h - the POST of a delivery (WebSub section 7). */
#ifndef DELIVER_POST_H
#define DELIVER_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/crypto/hmac.h"
#include "common/crypto/seal.h"
#include "common/http/client.h"
#include "deliver/content.h"

#define DELIVER_POST_HEADERS 5

/* What the POSTs of a process share; plain data. */
struct deliver_poster {
    struct wsub_http_client *client; /* borrowed */
    const struct wsub_keyring *ring; /* borrowed; opens secrets */
    struct wsub_hmac *hmac;          /* borrowed; signs bodies */
    char *user_agent;                /* borrowed; the header */
    uint32_t timeout_ms;
};

/* Embedded in whatever is POSTed. */
struct deliver_post {
    /* `response` is valid during the call. */
    void (*on_response)(struct deliver_post *post,
                        const struct wsub_http_response *response);

    /* post.c's own: */
    char signature[24 + WSUB_SIGNATURE_MAX]; /* header; "" without a secret */
    struct curl_slist headers[DELIVER_POST_HEADERS];
};

/* Where the content goes; all borrowed until on_response. */
struct deliver_post_target {
    const struct deliver_content *content;
    const char *callback;
    const char *secret; /* sealed for (td, cd) */
    size_t secret_len;  /* 0: there is none */
    const char *td, *cd;
    bool background; /* starts once no response is there to be read */
};

/* Sends the content; on_response is called once, later.  Returns false, and
 * sends nothing, when the secret can't be opened. */
bool deliver_post_send(const struct deliver_poster *poster,
                       struct deliver_post *post,
                       const struct deliver_post_target *target);

#endif
