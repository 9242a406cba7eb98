/* key.h - the keys of a ring from the inside: for keyring.c, which reads them,
 * and seal.c, which uses them. */
#ifndef WSUB_CRYPTO_KEY_H
#define WSUB_CRYPTO_KEY_H

#include <stddef.h>
#include <sys/stat.h>

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
    size_t count, capacity;
    EVP_CIPHER *cipher; /* owned */
    char *path;         /* owned; NULL: there is no file */
    struct stat seen; /* the file, when it was looked at last; zero: missing */
};

#endif
