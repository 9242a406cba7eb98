#include "common/crypto/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/base/hex.h"
#include "common/base/mem.h"
#include "common/crypto/key.h"
#include "common/crypto/secret_file.h"

#define KEYS_STEP 8
#define ID_CHARS                                                               \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#define BLANKS " \t"

static bool parse_hex(const char *hex, size_t len, unsigned char *ret_bytes)
{
    if (len != (size_t)2 * WSUB_KEY_BYTES)
        return false;
    for (size_t i = 0; i < WSUB_KEY_BYTES; i++) {
        int high = wsub_hex_digit(hex[2 * i]),
            low = wsub_hex_digit(hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        ret_bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* The place of one more key, behind the last one. */
static struct wsub_key *next_key(struct wsub_keyring *ring)
{
    size_t bytes = ring->count * sizeof(*ring->keys);

    if (ring->count == ring->capacity) {
        struct wsub_key *keys =
            wsub_calloc(ring->capacity + KEYS_STEP, sizeof(*keys));

        if (bytes > 0) {
            memcpy(keys, ring->keys, bytes);
            OPENSSL_cleanse(ring->keys, bytes);
        }
        free(ring->keys);
        ring->keys = keys;
        ring->capacity += KEYS_STEP;
    }
    return &ring->keys[ring->count];
}

static const char *add_key(const char *line, void *arg)
{
    struct wsub_keyring *ring = arg;
    size_t id_len = strspn(line, ID_CHARS);
    const char *hex = line + id_len + strspn(line + id_len, BLANKS);
    struct wsub_key *key = next_key(ring);

    if (id_len == 0 || hex == line + id_len)
        return "is not of the form ID HEX";
    if (id_len > WSUB_KEY_ID_MAX)
        return "has an id longer than 16 bytes";
    if (!parse_hex(hex, strlen(hex), key->bytes))
        return "has a key that is not 64 hexadecimal digits";
    if (wsub_keyring_find(ring, line, id_len) != NULL)
        return "repeats the id of a key above";
    memcpy(key->id, line, id_len);
    ring->count++;
    return NULL;
}

/* Setting a key up costs more than opening a secret with it. */
static void make_openers(struct wsub_keyring *ring)
{
    for (size_t i = 0; i < ring->count; i++) {
        struct wsub_key *key = &ring->keys[i];

        key->opener = EVP_CIPHER_CTX_new();
        if (key->opener == NULL ||
            EVP_DecryptInit_ex2(key->opener, ring->cipher, key->bytes, NULL,
                                NULL) != 1)
            wsub_panic("libcrypto failed to set up AES-256-GCM");
    }
}

static enum wsub_err read_keys(struct wsub_keyring *ring, const char *path,
                               char err_text[256])
{
    enum wsub_err err =
        wsub_secret_file_read(path, "key ring", add_key, ring, err_text);

    if (err != WSUB_OK)
        return err;
    if (ring->count == 0) {
        snprintf(err_text, 256, "key ring %.160s holds no key", path);
        return WSUB_ERR_INVALID;
    }
    make_openers(ring);
    return WSUB_OK;
}

enum wsub_err wsub_keyring_load(const char *path, char err_text[256],
                                struct wsub_keyring **ret_ring)
{
    struct wsub_keyring *ring = wsub_calloc(1, sizeof(*ring));
    enum wsub_err err = WSUB_OK;

    ring->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (ring->cipher == NULL)
        wsub_panic("libcrypto has no AES-256-GCM");
    if (path[0] != '\0') {
        ring->path = wsub_strdup(path);
        wsub_secret_file_look(path, &ring->seen);
        err = read_keys(ring, path, err_text);
    }
    if (err != WSUB_OK) {
        wsub_keyring_free(ring);
        return err;
    }
    *ret_ring = ring;
    return WSUB_OK;
}

void wsub_keyring_free(struct wsub_keyring *ring)
{
    if (ring == NULL)
        return;
    for (size_t i = 0; i < ring->count; i++)
        EVP_CIPHER_CTX_free(ring->keys[i].opener);
    /* A line that was refused may have left bytes behind the last key. */
    if (ring->keys != NULL)
        OPENSSL_cleanse(ring->keys, ring->capacity * sizeof(*ring->keys));
    free(ring->keys);
    free(ring->path);
    EVP_CIPHER_free(ring->cipher);
    free(ring);
}

/* The old keys go with `other`. */
static void swap_keys(struct wsub_keyring *ring, struct wsub_keyring *other)
{
    struct wsub_keyring kept = *ring;

    ring->keys = other->keys;
    ring->count = other->count;
    ring->capacity = other->capacity;
    other->keys = kept.keys;
    other->count = kept.count;
    other->capacity = kept.capacity;
}

bool wsub_keyring_refresh(struct wsub_keyring *ring, char err_text[256])
{
    struct wsub_keyring *read = NULL;
    struct stat seen;

    err_text[0] = '\0';
    if (ring->path == NULL)
        return false;
    wsub_secret_file_look(ring->path, &seen);
    if (wsub_secret_file_is_same(&seen, &ring->seen))
        return false;
    ring->seen = seen;
    if (wsub_keyring_load(ring->path, err_text, &read) != WSUB_OK)
        return false;
    swap_keys(ring, read);
    wsub_keyring_free(read);
    return true;
}

const struct wsub_key *wsub_keyring_first(const struct wsub_keyring *ring)
{
    return ring->count > 0 ? &ring->keys[0] : NULL;
}

const char *wsub_keyring_first_id(const struct wsub_keyring *ring)
{
    return ring->count > 0 ? ring->keys[0].id : "";
}

size_t wsub_keyring_count(const struct wsub_keyring *ring)
{
    return ring->count;
}

const struct wsub_key *wsub_keyring_find(const struct wsub_keyring *ring,
                                         const char *id, size_t len)
{
    for (size_t i = 0; i < ring->count; i++)
        if (strlen(ring->keys[i].id) == len &&
            memcmp(ring->keys[i].id, id, len) == 0)
            return &ring->keys[i];
    return NULL;
}
