/* keyring.h - the keys of common/crypto/seal.h, as its two halves see them.
 *
 * keyring.c reads the file, seal.c uses the keys.  Nobody else needs this. */
#ifndef WSUB_CRYPTO_KEYRING_H
#define WSUB_CRYPTO_KEYRING_H

#include <stddef.h>

#include <openssl/evp.h>

#define WSUB_KEY_ID_MAX 16
#define WSUB_KEY_BYTES 32 /* AES-256 */

struct wsub_key {
    char id[WSUB_KEY_ID_MAX + 1];
    unsigned char bytes[WSUB_KEY_BYTES];
    EVP_CIPHER_CTX *opener; /* owned; set up with the key, to decrypt */
};

struct wsub_keyring {
    struct wsub_key *keys; /* owned; the first one seals */
    size_t count;
    EVP_CIPHER *cipher; /* owned */
};

/* The key called by the `len` bytes at `id`; NULL when the ring lacks it. */
const struct wsub_key *wsub_keyring_find(const struct wsub_keyring *ring,
                                         const char *id, size_t len);

#endif
