/* keyring.h - the keys that secrets are sealed with (seal.h).
 *
 * A key ring is a file of secrets (secret_file.h) with one key a line, `ID HEX`,
 * ID of 1 to 16 letters, digits, '-' or '_', HEX of 64 digits (a 256-bit key).  The
 * first key seals, all of them open, so a new key is put first and an old one is
 * removed once nothing is sealed under it. */
#ifndef WSUB_CRYPTO_KEYRING_H
#define WSUB_CRYPTO_KEYRING_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/err.h"

struct wsub_key;
struct wsub_keyring;

/* Reads the ring; "" gives one without keys, which seals in plain form.  On
 * failure one sentence is written to `err_text`. */
enum wsub_err wsub_keyring_load(const char *path, char err_text[256],
                                struct wsub_keyring **ret_ring) WSUB_MUST_CHECK;
void wsub_keyring_free(struct wsub_keyring *ring);

/* Reads the file of a ring that has one anew when it is another one than when it
 * was read last, or failed to be, by its name, time and size.  Returns true when it
 * was read: the ring has its keys from now on, in place.  A file that can't be used
 * changes nothing: one sentence is written to `err_text`, once for each state of
 * the file; "" when there is nothing to say. */
bool wsub_keyring_refresh(struct wsub_keyring *ring, char err_text[256]);

/* The key that seals; NULL when the ring has none. */
const struct wsub_key *wsub_keyring_first(const struct wsub_keyring *ring);

/* Its id; "" when there is none. */
const char *wsub_keyring_first_id(const struct wsub_keyring *ring);

size_t wsub_keyring_count(const struct wsub_keyring *ring);

/* The key called by the `len` bytes at `id`; NULL when the ring lacks it. */
const struct wsub_key *wsub_keyring_find(const struct wsub_keyring *ring,
                                         const char *id, size_t len);

#endif
