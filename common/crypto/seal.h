/* seal.h - subscribers' secrets at rest.
 *
 * A key ring is a file (mode 0600 or stricter) with one key a line, `ID
 * HEX`, ID of 1 to 16 letters, digits, '-' or '_', HEX of 64 digits (a
 * 256-bit key); blank lines and lines that begin with '#' are skipped.  The first key seals, all of them
 * open, so a new key is put first and an old one is removed once nothing is
 * sealed under it.
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

struct wsub_keyring;

/* Reads the ring; "" gives one without keys, which seals in plain form.  On
 * failure one sentence is written to `err_text`. */
enum wsub_err wsub_keyring_load(const char *path, char err_text[256],
                                struct wsub_keyring **ret_ring) WSUB_MUST_CHECK;
void wsub_keyring_free(struct wsub_keyring *ring);

size_t wsub_keyring_count(const struct wsub_keyring *ring);

/* Adds the sealed form of `secret` (`len` bytes) to `out`. */
void wsub_seal(const struct wsub_keyring *ring, const char *context,
               const void *secret, size_t len, struct wsub_buf *out);

/* Adds the secret to `ret_secret`.  WSUB_ERR_NOT_FOUND: the ring lacks the key;
 * WSUB_ERR_INVALID: not a sealed secret, or not of this context. */
enum wsub_err wsub_open(const struct wsub_keyring *ring, const char *context,
                        const char *sealed, size_t sealed_len,
                        struct wsub_buf *ret_secret) WSUB_MUST_CHECK;

#endif
