/* seal.c - AES-256-GCM over a subscriber's secret.
 *
 *   g.<ID>.<base64url of | nonce 12 | ciphertext | tag 16 |>
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
    unsigned char *box;

    assert(len <= SEALED_MAX_BYTES);
    if (ring->count == 0) {
        wsub_buf_str(out, "p.");
        wsub_base64url(out, secret, len);
        return;
    }
    box = wsub_calloc(boxed, 1);
    encrypt(ring, context, secret, len, box);
    wsub_buf_printf(out, "g.%s.", ring->keys[0].id);
    wsub_base64url(out, box, boxed);
    free(box);
}

/* Adds what nonce, ciphertext and tag hold to `ret_secret`; false when they
 * were not made with this key for this context. */
static bool decrypt(const struct wsub_key *key, const char *context,
                    const struct wsub_buf *box, struct wsub_buf *ret_secret)
{
    size_t len = box->len - NONCE_BYTES - TAG_BYTES;
    unsigned char *nonce = (unsigned char *)box->data;
    unsigned char *text = nonce + NONCE_BYTES;
    char *out = wsub_buf_reserve(ret_secret, len);
    EVP_CIPHER_CTX *ctx = key->opener;
    unsigned char none[1];
    int n;
    bool fine;

    begin(ctx, nonce, context);
    fine = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_BYTES,
                               text + len) == 1 &&
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

static enum wsub_err open_box(const struct wsub_key *key, const char *context,
                              const char *text, struct wsub_buf *ret_secret)
{
    struct wsub_buf box = {0};
    enum wsub_err err = wsub_base64url_decode(text, strlen(text), &box);

    if (err == WSUB_OK && (box.len < NONCE_BYTES + TAG_BYTES ||
                           !decrypt(key, context, &box, ret_secret)))
        err = WSUB_ERR_INVALID;
    wsub_buf_done(&box);
    return err;
}

enum wsub_err wsub_open(const struct wsub_keyring *ring, const char *context,
                        const char *sealed, struct wsub_buf *ret_secret)
{
    const struct wsub_key *key;
    const char *dot;

    if (strlen(sealed) > 2 * SEALED_MAX_BYTES)
        return WSUB_ERR_INVALID;
    if (strncmp(sealed, "p.", 2) == 0)
        return wsub_base64url_decode(sealed + 2, strlen(sealed + 2),
                                     ret_secret);
    dot = strncmp(sealed, "g.", 2) == 0 ? strchr(sealed + 2, '.') : NULL;
    if (dot == NULL || dot == sealed + 2)
        return WSUB_ERR_INVALID;
    key = wsub_keyring_find(ring, sealed + 2, (size_t)(dot - sealed - 2));
    if (key == NULL)
        return WSUB_ERR_NOT_FOUND;
    return open_box(key, context, dot + 1, ret_secret);
}
