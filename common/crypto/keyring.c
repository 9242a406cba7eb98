/* keyring.c - read the file of keys.
 *
 * The file is read through a descriptor that was checked first, so that
 * nobody can swap it in between.  Messages name the line, never what stands
 * in it; the bytes read are wiped. */
#include "common/crypto/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "common/base/hex.h"
#include "common/base/mem.h"
#include "common/crypto/key.h"

#define ERR_TEXT_BYTES 256
#define FILE_MAX_BYTES 65536 /* some 700 keys: far beyond any rotation */

#define ID_CHARS                                                               \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
#define BLANKS " \t\r"

static bool check_file(int fd, const char *path, char *err_text)
{
    const char *fault = NULL;
    struct stat st;

    if (fstat(fd, &st) != 0)
        fault = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        fault = "is no regular file";
    else if (st.st_size > FILE_MAX_BYTES)
        fault = "is longer than 65536 bytes";
    if (fault != NULL)
        snprintf(err_text, ERR_TEXT_BYTES, "key ring %.160s: %s", path, fault);
    else if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        snprintf(err_text, ERR_TEXT_BYTES,
                 "key ring %.80s is open to group or others; run: chmod 600 "
                 "%.80s",
                 path, path);
    else
        return true;
    return false;
}

/* Fills `text` (FILE_MAX_BYTES and one more) with the file's bytes. */
static bool read_file(int fd, char *text, size_t *ret_len)
{
    size_t len = 0;

    while (len <= FILE_MAX_BYTES) {
        ssize_t n = read(fd, text + len, FILE_MAX_BYTES + 1 - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0) {
            *ret_len = len;
            return true;
        }
        len += (size_t)n;
    }
    errno = EFBIG; /* it grew since it was checked */
    return false;
}

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

/* Adds the key of one line; says what is wrong with it, NULL when nothing. */
static const char *add_key(struct wsub_keyring *ring, const char *line)
{
    size_t id_len = strspn(line, ID_CHARS);
    const char *hex = line + id_len + strspn(line + id_len, BLANKS);
    size_t hex_len = strcspn(hex, BLANKS);
    struct wsub_key *key = &ring->keys[ring->count];

    if (id_len == 0 || hex == line + id_len)
        return "is not of the form ID HEX";
    if (id_len > WSUB_KEY_ID_MAX)
        return "has an id longer than 16 bytes";
    if (hex[hex_len + strspn(hex + hex_len, BLANKS)] != '\0' ||
        !parse_hex(hex, hex_len, key->bytes))
        return "has a key that is not 64 hexadecimal digits";
    if (wsub_keyring_find(ring, line, id_len) != NULL)
        return "repeats the id of a key above";
    memcpy(key->id, line, id_len);
    ring->count++;
    return NULL;
}

/* Takes the keys from `text`, which it cuts into lines. */
static bool parse(struct wsub_keyring *ring, char *text, size_t len,
                  const char *path, char *err_text)
{
    char *end = text + len;
    unsigned number = 0;

    for (char *line = text, *next; line < end; line = next) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        const char *fault;

        next = stop == NULL ? end : stop + 1;
        if (stop == NULL)
            stop = end;
        *stop = '\0';
        number++;
        if (memchr(line, '\0', (size_t)(stop - line)) != NULL)
            fault = "holds a zero byte";
        else if (line[0] == '#' || line[strspn(line, BLANKS)] == '\0')
            continue;
        else
            fault = add_key(ring, line);
        if (fault != NULL) {
            snprintf(err_text, ERR_TEXT_BYTES, "%.160s:%u: the line %s", path,
                     number, fault);
            return false;
        }
    }
    if (ring->count == 0)
        snprintf(err_text, ERR_TEXT_BYTES, "key ring %.160s holds no key",
                 path);
    return ring->count > 0;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t count = 1;

    for (size_t i = 0; i < len; i++)
        count += text[i] == '\n';
    return count;
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

static enum wsub_err load_fd(struct wsub_keyring *ring, int fd,
                             const char *path, char *err_text)
{
    char *text = wsub_calloc(FILE_MAX_BYTES + 2, 1);
    enum wsub_err err = WSUB_ERR_INVALID;
    size_t len = 0;

    if (!check_file(fd, path, err_text))
        goto finish;
    if (!read_file(fd, text, &len)) {
        snprintf(err_text, ERR_TEXT_BYTES, "key ring %.160s: %s", path,
                 strerror(errno));
        err = WSUB_ERR_SYSTEM;
        goto finish;
    }
    ring->keys = wsub_calloc(count_lines(text, len) + 1, sizeof(*ring->keys));
    if (parse(ring, text, len, path, err_text)) {
        make_openers(ring);
        err = WSUB_OK;
    }
finish:
    OPENSSL_cleanse(text, FILE_MAX_BYTES + 2);
    free(text);
    return err;
}

enum wsub_err wsub_keyring_load(const char *path, char err_text[256],
                                struct wsub_keyring **ret_ring)
{
    struct wsub_keyring *ring = wsub_calloc(1, sizeof(*ring));
    enum wsub_err err = WSUB_OK;
    int fd = -1;

    ring->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    if (ring->cipher == NULL)
        wsub_panic("libcrypto has no AES-256-GCM");
    if (path[0] != '\0') {
        /* Without O_NONBLOCK a named pipe would hang the start. */
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        if (fd < 0) {
            snprintf(err_text, ERR_TEXT_BYTES, "key ring %.160s: %s", path,
                     strerror(errno));
            err = WSUB_ERR_SYSTEM;
        } else {
            err = load_fd(ring, fd, path, err_text);
            close(fd);
        }
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
        OPENSSL_cleanse(ring->keys, (ring->count + 1) * sizeof(*ring->keys));
    free(ring->keys);
    EVP_CIPHER_free(ring->cipher);
    free(ring);
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
