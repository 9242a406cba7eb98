/* hmac.h - the X-Hub-Signature of a delivery (WebSub section 7.1). */
#ifndef WSUB_CRYPTO_HMAC_H
#define WSUB_CRYPTO_HMAC_H

#include <stddef.h>

#include "common/base/config.h"

#define WSUB_SIGNATURE_MAX 160 /* "sha512=" and 128 digits, and the zero */

struct wsub_hmac;

/* A signer for one hash; its set-up cost is paid here, once. */
struct wsub_hmac *wsub_hmac_new(enum wsub_hash hash);
void wsub_hmac_free(struct wsub_hmac *hmac);

/* Writes "sha256=<hex>" of `body` under `secret` to `ret_text`. */
void wsub_hmac_sign(struct wsub_hmac *hmac, const void *secret,
                    size_t secret_len, const void *body, size_t body_len,
                    char ret_text[WSUB_SIGNATURE_MAX]);

#endif
