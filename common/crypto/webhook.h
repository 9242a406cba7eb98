/* webhook.h - the signature of Standard Webhooks (standardwebhooks.com).
 *
 *   v1,BASE64(HMAC-SHA256(KEY, ID "." TIMESTAMP "." BODY))
 *
 * KEY is the secret as the specification spells it: of "whsec_..." what its
 * base64 stands for; of any other secret, and of one whose base64 is broken,
 * the bytes as they are. */
#ifndef WSUB_CRYPTO_WEBHOOK_H
#define WSUB_CRYPTO_WEBHOOK_H

#include <stddef.h>

#include "common/crypto/hmac.h"

#define WSUB_WEBHOOK_SIGNATURE_MAX 48 /* "v1,", 44 digits, and the zero */

/* What is signed; all borrowed. */
struct wsub_webhook {
    const char *id;
    const char *timestamp; /* Unix seconds, in decimal */
    const void *body;
    size_t body_len;
};

/* Writes the signature.  `hmac` is for SHA-256. */
void wsub_webhook_sign(struct wsub_hmac *hmac, const char *secret,
                       size_t secret_len, const struct wsub_webhook *webhook,
                       char ret_text[WSUB_WEBHOOK_SIGNATURE_MAX]);

#endif
