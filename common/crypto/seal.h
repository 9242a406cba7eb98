/* seal.h - subscribers' secrets at rest.
 *
 * A sealed secret is bytes, any of them behind the last dot:
 *   g.<ID>.<nonce, ciphertext and tag>   AES-256-GCM
 *   p.<the secret>                       plain: there is no ring
 * The context (whose secret it is) is authenticated with it, so a sealed
 * secret moved to another record does not open. */
#ifndef WSUB_CRYPTO_SEAL_H
#define WSUB_CRYPTO_SEAL_H

#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/err.h"
#include "common/crypto/keyring.h"

/* Adds the sealed form of `secret` (`len` bytes) to `out`. */
void wsub_seal(const struct wsub_keyring *ring, const char *context,
               const void *secret, size_t len, struct wsub_buf *out);

/* Adds the secret to `ret_secret`.  WSUB_ERR_NOT_FOUND: the ring lacks the key;
 * WSUB_ERR_INVALID: not a sealed secret, or not of this context. */
enum wsub_err wsub_open(const struct wsub_keyring *ring, const char *context,
                        const char *sealed, size_t sealed_len,
                        struct wsub_buf *ret_secret) WSUB_MUST_CHECK;

/* The id of the key that a secret was sealed with, which may not be one of the
 * ring: returns its length and sets *ret_id, borrowed from `sealed`.  0 when it was
 * sealed with none, or can't be read. */
size_t wsub_sealed_key(const char *sealed, size_t len, const char **ret_id);

#endif
