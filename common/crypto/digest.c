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

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz"
                               "0123456789-_";

/* The value of each base64url digit, and 1; 0 for any other byte. */
static const unsigned char sextets[UCHAR_MAX + 1] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,
    ['G'] = 7,  ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12,
    ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18,
    ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30,
    ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
    ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
    ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54,
    ['2'] = 55, ['3'] = 56, ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60,
    ['8'] = 61, ['9'] = 62, ['-'] = 63, ['_'] = 64};

/* The value of a base64url digit, more than 63 for any other byte. */
static unsigned sextet(char c)
{
    return sextets[(unsigned char)c] - 1u;
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

/* Looking it up costs twice as much as the digest of a name: it is done once, and
 * lasts as long as the process. */
static const EVP_MD *get_sha256(void)
{
    static EVP_MD *md;

    if (md == NULL)
        md = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (md == NULL)
        wsub_panic("libcrypto has no SHA-256");
    return md;
}

void wsub_digest(const void *bytes, size_t len,
                 char ret_text[WSUB_DIGEST_LEN + 1])
{
    unsigned char sha256[EVP_MAX_MD_SIZE];

    if (EVP_Digest(len > 0 ? bytes : "", len, sha256, NULL, get_sha256(),
                   NULL) != 1)
        wsub_panic("libcrypto made no digest");
    *encode(ret_text, sha256, NAME_BYTES) = '\0';
}

void wsub_sha256(const void *bytes, size_t len,
                 unsigned char ret_digest[WSUB_SHA256_BYTES])
{
    unsigned char sha256[EVP_MAX_MD_SIZE];

    if (EVP_Digest(len > 0 ? bytes : "", len, sha256, NULL, get_sha256(),
                   NULL) != 1)
        wsub_panic("libcrypto made no digest");
    memcpy(ret_digest, sha256, WSUB_SHA256_BYTES);
}

unsigned wsub_digest_bucket(const char *digest, unsigned buckets)
{
    unsigned bits = 0;

    assert(buckets > 0);
    for (int i = 0; i < BUCKET_CHARS; i++) {
        unsigned value = sextet(digest[i]);

        assert(value < 64);
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

/* The bytes lie in the first half of `text` and are spread from the end, so that
 * none is overwritten before it was read. */
static void spread_hex(size_t bytes, char *ret_text)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *low = (const unsigned char *)ret_text;

    ret_text[2 * bytes] = '\0';
    for (size_t i = bytes; i-- > 0;) {
        unsigned char byte = low[i];

        ret_text[2 * i + 1] = hex[byte & 15];
        ret_text[2 * i] = hex[byte >> 4];
    }
}

void wsub_random_hex(size_t bytes, char *ret_text)
{
    wsub_random(ret_text, bytes);
    spread_hex(bytes, ret_text);
}

void wsub_sha1_hex(const void *text, size_t len, size_t bytes, char *ret_text)
{
    unsigned char sha1[EVP_MAX_MD_SIZE];

    assert(bytes <= 20);
    if (EVP_Digest(len > 0 ? text : "", len, sha1, NULL, EVP_sha1(), NULL) != 1)
        wsub_panic("libcrypto made no digest");
    memcpy(ret_text, sha1, bytes);
    spread_hex(bytes, ret_text);
}

void wsub_base64url(struct wsub_buf *out, const void *bytes, size_t len)
{
    char *start = wsub_buf_reserve(out, len / 3 * 4 + 4);
    char *end = encode(start, bytes, len);

    *end = '\0';
    out->len += (size_t)(end - start);
}

/* Writes the three bytes of four digits; false when one is no digit. */
static bool decode_four(const char *text, char *out)
{
    unsigned a = sextet(text[0]), b = sextet(text[1]), c = sextet(text[2]),
             d = sextet(text[3]);

    out[0] = (char)(a << 2 | b >> 4);
    out[1] = (char)(b << 4 | c >> 2);
    out[2] = (char)(c << 6 | d);
    return (a | b | c | d) <= 63;
}

enum wsub_err wsub_base64url_decode(const char *text, size_t len,
                                    struct wsub_buf *ret_bytes)
{
    char *start = wsub_buf_reserve(ret_bytes, len), *out = start;
    const char *end = text + len;
    unsigned held = 0, bits = 0;

    for (; end - text >= 4; text += 4, out += 3)
        if (!decode_four(text, out))
            goto invalid;
    for (; text < end; text++) {
        unsigned value = sextet(*text);

        if (value > 63)
            goto invalid;
        held = held << 6 | value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            *out++ = (char)(held >> bits & 0xff);
        }
    }
    /* A lone digit carries no byte, and unused bits are zero. */
    if (bits == 6 || (held & ((1u << bits) - 1)) != 0)
        goto invalid;
    *out = '\0';
    ret_bytes->len += (size_t)(out - start);
    return WSUB_OK;
invalid:
    *start = '\0';
    return WSUB_ERR_INVALID;
}

bool wsub_equal_const_time(const void *a, size_t a_len, const void *b,
                           size_t b_len)
{
    if (a_len != b_len)
        return false;
    return a_len == 0 || CRYPTO_memcmp(a, b, a_len) == 0;
}
