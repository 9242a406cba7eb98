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
    (void)err; /* refused: the next time that Redis comes up */
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
        return; /* the next time that Redis comes up */
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

static void refuse(struct wsub_canary *canary, const char *sealed, size_t len,
                   enum wsub_err err)
{
    char sentence[320];

    if (canary->passed) {
        canary->missing = true;
        snprintf(sentence, sizeof(sentence), "%.*s", id_len(sealed, len),
                 sealed + 2);
        wsub_log_error(
            "keys-missing", WSUB_KE("key", sentence),
            WSUB_KV("effect", "secrets that it has sealed are held"));
        return;
    }
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

static void on_found(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct wsub_canary *canary = arg;
    struct wsub_buf text = {0};

    canary->looking = canary->changed = false;
    if (err != WSUB_OK || reply->type != REDIS_REPLY_STRING)
        return;
    err = wsub_open(canary->ring, CONTEXT, reply->str, reply->len, &text);
    wsub_buf_done(&text);
    if (err != WSUB_OK) {
        refuse(canary, reply->str, reply->len, err);
        return;
    }
    canary->passed = true;
    canary->missing = false;
    if (canary->seals && !is_first(canary->ring, reply->str, reply->len))
        write_canary(canary, false);
}

void wsub_canary_look(struct wsub_canary *canary)
{
    struct wsub_cmd cmd;

    if (canary->seals && wsub_keyring_count(canary->ring) > 0)
        write_canary(canary, true);
    if (canary->looking ||
        (canary->passed && canary->seals && !canary->changed))
        return;
    wsub_cmd_init(&cmd, "GET");
    wsub_store_key(&cmd, canary->store, WSUB_SHARD_CLUSTER, WSUB_KEY_CANARY,
                   NULL);
    canary->looking = wsub_store_send(canary->store, WSUB_SHARD_CLUSTER, &cmd,
                                      on_found, canary) == WSUB_OK;
}

/* A look that is under way goes on with the keys as they are when its reply
 * comes. */
void wsub_canary_keys_changed(struct wsub_canary *canary)
{
    canary->changed = true;
    wsub_canary_look(canary);
}
