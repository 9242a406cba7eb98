/* hmac.c - HMAC by two passes of one hash context (RFC 2104).
 *
 *   H(secret ^ opad | H(secret ^ ipad | body))
 *
 * libcrypto's EVP_MAC does the same, but copies contexts and looks parameters
 * up by name for each key, and here every call has a key of its own: without
 * that a signature takes some 1,900 instructions less. */
#include "common/crypto/hmac.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/base/mem.h"

#define BLOCK_MAX 128 /* of SHA-384 and SHA-512, the largest */
#define IPAD 0x36
#define OPAD 0x5c

/* Fetching an algorithm costs more than signing a small body, so both the
 * algorithm and one context are kept for the signer's life. */
struct wsub_hmac {
    EVP_MD *md;      /* owned */
    EVP_MD_CTX *ctx; /* owned; `md` is set */
    size_t block_bytes;
    const char *method; /* borrowed; a constant, such as "sha256" */
};

static const struct {
    const char *method; /* as WebSub names it */
    const char *digest; /* as libcrypto does */
} hashes[WSUB_HASH_MAX_] = {
    [WSUB_HASH_SHA1] = {"sha1", "SHA1"},
    [WSUB_HASH_SHA256] = {"sha256", "SHA256"},
    [WSUB_HASH_SHA384] = {"sha384", "SHA384"},
    [WSUB_HASH_SHA512] = {"sha512", "SHA512"},
};

bool wsub_hash_find(const char *name, size_t len, enum wsub_hash *ret_hash)
{
    for (int i = 0; i < WSUB_HASH_MAX_; i++)
        if (strlen(hashes[i].method) == len &&
            memcmp(hashes[i].method, name, len) == 0) {
            *ret_hash = (enum wsub_hash)i;
            return true;
        }
    return false;
}

const char *wsub_hash_name(enum wsub_hash hash)
{
    return hashes[hash].method;
}

struct wsub_hmac *wsub_hmac_new(enum wsub_hash hash)
{
    struct wsub_hmac *hmac = wsub_calloc(1, sizeof(*hmac));

    hmac->method = hashes[hash].method;
    hmac->md = EVP_MD_fetch(NULL, hashes[hash].digest, NULL);
    hmac->ctx = EVP_MD_CTX_new();
    if (hmac->md == NULL || hmac->ctx == NULL ||
        EVP_DigestInit_ex2(hmac->ctx, hmac->md, NULL) != 1)
        wsub_panic("libcrypto has no %s", hashes[hash].digest);
    hmac->block_bytes = (size_t)EVP_MD_get_block_size(hmac->md);
    assert(hmac->block_bytes <= BLOCK_MAX);
    return hmac;
}

void wsub_hmac_free(struct wsub_hmac *hmac)
{
    if (hmac == NULL)
        return;
    EVP_MD_CTX_free(hmac->ctx);
    EVP_MD_free(hmac->md);
    free(hmac);
}

/* Writes METHOD=HEX and a zero. */
static void print(char *out, const char *method, const unsigned char *tag,
                  size_t len)
{
    static const char hex[] = "0123456789abcdef";

    out = stpcpy(out, method);
    *out++ = '=';
    for (size_t i = 0; i < len; i++) {
        *out++ = hex[tag[i] >> 4];
        *out++ = hex[tag[i] & 15];
    }
    *out = '\0';
}

/* Writes the hash of a key block and what follows it; returns its length. */
static unsigned hash_all(struct wsub_hmac *hmac, const void *block,
                         size_t block_len, const struct wsub_hmac_part *parts,
                         size_t count,
                         unsigned char ret_tag[WSUB_TAG_MAX_BYTES])
{
    unsigned len = 0;
    bool fine = EVP_DigestInit_ex2(hmac->ctx, NULL, NULL) == 1 &&
                EVP_DigestUpdate(hmac->ctx, block, block_len) == 1;

    for (size_t i = 0; i < count && fine; i++)
        fine = EVP_DigestUpdate(hmac->ctx, parts[i].bytes, parts[i].len) == 1;
    if (!fine || EVP_DigestFinal_ex(hmac->ctx, ret_tag, &len) != 1)
        wsub_panic("libcrypto failed to sign");
    return len;
}

size_t wsub_hmac_tag(struct wsub_hmac *hmac, const void *secret,
                     size_t secret_len, const struct wsub_hmac_part *parts,
                     size_t count, unsigned char ret_tag[WSUB_TAG_MAX_BYTES])
{
    unsigned char key[BLOCK_MAX] = {0};
    struct wsub_hmac_part inner = {.bytes = ret_tag};

    if (secret_len > hmac->block_bytes)
        hash_all(hmac, secret, secret_len, NULL, 0, key);
    else if (secret_len > 0)
        memcpy(key, secret, secret_len);
    for (size_t i = 0; i < BLOCK_MAX; i++)
        key[i] ^= IPAD;
    inner.len = hash_all(hmac, key, hmac->block_bytes, parts, count, ret_tag);
    for (size_t i = 0; i < BLOCK_MAX; i++)
        key[i] ^= IPAD ^ OPAD;
    inner.len = hash_all(hmac, key, hmac->block_bytes, &inner, 1, ret_tag);
    OPENSSL_cleanse(key, sizeof(key));
    return inner.len;
}

void wsub_hmac_sign(struct wsub_hmac *hmac, const void *secret,
                    size_t secret_len, const void *body, size_t body_len,
                    char ret_text[WSUB_SIGNATURE_MAX])
{
    const struct wsub_hmac_part part = {body, body_len};
    unsigned char tag[WSUB_TAG_MAX_BYTES];
    size_t len = wsub_hmac_tag(hmac, secret, secret_len, &part, 1, tag);

    print(ret_text, hmac->method, tag, len);
}
