#include "common/crypto/hmac.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "common/base/mem.h"

/* Fetching an algorithm costs more than signing a small body, so both the
 * algorithm and one context are kept for the signer's life. */
struct wsub_hmac {
    EVP_MAC *mac;       /* owned */
    EVP_MAC_CTX *ctx;   /* owned */
    const char *method; /* borrowed; a constant, such as "sha256" */
};

static const struct {
    const char *method; /* as WebSub names it */
    char digest[8];     /* as libcrypto does */
} hashes[WSUB_HASH_MAX_] = {
    [WSUB_HASH_SHA1] = {"sha1", "SHA1"},
    [WSUB_HASH_SHA256] = {"sha256", "SHA256"},
    [WSUB_HASH_SHA384] = {"sha384", "SHA384"},
    [WSUB_HASH_SHA512] = {"sha512", "SHA512"},
};

struct wsub_hmac *wsub_hmac_new(enum wsub_hash hash)
{
    struct wsub_hmac *hmac = wsub_calloc(1, sizeof(*hmac));
    char digest[sizeof(hashes[0].digest)];
    OSSL_PARAM params[2];

    memcpy(digest, hashes[hash].digest, sizeof(digest));
    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0);
    params[1] = OSSL_PARAM_construct_end();
    hmac->method = hashes[hash].method;
    hmac->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hmac->ctx = EVP_MAC_CTX_new(hmac->mac);
    if (hmac->ctx == NULL || EVP_MAC_CTX_set_params(hmac->ctx, params) != 1)
        wsub_panic("libcrypto has no HMAC-%s", digest);
    return hmac;
}

void wsub_hmac_free(struct wsub_hmac *hmac)
{
    if (hmac == NULL)
        return;
    EVP_MAC_CTX_free(hmac->ctx);
    EVP_MAC_free(hmac->mac);
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

void wsub_hmac_sign(struct wsub_hmac *hmac, const void *secret,
                    size_t secret_len, const void *body, size_t body_len,
                    char ret_text[WSUB_SIGNATURE_MAX])
{
    unsigned char tag[EVP_MAX_MD_SIZE];
    size_t len = 0;

    /* A NULL key would mean the one before, so an empty key is "". */
    if (EVP_MAC_init(hmac->ctx, secret_len > 0 ? secret : "", secret_len,
                     NULL) != 1 ||
        EVP_MAC_update(hmac->ctx, body_len > 0 ? body : "", body_len) != 1 ||
        EVP_MAC_final(hmac->ctx, tag, &len, sizeof(tag)) != 1)
        wsub_panic("libcrypto failed to sign");
    print(ret_text, hmac->method, tag, len);
}
