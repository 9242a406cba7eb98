#include "hub/rotation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/crypto/keyring.h"
#include "common/crypto/seal.h"
#include "common/program/startup.h"
#include "common/store/canary.h"
#include "common/store/secrets.h"

#define PAUSE_MS 1  /* between two pages: Redis is for others too */
#define WALKS_MAX 8 /* a hub that has not read the ring seals on */
#define KEYS_MAX 32 /* that are told of */
#define CONTEXT_BYTES 64
#define PROGRESS 10000 /* secrets between two lines of the log */

/* Secrets that could not be sealed anew. */
struct left {
    char key[20];
    uint64_t count;
};

struct hub_rotation {
    const struct wsub_config *config;
    struct wsub_loop *loop;
    struct wsub_keyring *ring; /* owned */
    struct wsub_store *store;  /* owned */
    struct wsub_timer pause;
    char newest[24]; /* what is sealed with the first key begins with */
    bool started;

    /* Of the walk. */
    struct wsub_secrets_at at;
    unsigned walks;
    uint64_t found; /* that the ring can open */
    uint64_t newest_count, unreadable;
    struct left left[KEYS_MAX];
    size_t left_count;
    bool more; /* pages of the shard */

    uint64_t sealed, told; /* in all walks */
};

static void read_page(struct hub_rotation *rotation);

/* Of the key that it was sealed with, `plain` for none. */
static void count_left(struct hub_rotation *rotation,
                       const struct wsub_secret *secret)
{
    const char *id = NULL;
    int len = (int)wsub_sealed_key(secret->sealed, secret->len, &id);
    char key[sizeof(rotation->left[0].key)];
    size_t n = 0;

    snprintf(key, sizeof(key), "%.*s", len, id != NULL ? id : "");
    while (n < rotation->left_count && strcmp(rotation->left[n].key, key) != 0)
        n++;
    if (n == KEYS_MAX)
        n--;
    if (n == rotation->left_count)
        snprintf(rotation->left[rotation->left_count++].key, sizeof(key), "%s",
                 key);
    rotation->left[n].count++;
}

/* Whose secret it is: the name, without the mode of a request. */
static void name_context(const char *name, char ret_context[CONTEXT_BYTES])
{
    const char *colon = strchr(name, ':');
    const char *mode = colon != NULL ? strchr(colon + 1, ':') : NULL;
    size_t len = mode != NULL ? (size_t)(mode - name) : strlen(name);

    snprintf(ret_context, CONTEXT_BYTES, "%.*s", (int)len, name);
}

/* Returns false when no key of the ring opens it. */
static bool seal_anew(const struct hub_rotation *rotation,
                      const struct wsub_secret *secret, struct wsub_buf *out)
{
    char context[CONTEXT_BYTES];
    struct wsub_buf plain = {0};
    enum wsub_err err;

    name_context(secret->name, context);
    err =
        wsub_open(rotation->ring, context, secret->sealed, secret->len, &plain);
    if (err == WSUB_OK)
        wsub_seal(rotation->ring, context, plain.data, plain.len, out);
    if (plain.data != NULL)
        OPENSSL_cleanse(plain.data, plain.len);
    wsub_buf_done(&plain);
    return err == WSUB_OK;
}

static uint64_t left_of(const struct hub_rotation *rotation)
{
    uint64_t all = rotation->unreadable;

    for (size_t n = 0; n < rotation->left_count; n++)
        all += rotation->left[n].count;
    return all;
}

static void finish(struct hub_rotation *rotation)
{
    uint64_t left = left_of(rotation) + rotation->found;

    for (size_t n = 0; n < rotation->left_count; n++)
        wsub_log_warn("secrets-left", WSUB_KV("key", rotation->left[n].key),
                      WSUB_KU("count", rotation->left[n].count),
                      WSUB_KV("why", "secret_keys_file has no key that opens "
                                     "them"));
    if (rotation->unreadable > 0)
        wsub_log_warn("secrets-left", WSUB_KU("count", rotation->unreadable),
                      WSUB_KV("why", "their records are of another version"));
    if (rotation->found > 0)
        wsub_log_warn("secrets-left", WSUB_KU("count", rotation->found),
                      WSUB_KV("why", "a hub goes on to seal with another key"));
    wsub_log_info("secrets-rotated",
                  WSUB_KV("key", wsub_keyring_first_id(rotation->ring)),
                  WSUB_KU("secrets", rotation->newest_count),
                  WSUB_KU("sealed", rotation->sealed), WSUB_KU("left", left));
    wsub_loop_finish(rotation->loop,
                     left == 0 ? WSUB_EXIT_OK : WSUB_EXIT_DRAIN);
}

static void on_canary(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    (void)err; /* a hub that is started seals it, too */
    (void)reply;
    finish(arg);
}

static void seal_canary(struct hub_rotation *rotation)
{
    struct wsub_cmd cmd;

    wsub_canary_seal(&cmd, rotation->store, rotation->ring);
    if (wsub_store_send(rotation->store, WSUB_SHARD_CLUSTER, &cmd, on_canary,
                        rotation) != WSUB_OK)
        finish(rotation);
}

static void begin_walk(struct hub_rotation *rotation)
{
    rotation->walks++;
    rotation->at = (struct wsub_secrets_at){0};
    rotation->found = rotation->newest_count = rotation->unreadable = 0;
    rotation->left_count = 0;
    memset(rotation->left, 0, sizeof(rotation->left));
    read_page(rotation);
}

