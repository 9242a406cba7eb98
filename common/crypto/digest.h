/* digest.h - hashes, random tokens, and their text forms. */
#ifndef WSUB_CRYPTO_DIGEST_H
#define WSUB_CRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/err.h"

#define WSUB_DIGEST_LEN 22 /* base64url of 16 bytes, no padding */

/* Writes the first 16 bytes of SHA-256 of `bytes` as base64url, and a zero:
 * the name of a topic or a callback in keys. */
void wsub_digest(const void *bytes, size_t len,
                 char ret_text[WSUB_DIGEST_LEN + 1]);

/* The whole SHA-256. */
#define WSUB_SHA256_BYTES 32
void wsub_sha256(const void *bytes, size_t len,
                 unsigned char ret_digest[WSUB_SHA256_BYTES]);

/* Writes the first `bytes` bytes of SHA-1 as 2 * `bytes` hex digits and a zero:
 * the only digest that a script in Redis can make too.  For names, never for what
 * must be hard to forge. */
void wsub_sha1_hex(const void *text, size_t len, size_t bytes, char *ret_text);

/* The number 0 to `buckets` - 1 that a digest falls into: its first 30 bits
 * modulo `buckets`. */
unsigned wsub_digest_bucket(const char *digest, unsigned buckets);

/* Fills `out` with bytes that nobody can guess. */
void wsub_random(void *out, size_t len);

/* Writes a random token of 2 * `bytes` hex digits and a zero. */
void wsub_random_hex(size_t bytes, char *ret_text);

/* Adds the unpadded base64url form (RFC 4648 section 5). */
void wsub_base64url(struct wsub_buf *out, const void *bytes, size_t len);

/* The reverse; anything but the canonical form is WSUB_ERR_INVALID. */
enum wsub_err wsub_base64url_decode(const char *text, size_t len,
                                    struct wsub_buf *ret_bytes) WSUB_MUST_CHECK;

/* Compares without telling by its time where the two differ. */
bool wsub_equal_const_time(const void *a, size_t a_len, const void *b,
                           size_t b_len);

#endif
