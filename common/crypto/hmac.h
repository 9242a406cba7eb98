/* hmac.h - the X-Hub-Signature of a delivery (WebSub section 7.1). */
#ifndef WSUB_CRYPTO_HMAC_H
#define WSUB_CRYPTO_HMAC_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/config.h"

#define WSUB_SIGNATURE_MAX 160 /* "sha512=" and 128 digits, and the zero */

struct wsub_hmac;

/* Finds a hash by the name that WebSub gives it, of `len` bytes: "sha256". */
bool wsub_hash_find(const char *name, size_t len, enum wsub_hash *ret_hash);

const char *wsub_hash_name(enum wsub_hash hash);

/* A signer for one hash; its set-up cost is paid here, once. */
struct wsub_hmac *wsub_hmac_new(enum wsub_hash hash);
void wsub_hmac_free(struct wsub_hmac *hmac);

#define WSUB_TAG_MAX_BYTES 64 /* of SHA-512 */

/* A piece of what is signed. */
struct wsub_hmac_part {
    const void *bytes;
    size_t len;
};

/* Writes the HMAC of the pieces, one behind the other, under `secret`; returns
 * its length in bytes. */
size_t wsub_hmac_tag(struct wsub_hmac *hmac, const void *secret,
                     size_t secret_len, const struct wsub_hmac_part *parts,
                     size_t count, unsigned char ret_tag[WSUB_TAG_MAX_BYTES]);

/* Writes "sha256=<hex>" of `body` under `secret` to `ret_text`. */
void wsub_hmac_sign(struct wsub_hmac *hmac, const void *secret,
                    size_t secret_len, const void *body, size_t body_len,
                    char ret_text[WSUB_SIGNATURE_MAX]);

#endif