static void end_walk(struct hub_rotation *rotation)
{
    if (rotation->found > 0 && rotation->walks < WALKS_MAX)
        begin_walk(rotation);
    else
        seal_canary(rotation);
}

/* The page is done. */
static void go_on(struct hub_rotation *rotation)
{
    if (rotation->sealed >= rotation->told + PROGRESS) {
        rotation->told = rotation->sealed;
        wsub_log_info("secrets-sealed", WSUB_KU("shard", rotation->at.shard),
                      WSUB_KU("sealed", rotation->sealed));
    }
    if (!rotation->more)
        rotation->at =
            (struct wsub_secrets_at){.shard = rotation->at.shard + 1};
    if (rotation->at.shard == wsub_store_shards(rotation->store))
        end_walk(rotation);
    else
        wsub_timer_start_ms(&rotation->pause, PAUSE_MS);
}

static void on_put(uint64_t put, void *arg)
{
    struct hub_rotation *rotation = arg;

    rotation->sealed += put;
    go_on(rotation);
}

static void on_page(const struct wsub_secrets_page *page, void *arg)
{
    struct hub_rotation *rotation = arg;
    struct wsub_buf sealed = {0};
    struct wsub_cmd cmd;
    unsigned shard = rotation->at.shard;
    size_t found = 0;

    wsub_secrets_begin(&cmd, rotation->store, shard);
    for (size_t n = 0; n < page->count; n++) {
        struct wsub_secret secret = wsub_secrets_find(page, n);

        wsub_buf_clear(&sealed);
        if (!seal_anew(rotation, &secret, &sealed)) {
            count_left(rotation, &secret);
            continue;
        }
        wsub_secrets_add(&cmd, &secret, sealed.data, sealed.len);
        found++;
    }
    wsub_buf_done(&sealed);
    rotation->found += found;
    rotation->newest_count += page->newest;
    rotation->unreadable += page->unreadable;
    rotation->more = wsub_secrets_go_on(&rotation->at, page);
    if (found == 0) {
        wsub_cmd_done(&cmd);
        go_on(rotation);
    } else {
        wsub_secrets_send(rotation->store, shard, &cmd, on_put, rotation);
    }
}

static void read_page(struct hub_rotation *rotation)
{
    wsub_secrets_read(rotation->store, &rotation->at, rotation->newest, on_page,
                      rotation);
}

static void on_pause_over(void *arg)
{
    read_page(arg);
}

static void on_redis_up(void *arg)
{
    struct hub_rotation *rotation = arg;

    if (rotation->started)
        return;
    rotation->started = true;
    begin_walk(rotation);
}

static void on_refused(const char *sentence, void *arg)
{
    struct hub_rotation *rotation = arg;

    wsub_startup_failed(WSUB_PROGRAM_HUB, sentence);
    wsub_loop_finish(rotation->loop, WSUB_EXIT_START);
}

/* It was not there when the program asked at its start. */
static void on_shards(unsigned shards, void *arg)
{
    char sentence[96];

    snprintf(sentence, sizeof(sentence),
             "Redis has %u shards: try again, it is there now", shards);
    on_refused(sentence, arg);
}

static enum wsub_err load_keys(struct hub_rotation *rotation,
                               char err_text[256])
{
    enum wsub_err err = wsub_keyring_load(rotation->config->secret_keys_file,
                                          err_text, &rotation->ring);

    if (err != WSUB_OK)
        return err;
    if (wsub_keyring_count(rotation->ring) == 0) {
        snprintf(err_text, 256,
                 "there is no key to seal secrets with: set "
                 "secret_keys_file");
        return WSUB_ERR_INVALID;
    }
    snprintf(rotation->newest, sizeof(rotation->newest), "g.%s.",
             wsub_keyring_first_id(rotation->ring));
    return WSUB_OK;
}

enum wsub_err hub_rotation_new(const struct wsub_config *config,
                               struct wsub_loop *loop, char err_text[256],
                               struct hub_rotation **ret_rotation)
{
    struct hub_rotation *rotation = wsub_calloc(1, sizeof(*rotation));
    enum wsub_err err;

    rotation->config = config;
    rotation->loop = loop;
    wsub_timer_init(&rotation->pause, wsub_loop_base(loop), on_pause_over,
                    rotation);
    err = load_keys(rotation, err_text);
    if (err == WSUB_OK)
        err = wsub_store_new(
            &(struct wsub_store_options){
                .base = wsub_loop_base(loop),
                .config = config,
                .on_up = on_redis_up,
                .on_unusable = on_refused,
                .on_shards = on_shards,
                .arg = rotation,
            },
            err_text, &rotation->store);
    if (err != WSUB_OK) {
        hub_rotation_free(rotation);
        return err;
    }
    *ret_rotation = rotation;
    return WSUB_OK;
}

void hub_rotation_free(struct hub_rotation *rotation)
{
    if (rotation == NULL)
        return;
    if (rotation->store != NULL)
        wsub_store_close(rotation->store);
    wsub_timer_done(&rotation->pause);
    wsub_store_free(rotation->store);
    wsub_keyring_free(rotation->ring);
    free(rotation);
}

void hub_rotation_drain(void *arg)
{
    struct hub_rotation *rotation = arg;

    wsub_loop_finish(rotation->loop, WSUB_EXIT_DRAIN);
}
