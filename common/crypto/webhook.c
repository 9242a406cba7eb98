#include "common/crypto/webhook.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/base/mem.h"

#define PREFIX "whsec_"
#define VERSION "v1,"

static bool is_base64(const char *text, size_t len)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t used = 0;

    while (used < len && text[used] != '\0' &&
           strchr(digits, text[used]) != NULL)
        used++;
    return len > 0 && len % 4 == 0 && len - used <= 2 &&
           memcmp(text + used, "==", len - used) == 0;
}

/* Decodes what follows the prefix; NULL when the secret is to be taken as it
 * is. */
static unsigned char *decode(const char *secret, size_t secret_len,
                             size_t *ret_len)
{
    size_t skip = strlen(PREFIX), len;
    unsigned char *key;

    if (secret_len < skip || memcmp(secret, PREFIX, skip) != 0)
        return NULL;
    secret += skip;
    len = secret_len - skip;
    if (!is_base64(secret, len))
        return NULL;
    key = wsub_calloc(1, len);
    EVP_DecodeBlock(key, (const unsigned char *)secret, (int)len);
    *ret_len =
        len / 4 * 3 - (secret[len - 1] == '=') - (secret[len - 2] == '=');
    return key;
}

void wsub_webhook_sign(struct wsub_hmac *hmac, const char *secret,
                       size_t secret_len, const struct wsub_webhook *webhook,
                       char ret_text[WSUB_WEBHOOK_SIGNATURE_MAX])
{
    const struct wsub_hmac_part parts[] = {
        {webhook->id, strlen(webhook->id)},
        {".", 1},
        {webhook->timestamp, strlen(webhook->timestamp)},
        {".", 1},
        {webhook->body, webhook->body_len},
    };
    unsigned char tag[WSUB_TAG_MAX_BYTES];
    size_t key_len = secret_len, len;
    unsigned char *key = decode(secret, secret_len, &key_len);

    len = wsub_hmac_tag(hmac, key != NULL ? (const void *)key : secret, key_len,
                        parts, sizeof(parts) / sizeof(parts[0]), tag);
    memcpy(ret_text, VERSION, strlen(VERSION));
    EVP_EncodeBlock((unsigned char *)ret_text + strlen(VERSION), tag, (int)len);
    if (key != NULL)
        OPENSSL_cleanse(key, key_len);
    free(key);
}
