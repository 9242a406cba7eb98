/* seal.c - AES-256-GCM over a subscriber's secret.
 *
 *   g.<ID>.| nonce 12 | ciphertext | tag 16 |
 *
 * The nonce is random: at 96 bits a key is good for 2^32 secrets (NIST SP
 * 800-38D section 8.3), which no hub reaches before it rotates its keys. */
#include "common/crypto/seal.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/crypto/key.h"

#define NONCE_BYTES 12
#define TAG_BYTES 16
#define SEALED_MAX_BYTES 65536 /* secrets have under 200 bytes */

/* Sets a context that has its key up for one operation: nonce, and `context`
 * as additional data. */
static void begin(EVP_CIPHER_CTX *ctx, const unsigned char *nonce,
                  const char *context)
{
    size_t context_len = strlen(context);
    int n;

    assert(context_len <= INT_MAX);
    if (EVP_CipherInit_ex2(ctx, NULL, NULL, nonce, -1, NULL) != 1 ||
        EVP_CipherUpdate(ctx, NULL, &n, (const unsigned char *)context,
                         (int)context_len) != 1)
        wsub_panic("libcrypto failed to set up AES-256-GCM");
}

/* Writes nonce, ciphertext and tag to `out`. */
static void encrypt(const struct wsub_keyring *ring, const char *context,
                    const void *secret, size_t len, unsigned char *out)
{
    unsigned char *text = out + NONCE_BYTES;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int n;

    if (ctx == NULL ||
        EVP_EncryptInit_ex2(ctx, ring->cipher, ring->keys[0].bytes, NULL,
                            NULL) != 1)
        wsub_panic("libcrypto failed to set up AES-256-GCM");
    wsub_random(out, NONCE_BYTES);
    begin(ctx, out, context);
    if ((len > 0 && EVP_CipherUpdate(ctx, text, &n, secret, (int)len) != 1) ||
        EVP_CipherFinal_ex(ctx, text + len, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, text + len) !=
            1)
        wsub_panic("libcrypto failed to encrypt");
    EVP_CIPHER_CTX_free(ctx);
}

void wsub_seal(const struct wsub_keyring *ring, const char *context,
               const void *secret, size_t len, struct wsub_buf *out)
{
    size_t boxed = NONCE_BYTES + len + TAG_BYTES;

    assert(len <= SEALED_MAX_BYTES);
    if (ring->count == 0) {
        wsub_buf_str(out, "p.");
        wsub_buf_add(out, secret, len);
        return;
    }
    wsub_buf_printf(out, "g.%s.", ring->keys[0].id);
    encrypt(ring, context, secret, len,
            (unsigned char *)wsub_buf_reserve(out, boxed));
    out->len += boxed;
    out->data[out->len] = '\0';
}

/* Adds what nonce, ciphertext and tag hold to `ret_secret`; false when they
 * were not made with this key for this context. */
static bool decrypt(const struct wsub_key *key, const char *context,
                    const unsigned char *box, size_t boxed,
                    struct wsub_buf *ret_secret)
{
    size_t len = boxed - NONCE_BYTES - TAG_BYTES;
    const unsigned char *text = box + NONCE_BYTES;
    char *out = wsub_buf_reserve(ret_secret, len);
    EVP_CIPHER_CTX *ctx = key->opener;
    unsigned char none[1], tag[TAG_BYTES];
    int n;
    bool fine;

    memcpy(tag, text + len, TAG_BYTES);
    begin(ctx, box, context);
    fine =
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
        (len == 0 || EVP_CipherUpdate(ctx, (unsigned char *)out, &n, text,
                                      (int)len) == 1) &&
        EVP_CipherFinal_ex(ctx, none, &n) == 1;
    if (fine)
        ret_secret->len += len;
    else
        OPENSSL_cleanse(out, len);
    ret_secret->data[ret_secret->len] = '\0';
    return fine;
}

static bool starts_with(const char *bytes, size_t len, const char *prefix)
{
    return len >= 2 && memcmp(bytes, prefix, 2) == 0;
}

/* What stands behind `g.`: ID, a dot, and the box. */
static enum wsub_err open_boxed(const struct wsub_keyring *ring,
                                const char *context, const char *id, size_t len,
                                struct wsub_buf *ret_secret)
{
    const char *dot = memchr(id, '.', len);
    const struct wsub_key *key;
    size_t boxed;

    if (dot == NULL || dot == id)
        return WSUB_ERR_INVALID;
    key = wsub_keyring_find(ring, id, (size_t)(dot - id));
    if (key == NULL)
        return WSUB_ERR_NOT_FOUND;
    boxed = len - (size_t)(dot + 1 - id);
    return boxed >= NONCE_BYTES + TAG_BYTES &&
                   decrypt(key, context, (const unsigned char *)dot + 1, boxed,
                           ret_secret)
               ? WSUB_OK
               : WSUB_ERR_INVALID;
}

enum wsub_err wsub_open(const struct wsub_keyring *ring, const char *context,
                        const char *sealed, size_t sealed_len,
                        struct wsub_buf *ret_secret)
{
    if (sealed_len > 2 * SEALED_MAX_BYTES)
        return WSUB_ERR_INVALID;
    if (starts_with(sealed, sealed_len, "p.")) {
        wsub_buf_add(ret_secret, sealed + 2, sealed_len - 2);
        return WSUB_OK;
    }
    if (starts_with(sealed, sealed_len, "g."))
        return open_boxed(ring, context, sealed + 2, sealed_len - 2,
                          ret_secret);
    return WSUB_ERR_INVALID;
}

size_t wsub_sealed_key(const char *sealed, size_t len, const char **ret_id)
{
    const char *dot;

    if (!starts_with(sealed, len, "g."))
        return 0;
    dot = memchr(sealed + 2, '.', len - 2);
    if (dot == NULL || dot - sealed - 2 > WSUB_KEY_ID_MAX)
        return 0;
    *ret_id = sealed + 2;
    return (size_t)(dot - sealed) - 2;
}
