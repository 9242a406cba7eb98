#include "common/crypto/digest.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "common/base/mem.h"

#define NAME_BYTES 16  /* 128 bits: no two names meet by accident */
#define BUCKET_CHARS 5 /* 30 bits */
#define NO_SEXTET 64

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz"
                               "0123456789-_";

/* The value of a base64url digit, NO_SEXTET for any other byte. */
static unsigned sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    return c == '-' ? 62 : c == '_' ? 63 : NO_SEXTET;
}

/* Writes (len * 8 + 5) / 6 digits to `text` and returns their end. */
static char *encode(char *text, const unsigned char *bytes, size_t len)
{
    unsigned held = 0, bits = 0;

    for (size_t i = 0; i < len; i++) {
        held = (held << 8 | bytes[i]) & 0xffff;
        for (bits += 8; bits >= 6; bits -= 6)
            *text++ = alphabet[held >> (bits - 6) & 63];
    }
    if (bits > 0)
        *text++ = alphabet[held << (6 - bits) & 63];
    return text;
}

void wsub_digest(const void *bytes, size_t len,
                 char ret_text[WSUB_DIGEST_LEN + 1])
{
    unsigned char sha256[EVP_MAX_MD_SIZE];

    if (EVP_Q_digest(NULL, "SHA256", NULL, len > 0 ? bytes : "", len, sha256,
                     NULL) != 1)
        wsub_panic("libcrypto has no SHA-256");
    *encode(ret_text, sha256, NAME_BYTES) = '\0';
}

unsigned wsub_digest_bucket(const char *digest, unsigned buckets)
{
    unsigned bits = 0;

    assert(buckets > 0);
    for (int i = 0; i < BUCKET_CHARS; i++) {
        unsigned value = sextet(digest[i]);

        assert(value != NO_SEXTET);
        bits = bits << 6 | value;
    }
    return bits % buckets;
}

void wsub_random(void *out, size_t len)
{
    assert(len <= INT_MAX);
    if (RAND_bytes(out, (int)len) != 1)
        wsub_panic("the system has no randomness");
}

void wsub_random_hex(size_t bytes, char *ret_text)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char *low = (unsigned char *)ret_text;

    /* The bytes lie in the first half of the room and are spread from the
     * end, so that none is overwritten before it was read. */
    wsub_random(low, bytes);
    ret_text[2 * bytes] = '\0';
    for (size_t i = bytes; i-- > 0;) {
        unsigned char byte = low[i];

        ret_text[2 * i + 1] = hex[byte & 15];
        ret_text[2 * i] = hex[byte >> 4];
    }
}

void wsub_base64url(struct wsub_buf *out, const void *bytes, size_t len)
{
    char *start = wsub_buf_reserve(out, len / 3 * 4 + 4);
    char *end = encode(start, bytes, len);

    *end = '\0';
    out->len += (size_t)(end - start);
}

enum wsub_err wsub_base64url_decode(const char *text, size_t len,
                                    struct wsub_buf *ret_bytes)
{
    char *out = wsub_buf_reserve(ret_bytes, len);
    unsigned held = 0, bits = 0;
    size_t count = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned value = sextet(text[i]);

        if (value == NO_SEXTET)
            goto invalid;
        held = (held << 6 | value) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[count++] = (char)(held >> bits & 0xff);
        }
    }
    /* A lone digit carries no byte, and unused bits are zero. */
    if (bits == 6 || (held & ((1u << bits) - 1)) != 0)
        goto invalid;
    out[count] = '\0';
    ret_bytes->len += count;
    return WSUB_OK;
invalid:
    *out = '\0';
    return WSUB_ERR_INVALID;
}

bool wsub_equal_const_time(const void *a, size_t a_len, const void *b,
                           size_t b_len)
{
    if (a_len != b_len)
        return false;
    return a_len == 0 || CRYPTO_memcmp(a, b, a_len) == 0;
}
