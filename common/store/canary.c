/* canary.c - see canary.h.
 *
 *   GET --> opened ----> a hub that starts, or has other keys, seals it anew
 *      '--> none ------> a hub that has a key writes it
 *      '--> not opened -> at the start on_wrong, later `missing`
 */
#include "common/store/canary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/crypto/seal.h"
#include "common/store/keys.h"

#define TEXT "websubd"
#define CONTEXT "canary"

static void on_written(enum wsub_err err, const struct redisReply *reply,
                       void *arg)
{
    (void)err; /* refused: the next look */
    (void)reply;
    (void)arg;
}

void wsub_canary_seal(struct wsub_cmd *cmd, const struct wsub_store *store,
                      const struct wsub_keyring *ring)
{
    struct wsub_buf sealed = {0};

    wsub_seal(ring, CONTEXT, TEXT, strlen(TEXT), &sealed);
    wsub_cmd_init(cmd, "SET");
    wsub_store_key(cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_CANARY, NULL);
    wsub_cmd_arg(cmd, sealed.data, sealed.len);
    wsub_buf_done(&sealed);
}

/* Writes it under our first key; `only_new`: unless there is one. */
static void write_canary(struct wsub_canary *canary, bool only_new)
{
    struct wsub_cmd cmd;

    wsub_canary_seal(&cmd, canary->store, canary->ring);
    if (only_new)
        wsub_cmd_str(&cmd, "NX");
    if (wsub_store_send(canary->store, WSUB_SHARD_CLUSTER, &cmd, on_written,
                        NULL) != WSUB_OK)
        return; /* the next look */
}

/* The id of the key in a sealed text, which begins with `g.ID.`. */
static int id_len(const char *sealed, size_t len)
{
    const char *dot = len > 2 ? memchr(sealed + 2, '.', len - 2) : NULL;

    return dot != NULL ? (int)(dot - sealed) - 2 : 0;
}

static bool is_first(const struct wsub_keyring *ring, const char *sealed,
                     size_t len)
{
    return wsub_keyring_find(ring, sealed + 2, (size_t)id_len(sealed, len)) ==
           wsub_keyring_first(ring);
}

static void refuse(const struct wsub_canary *canary, const char *sealed,
                   size_t len, enum wsub_err err)
{
    char sentence[320];

    snprintf(sentence, sizeof(sentence),
             "subscribers' secrets in Redis are sealed with key '%.*s', which "
             "secret_keys_file %s: every signed delivery would fail; correct "
             "the file, or delete %.100scanary in Redis to give those secrets "
             "up",
             id_len(sealed, len), sealed + 2,
             err == WSUB_ERR_NOT_FOUND ? "does not have"
                                       : "has with other digits",
             wsub_store_prefix(canary->store, WSUB_SHARD_CLUSTER));
    canary->on_wrong(sentence, canary->arg);
}

/* The process runs, and goes on.  It is logged once, and once more after each
 * change of the keys. */
static void miss(struct wsub_canary *canary, const char *sealed, size_t len)
{
    char key[64];

    if (canary->missing && !canary->changed)
        return;
    canary->missing = true;
    snprintf(key, sizeof(key), "%.*s", id_len(sealed, len), sealed + 2);
    wsub_log_error("keys-missing", WSUB_KE("key", key),
                   WSUB_KV("effect", "secrets that it has sealed are held"));
}

static void opened(struct wsub_canary *canary, const char *sealed, size_t len)
{
    bool is_news = !canary->passed || canary->changed;

    canary->missing = false;
    if (is_news && canary->seals && !is_first(canary->ring, sealed, len))
        write_canary(canary, false);
}

static void none(struct wsub_canary *canary)
{
    canary->missing = false;
    if (canary->seals && wsub_keyring_count(canary->ring) > 0)
        write_canary(canary, true);
}

static void on_found(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct wsub_canary *canary = arg;
    struct wsub_buf text = {0};

    canary->looking = false;
    if (err != WSUB_OK ||
        (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_NIL))
        return; /* the next look */
    if (reply->type == REDIS_REPLY_STRING)
        err = wsub_open(canary->ring, CONTEXT, reply->str, reply->len, &text);
    wsub_buf_done(&text);
    if (err != WSUB_OK && !canary->passed) {
        refuse(canary, reply->str, reply->len, err);
        return;
    }
    if (reply->type == REDIS_REPLY_NIL)
        none(canary);
    else if (err == WSUB_OK)
        opened(canary, reply->str, reply->len);
    else
        miss(canary, reply->str, reply->len);
    canary->passed = true;
    canary->changed = false;
}

void wsub_canary_look(struct wsub_canary *canary)
{
    struct wsub_cmd cmd;

    if (canary->looking)
        return;
    wsub_cmd_init(&cmd, "GET");
    wsub_store_key(&cmd, canary->store, WSUB_SHARD_CLUSTER, WSUB_KEY_CANARY,
                   NULL);
    canary->looking = wsub_store_send(canary->store, WSUB_SHARD_CLUSTER, &cmd,
                                      on_found, canary) == WSUB_OK;
}

/* It is written first, so that of two hubs with other keys that start at a time
 * one finds that of the other. */
void wsub_canary_redis_up(struct wsub_canary *canary)
{
    if (canary->seals && wsub_keyring_count(canary->ring) > 0)
        write_canary(canary, true);
    wsub_canary_look(canary);
}

/* A look that is under way goes on with the keys as they are when its reply
 * comes. */
void wsub_canary_keys_changed(struct wsub_canary *canary)
{
    canary->changed = true;
    wsub_canary_redis_up(canary);
}
