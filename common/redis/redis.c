/* redis.c - see redis.h.
 *
 *   link up -> CONFIG GET maxmemory-policy -> HSETNX/HMGET meta -> on_up
 *
 * and every CLOCK_MS a look at TIME and at meta, which also notices a server
 * that went silent, or was emptied. */
#include "common/redis/redis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"

#define FORMAT_VERSION "1"
#define CLOCK_MS 10000 /* clocks drift apart by far less than 1 ms in 10 s */
#define CLOCK_EARLY_MS 500 /* while the hub's public URL is not known */

#define DATA_ID_BYTES 8
#define DATA_ID_LEN (2 * DATA_ID_BYTES)

struct wsub_redis {
    struct wsub_redis_options o;
    struct wsub_redis_url url;
    struct wsub_redis_link *link;  /* owned */
    struct event *clock;           /* owned */
    char **prefixes;               /* owned; one a shard */
    char *meta_key;                /* owned */
    char *announced_url;           /* owned; NULL: not a hub */
    char *stored_url;              /* owned; NULL: not known */
    char data_id[DATA_ID_LEN + 1]; /* of what Redis holds; "": not known */
    uint64_t time_offset_ms;       /* TIME minus our own clock */
    uint64_t time_asked_us;
    bool checked;
    bool time_known;
};

static void redis_unusable(struct wsub_redis *redis, const char *sentence)
{
    redis->o.on_unusable(sentence, redis->o.arg);
}

static enum wsub_err meta_send(struct wsub_redis *redis, struct wsub_cmd *cmd,
                               wsub_redis_cb *cb)
{
    return wsub_redis_link_send(redis->link, cmd, cb, redis);
}

static void meta_cmd(struct wsub_redis *redis, struct wsub_cmd *cmd,
                     const char *name)
{
    wsub_cmd_init(cmd, name);
    wsub_cmd_str(cmd, redis->meta_key);
}

static void on_ignored(enum wsub_err err, const struct redisReply *reply,
                       void *arg)
{
    (void)arg;
    if (err == WSUB_ERR_REFUSED)
        wsub_log_warn("redis-refused", WSUB_KV("error", reply->str));
}

/* A send that fails here means that the link broke; coming up again starts
 * everything anew. */
static void meta_set(struct wsub_redis *redis, const char *command,
                     const char *field, const char *value)
{
    struct wsub_cmd cmd;

    meta_cmd(redis, &cmd, command);
    wsub_cmd_str(&cmd, field);
    wsub_cmd_str(&cmd, value);
    if (meta_send(redis, &cmd, on_ignored) != WSUB_OK)
        wsub_log_debug("redis-meta-unsent", WSUB_KV("field", field));
}

static void clock_plan(struct wsub_redis *redis)
{
    bool waiting = wsub_redis_public_url(redis) == NULL;
    unsigned ms = waiting ? CLOCK_EARLY_MS : CLOCK_MS;
    struct timeval wait = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

    event_add(redis->clock, &wait);
}

static void store_url(struct wsub_redis *redis, const char *url)
{
    if (url == NULL ||
        (redis->stored_url != NULL && strcmp(redis->stored_url, url) == 0))
        return;
    free(redis->stored_url);
    redis->stored_url = wsub_strdup(url);
}

static void meta_check(struct wsub_redis *redis);

static bool is_same_data(const struct wsub_redis *redis, const char *id)
{
    return id != NULL && strcmp(id, redis->data_id) == 0;
}

/* meta that is gone (FLUSHALL) is written again: others may wait for the URL,
 * or start with another number of shards. */
static void on_meta_look(enum wsub_err err, const struct redisReply *reply,
                         void *arg)
{
    struct wsub_redis *redis = arg;

    if (err != WSUB_OK) {
        clock_plan(redis);
        return;
    }
    store_url(redis, reply->element[0]->str);
    if (is_same_data(redis, reply->element[1]->str))
        clock_plan(redis);
    else
        meta_check(redis);
}

static void on_time(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct wsub_redis *redis = arg;
    uint64_t now_us = wsub_now_us();
    uint64_t redis_us;

    if (err != WSUB_OK || reply->type != REDIS_REPLY_ARRAY ||
        reply->elements != 2)
        return;
    redis_us = strtoull(reply->element[0]->str, NULL, 10) * 1000000 +
               strtoull(reply->element[1]->str, NULL, 10);
    redis_us += (now_us - redis->time_asked_us) / 2;
    redis->time_offset_ms = redis_us / 1000 - now_us / 1000;
    redis->time_known = true;
}

static void clock_look(struct wsub_redis *redis)
{
    struct wsub_cmd cmd;

    redis->time_asked_us = wsub_now_us();
    wsub_cmd_init(&cmd, "TIME");
    if (meta_send(redis, &cmd, on_time) != WSUB_OK)
        return;
    meta_cmd(redis, &cmd, "HMGET");
    wsub_cmd_str(&cmd, "public_url");
    wsub_cmd_str(&cmd, "id");
    if (meta_send(redis, &cmd, on_meta_look) != WSUB_OK)
        return;
}

static void on_clock(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    clock_look(arg);
}

/* Redis held other data before: it was emptied, or restored from elsewhere. */
static void learn_data_id(struct wsub_redis *redis, const char *id)
{
    if (id == NULL || is_same_data(redis, id))
        return;
    if (redis->data_id[0] != '\0')
        wsub_log_error("redis-data-lost", WSUB_KV("was", redis->data_id),
                       WSUB_KV("is", id),
                       WSUB_KV("meaning",
                               "subscriptions, events and deliveries that "
                               "Redis held are gone; subscribers have to "
                               "subscribe again"));
    snprintf(redis->data_id, sizeof(redis->data_id), "%s", id);
}

static void accept_meta(struct wsub_redis *redis,
                        const struct redisReply *reply)
{
    bool was_checked = redis->checked;

    redis->checked = true;
    learn_data_id(redis, reply->element[3]->str);
    store_url(redis, reply->element[2]->str);
    clock_look(redis);
    if (!was_checked)
        wsub_log_info("ready", WSUB_KV("redis", "up"));
    if (redis->o.on_up != NULL)
        redis->o.on_up(redis->o.arg);
}

static void on_meta(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct wsub_redis *redis = arg;
    char mine[16], sentence[256];
    const char *format, *shards;

    if (err != WSUB_OK) {
        if (err == WSUB_ERR_REFUSED)
            wsub_redis_link_break(redis->link, reply->str);
        return;
    }
    format = reply->element[0]->str;
    shards = reply->element[1]->str;
    snprintf(mine, sizeof(mine), "%u", redis->o.config->shards);
    if (format == NULL || strcmp(format, FORMAT_VERSION) != 0) {
        snprintf(sentence, sizeof(sentence),
                 "the data in Redis have format %s, this program reads "
                 "format " FORMAT_VERSION "; use the matching version",
                 format ? format : "(none)");
        redis_unusable(redis, sentence);
    } else if (shards == NULL || strcmp(shards, mine) != 0) {
        snprintf(sentence, sizeof(sentence),
                 "shards=%s does not match the %s shards that Redis holds; "
                 "set shards=%s or use another key_prefix",
                 mine, shards ? shards : "?", shards ? shards : "?");
        redis_unusable(redis, sentence);
    } else {
        accept_meta(redis, reply);
    }
}

static void meta_check(struct wsub_redis *redis)
{
    struct wsub_cmd cmd;
    char shards[16], id[DATA_ID_LEN + 1];

    snprintf(shards, sizeof(shards), "%u", redis->o.config->shards);
    wsub_random_hex(DATA_ID_BYTES, id);
    meta_set(redis, "HSETNX", "format", FORMAT_VERSION);
    meta_set(redis, "HSETNX", "shards", shards);
    meta_set(redis, "HSETNX", "id", id);
    if (redis->announced_url != NULL)
        meta_set(redis, "HSET", "public_url", redis->announced_url);
    meta_cmd(redis, &cmd, "HMGET");
    wsub_cmd_str(&cmd, "format");
    wsub_cmd_str(&cmd, "shards");
    wsub_cmd_str(&cmd, "public_url");
    wsub_cmd_str(&cmd, "id");
    if (meta_send(redis, &cmd, on_meta) != WSUB_OK)
        return;
}

static void on_policy(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct wsub_redis *redis = arg;

    if (err == WSUB_ERR_UNAVAILABLE)
        return;
    if (err == WSUB_ERR_REFUSED) {
        wsub_log_warn("redis-policy-unknown", WSUB_KV("error", reply->str));
    } else if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
               strcmp(reply->element[1]->str, "noeviction") != 0) {
        char sentence[256];

        snprintf(sentence, sizeof(sentence),
                 "Redis has maxmemory-policy %.40s and may drop accepted "
                 "events; set it to noeviction",
                 reply->element[1]->str);
        redis_unusable(redis, sentence);
        return;
    }
    meta_check(redis);
}

static void on_link_up(void *arg)
{
    struct wsub_redis *redis = arg;
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "CONFIG");
    wsub_cmd_str(&cmd, "GET");
    wsub_cmd_str(&cmd, "maxmemory-policy");
    if (meta_send(redis, &cmd, on_policy) != WSUB_OK)
        return;
}

static void on_link_down(const char *why, void *arg)
{
    struct wsub_redis *redis = arg;

    redis->checked = false;
    event_del(redis->clock);
    wsub_log_warn("redis-down", WSUB_KV("why", why));
}

static void make_keys(struct wsub_redis *redis)
{
    const struct wsub_config *config = redis->o.config;
    struct wsub_buf key = {0};

    redis->prefixes = wsub_calloc(config->shards, sizeof(*redis->prefixes));
    for (unsigned i = 0; i < config->shards; i++) {
        wsub_buf_printf(&key, "%s:{%u}:", config->key_prefix, i);
        redis->prefixes[i] = wsub_buf_take(&key);
    }
    wsub_buf_printf(&key, "%s:meta", config->key_prefix);
    redis->meta_key = wsub_buf_take(&key);
}

enum wsub_err wsub_redis_new(const struct wsub_redis_options *options,
                             char err_text[256], struct wsub_redis **ret_redis)
{
    struct wsub_redis *redis = wsub_calloc(1, sizeof(*redis));
    const char *reason;
    enum wsub_err err;

    redis->o = *options;
    err =
        wsub_redis_url_parse(options->config->redis_url, &reason, &redis->url);
    if (err != WSUB_OK) {
        snprintf(err_text, 256, "redis_url is not valid: %s", reason);
        free(redis);
        return err;
    }
    make_keys(redis);
    wsub_scripts_init();
    redis->clock = evtimer_new(options->base, on_clock, redis);
    redis->link = wsub_redis_link_new(&(struct wsub_redis_link_options){
        .base = options->base,
        .url = &redis->url,
        .timeout_ms = options->config->redis_timeout_ms,
        .on_up = on_link_up,
        .on_down = on_link_down,
        .arg = redis,
    });
    *ret_redis = redis;
    return WSUB_OK;
}

void wsub_redis_close(struct wsub_redis *redis)
{
    redis->checked = false;
    wsub_redis_link_free(redis->link);
    redis->link = NULL;
}

void wsub_redis_free(struct wsub_redis *redis)
{
    if (redis == NULL)
        return;
    wsub_redis_close(redis);
    event_free(redis->clock);
    for (unsigned i = 0; i < redis->o.config->shards; i++)
        free(redis->prefixes[i]);
    free(redis->prefixes);
    free(redis->meta_key);
    free(redis->announced_url);
    free(redis->stored_url);
    wsub_scripts_done();
    free(redis);
}

bool wsub_redis_up(const struct wsub_redis *redis)
{
    return redis->checked;
}

unsigned wsub_redis_shards(const struct wsub_redis *redis)
{
    return redis->o.config->shards;
}

const char *wsub_redis_prefix(const struct wsub_redis *redis, unsigned shard)
{
    return redis->prefixes[shard];
}

unsigned wsub_redis_shard_of(const struct wsub_redis *redis, const char *digest)
{
    return wsub_digest_bucket(digest, redis->o.config->shards);
}

uint64_t wsub_redis_time_ms(const struct wsub_redis *redis)
{
    return redis->time_known ? wsub_now_ms() + redis->time_offset_ms : 0;
}

const char *wsub_redis_public_url(const struct wsub_redis *redis)
{
    if (redis->announced_url != NULL)
        return redis->announced_url;
    if (redis->o.config->public_url[0] != '\0')
        return redis->o.config->public_url;
    return redis->stored_url;
}

void wsub_redis_announce(struct wsub_redis *redis, const char *public_url)
{
    free(redis->announced_url);
    redis->announced_url = wsub_strdup(public_url);
    if (redis->checked)
        meta_set(redis, "HSET", "public_url", public_url);
}

enum wsub_err wsub_redis_send(struct wsub_redis *redis, unsigned shard,
                              struct wsub_cmd *cmd, wsub_redis_cb *cb,
                              void *arg)
{
    (void)shard; /* one server holds every shard */
    if (!redis->checked) {
        wsub_cmd_done(cmd);
        return WSUB_ERR_UNAVAILABLE;
    }
    return wsub_redis_link_send(redis->link, cmd, cb, arg);
}

struct wsub_redis_link *wsub_redis_reader(struct wsub_redis *redis,
                                          unsigned shard, uint32_t block_ms,
                                          void (*on_up)(void *arg), void *arg)
{
    (void)shard;
    return wsub_redis_link_new(&(struct wsub_redis_link_options){
        .base = redis->o.base,
        .url = &redis->url,
        .timeout_ms = redis->o.config->redis_timeout_ms + block_ms,
        .on_up = on_up,
        .arg = arg,
    });
}
