/* store.c - see store.h.
 *
 *   link up -> CONFIG GET maxmemory-policy -> HSETNX/HMGET meta -> on_up
 *                '-- there is no CONFIG: INFO memory --^
 *
 * and every CLOCK_MS a look at TIME and at meta, which also notices a server
 * that went silent, or was emptied. */
#include "common/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/crypto/digest.h"
#include "common/net/resolver.h"
#include "common/redis/addresses.h"
#include "common/store/call_times.h"
#include "common/store/eviction_policy.h"
#include "common/store/meta.h"
#include "common/store/prefixes.h"
#include "common/store/server_clock.h"

#define CLOCK_MS 10000 /* clocks drift apart by far less than 1 ms in 10 s */
#define LOOK_AGAIN_MS 1000
#define CLOCK_EARLY_MS 500 /* while the hub's public URL is not known */

#define DATA_ID_BYTES 8
#define DATA_ID_LEN (2 * DATA_ID_BYTES)

struct wsub_store {
    struct wsub_store_options o;
    struct wsub_redis_url url;
    struct wsub_resolver *resolver; /* owned; NULL: redis_url has no name */
    struct wsub_calls calls;        /* with the link, owned here */
    struct wsub_eviction_policy policy;
    struct wsub_timer clock;
    struct wsub_timer look_again; /* while the data are moved */
    struct wsub_prefixes prefixes;
    struct wsub_server_clock server_clock;
    char *announced_url;           /* owned; NULL: not a hub */
    char *stored_url;              /* owned; NULL: not known */
    char data_id[DATA_ID_LEN + 1]; /* of what Redis holds; "": not known */
    char why[160];                 /* it is not up */
};

static void redis_unusable(struct wsub_store *store, const char *sentence)
{
    store->o.on_unusable(sentence, store->o.arg);
}

/* About meta and the server itself, which no shard has. */
static enum wsub_err meta_send(struct wsub_store *store, struct wsub_cmd *cmd,
                               wsub_redis_cb *cb)
{
    return wsub_calls_send(&store->calls, cmd,
                           &(struct wsub_call_options){
                               .cb = (wsub_store_cb *)cb,
                               .arg = store,
                           });
}

static void meta_cmd(struct wsub_store *store, struct wsub_cmd *cmd,
                     const char *name)
{
    wsub_cmd_init(cmd, name);
    wsub_cmd_str(cmd, store->prefixes.meta);
}

static void on_ignored(enum wsub_err err, const struct redisReply *reply,
                       void *arg)
{
    (void)arg;
    if (err == WSUB_ERR_REFUSED)
        wsub_log_warn("redis-refused", WSUB_KE("error", reply->str));
}

/* A send that fails here means that the link broke; coming up again starts
 * everything anew. */
static void meta_set(struct wsub_store *store, const char *command,
                     const char *field, const char *value)
{
    struct wsub_cmd cmd;

    meta_cmd(store, &cmd, command);
    wsub_cmd_str(&cmd, field);
    wsub_cmd_str(&cmd, value);
    if (meta_send(store, &cmd, on_ignored) != WSUB_OK)
        wsub_log_debug("redis-meta-unsent", WSUB_KV("field", field));
}

static void clock_plan(struct wsub_store *store)
{
    bool waiting = wsub_store_public_url(store) == NULL;

    wsub_timer_start_ms(&store->clock, waiting ? CLOCK_EARLY_MS : CLOCK_MS);
}

static void store_url(struct wsub_store *store, const char *url)
{
    if (url == NULL ||
        (store->stored_url != NULL && strcmp(store->stored_url, url) == 0))
        return;
    free(store->stored_url);
    store->stored_url = wsub_strdup(url);
}

static void meta_check(struct wsub_store *store);

static bool is_same_data(const struct wsub_store *store, const char *id)
{
    return id != NULL && strcmp(id, store->data_id) == 0;
}

static enum wsub_meta_state judge(const struct wsub_store *store,
                                  const struct wsub_meta *meta,
                                  char sentence[256])
{
    return wsub_meta_judge(meta,
                           &(struct wsub_meta_reader){
                               .shards = store->o.config->shards,
                               .is_mover = store->o.is_mover,
                               .is_intake = store->o.is_intake,
                           },
                           sentence);
}

/* meta that is gone (FLUSHALL) is written again: others may wait for the URL,
 * or start with another number of shards. */
static void on_meta_look(enum wsub_err err, const struct redisReply *reply,
                         void *arg)
{
    struct wsub_store *store = arg;
    struct wsub_meta meta;
    char sentence[256];

    if (err != WSUB_OK) {
        clock_plan(store);
        return;
    }
    wsub_meta_read(reply, &meta);
    store_url(store, meta.public_url);
    if (is_same_data(store, meta.id) &&
        judge(store, &meta, sentence) == WSUB_META_FINE)
        clock_plan(store);
    else
        meta_check(store);
}

static void on_time(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct wsub_store *store = arg;

    if (err == WSUB_OK)
        wsub_server_clock_take(&store->server_clock, reply);
}

static void clock_look(struct wsub_store *store)
{
    struct wsub_cmd cmd;

    wsub_server_clock_asked(&store->server_clock);
    wsub_cmd_init(&cmd, "TIME");
    if (meta_send(store, &cmd, on_time) != WSUB_OK)
        return;
    meta_cmd(store, &cmd, "HMGET");
    wsub_meta_ask(&cmd);
    if (meta_send(store, &cmd, on_meta_look) != WSUB_OK)
        return;
}

static void on_clock(void *arg)
{
    clock_look(arg);
}

/* Redis held other data before: it was emptied, or restored from elsewhere. */
static void learn_data_id(struct wsub_store *store, const char *id)
{
    if (id == NULL || is_same_data(store, id))
        return;
    if (store->data_id[0] != '\0')
        wsub_log_error("redis-data-lost", WSUB_KV("was", store->data_id),
                       WSUB_KV("is", id),
                       WSUB_KV("meaning",
                               "subscriptions, events and deliveries that "
                               "Redis held are gone; subscribers have to "
                               "subscribe again"));
    snprintf(store->data_id, sizeof(store->data_id), "%s", id);
}

void wsub_store_tell_ready(const struct wsub_store *store)
{
    if (store->calls.open)
        wsub_log_info("ready", WSUB_KV("redis", "up"));
}

static void accept_meta(struct wsub_store *store, const struct wsub_meta *meta)
{
    bool was_open = store->calls.open;

    learn_data_id(store, meta->id);
    store_url(store, meta->public_url);
    clock_look(store);
    wsub_calls_open(&store->calls);
    store->why[0] = '\0';
    if (!was_open &&
        (store->o.is_ready == NULL || store->o.is_ready(store->o.arg)))
        wsub_store_tell_ready(store);
    if (store->o.on_up != NULL)
        store->o.on_up(store->o.arg);
}

static void stay_away(struct wsub_store *store, const char *to)
{
    if (store->calls.open || store->why[0] == '\0')
        wsub_log_warn("redis-moving", WSUB_KV("shards", to));
    wsub_calls_shut(&store->calls);
    snprintf(store->why, sizeof(store->why),
             "the data are being moved to %.16s shards", to);
    wsub_timer_start_ms(&store->look_again, LOOK_AGAIN_MS);
    if (store->o.on_moving != NULL)
        store->o.on_moving(store->o.arg);
}

static void layout_changed(struct wsub_store *store, unsigned shards)
{
    wsub_log_warn("shards-differ", WSUB_KU("setting", store->o.config->shards),
                  WSUB_KU("redis", shards));
    wsub_calls_shut(&store->calls);
    store->o.on_shards(shards, store->o.arg);
}

static void on_meta(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct wsub_store *store = arg;
    struct wsub_meta meta;
    char sentence[256] = "";

    if (err != WSUB_OK) {
        if (err == WSUB_ERR_REFUSED)
            wsub_redis_link_break(store->calls.link, reply->str);
        return;
    }
    wsub_meta_read(reply, &meta);
    switch (judge(store, &meta, sentence)) {
    case WSUB_META_UNUSABLE:
        redis_unusable(store, sentence);
        break;
    case WSUB_META_SHARDS:
        layout_changed(store, wsub_meta_shards(&meta));
        break;
    case WSUB_META_MOVING:
        stay_away(store, sentence);
        break;
    case WSUB_META_FINE:
        accept_meta(store, &meta);
        break;
    }
}

static void on_look_again(void *arg)
{
    meta_check(arg);
}

static void meta_check(struct wsub_store *store)
{
    struct wsub_cmd cmd;
    char shards[16], id[DATA_ID_LEN + 1];

    snprintf(shards, sizeof(shards), "%u", store->o.config->shards);
    wsub_random_hex(DATA_ID_BYTES, id);
    meta_set(store, "HSETNX", "format", WSUB_META_FORMAT);
    meta_set(store, "HSETNX", "shards", shards);
    meta_set(store, "HSETNX", "id", id);
    if (store->announced_url != NULL)
        meta_set(store, "HSET", "public_url", store->announced_url);
    meta_cmd(store, &cmd, "HMGET");
    wsub_meta_ask(&cmd);
    if (meta_send(store, &cmd, on_meta) != WSUB_OK)
        return;
}

/* A policy that drops keys would drop accepted events; "" is not known. */
static void on_policy(const char *policy, void *arg)
{
    struct wsub_store *store = arg;
    char sentence[256];

    if (policy[0] == '\0' || strcmp(policy, "noeviction") == 0) {
        meta_check(store);
        return;
    }
    snprintf(sentence, sizeof(sentence),
             "Redis has maxmemory-policy %.40s and may drop accepted events; "
             "set it to noeviction",
             policy);
    redis_unusable(store, sentence);
}

static void registry_up(struct wsub_store *store)
{
    wsub_log_info("registry-up");
    wsub_calls_open(&store->calls);
    store->why[0] = '\0';
    if (store->o.on_up != NULL)
        store->o.on_up(store->o.arg);
}

static void on_link_up(void *arg)
{
    struct wsub_store *store = arg;

    if (store->o.is_registry)
        registry_up(store);
    else
        wsub_eviction_policy_ask(&store->policy);
}

static void on_link_down(const char *why, void *arg)
{
    struct wsub_store *store = arg;

    wsub_calls_shut(&store->calls);
    wsub_timer_stop(&store->clock);
    wsub_timer_stop(&store->look_again);
    snprintf(store->why, sizeof(store->why), "%s", why);
    wsub_log_warn(store->o.is_registry ? "registry-down" : "redis-down",
                  WSUB_KE("why", why));
}

/* Redis is the operator's own: its name may be one of the network it is in, and
 * the servers are the system's. */
static void make_resolver(struct wsub_store *store)
{
    if (!wsub_redis_addresses_need(&store->url))
        return;
    store->resolver = wsub_resolver_new(&(struct wsub_resolver_options){
        .base = store->o.base,
        .servers = "",
        .timeout_ms = store->o.config->redis_timeout_ms,
        .search_dotted = true,
    });
}

enum wsub_err wsub_store_new(const struct wsub_store_options *options,
                             char err_text[256], struct wsub_store **ret_redis)
{
    struct wsub_store *store = wsub_calloc(1, sizeof(*store));
    const char *url = options->is_registry ? options->config->registry_redis_url
                                           : options->config->redis_url;
    const char *reason;
    enum wsub_err err;

    store->o = *options;
    err = wsub_redis_url_parse(url, &reason, &store->url);
    if (err != WSUB_OK) {
        snprintf(err_text, 256, "%s is not valid: %s",
                 options->is_registry ? "registry_redis_url" : "redis_url",
                 reason);
        free(store);
        return err;
    }
    wsub_prefixes_init(&store->prefixes, options->config->key_prefix,
                       options->config->shards);
    make_resolver(store);
    wsub_scripts_init();
    wsub_call_times_register();
    store->policy = (struct wsub_eviction_policy){
        .calls = &store->calls, .on_known = on_policy, .arg = store};
    wsub_timer_init(&store->clock, options->base, on_clock, store);
    wsub_timer_init(&store->look_again, options->base, on_look_again, store);
    wsub_calls_init(&store->calls, options->base);
    store->calls.link = wsub_redis_link_new(&(struct wsub_redis_link_options){
        .base = options->base,
        .url = &store->url,
        .resolver = store->resolver,
        .timeout_ms = options->config->redis_timeout_ms,
        .on_up = on_link_up,
        .on_down = on_link_down,
        .arg = store,
    });
    *ret_redis = store;
    return WSUB_OK;
}

void wsub_store_close(struct wsub_store *store)
{
    wsub_redis_link_free(wsub_calls_close(&store->calls));
}

void wsub_store_free(struct wsub_store *store)
{
    if (store == NULL)
        return;
    wsub_store_close(store);
    wsub_timer_done(&store->clock);
    wsub_timer_done(&store->look_again);
    wsub_calls_done(&store->calls);
    wsub_resolver_free(store->resolver);
    wsub_prefixes_done(&store->prefixes);
    free(store->announced_url);
    free(store->stored_url);
    free(store);
}

void wsub_store_look(struct wsub_store *store)
{
    if (store->calls.open)
        clock_look(store);
}

bool wsub_store_up(const struct wsub_store *store)
{
    return store->calls.open;
}

const char *wsub_store_why(const struct wsub_store *store)
{
    return store->why;
}

unsigned wsub_store_shards(const struct wsub_store *store)
{
    return store->o.config->shards;
}

const struct wsub_config *wsub_store_config(const struct wsub_store *store)
{
    return store->o.config;
}

const char *wsub_store_meta_key(const struct wsub_store *store)
{
    return store->prefixes.meta;
}

const char *wsub_store_prefix(const struct wsub_store *store, unsigned shard)
{
    return wsub_prefixes_of(&store->prefixes, shard);
}

unsigned wsub_store_shard_of(const struct wsub_store *store, const char *digest)
{
    return wsub_digest_bucket(digest, store->o.config->shards);
}

uint64_t wsub_store_time_ms(const struct wsub_store *store)
{
    return wsub_server_clock_ms(&store->server_clock);
}

const char *wsub_store_public_url(const struct wsub_store *store)
{
    if (store->announced_url != NULL)
        return store->announced_url;
    if (store->o.config->public_url[0] != '\0')
        return store->o.config->public_url;
    return store->stored_url;
}

void wsub_store_announce(struct wsub_store *store, const char *public_url)
{
    free(store->announced_url);
    store->announced_url = wsub_strdup(public_url);
    if (store->calls.open)
        meta_set(store, "HSET", "public_url", public_url);
}

void wsub_store_key(struct wsub_cmd *cmd, const struct wsub_store *store,
                    unsigned shard, const char *name, const char *suffix)
{
    wsub_cmd_key(cmd, wsub_store_prefix(store, shard), name, suffix);
}

void wsub_store_script(struct wsub_cmd *cmd, const struct wsub_store *store,
                       unsigned shard, enum wsub_script_id id)
{
    wsub_cmd_init_script(cmd, wsub_script(id), wsub_store_prefix(store, shard));
}

void wsub_store_parse_done(enum wsub_err err, const struct redisReply *reply,
                           wsub_store_cb *cb, void *arg)
{
    (void)err;
    (void)reply;
    if (cb != NULL)
        ((void (*)(void *))cb)(arg);
}

static struct wsub_call_options call_options(const struct wsub_store *store,
                                             unsigned shard,
                                             wsub_store_parse *parse,
                                             wsub_store_cb *cb, void *arg)
{
    return (struct wsub_call_options){
        .shard = shard,
        .prefix = wsub_store_prefix(store, shard),
        .parse = parse,
        .cb = cb,
        .arg = arg,
    };
}

void wsub_store_call(struct wsub_store *store, unsigned shard,
                     struct wsub_cmd *cmd, wsub_store_parse *parse,
                     wsub_store_cb *cb, void *arg)
{
    struct wsub_call_options options =
        call_options(store, shard, parse, cb, arg);

    wsub_calls_repeat(&store->calls, cmd, &options);
}

void wsub_store_attempt(struct wsub_store *store, unsigned shard,
                        struct wsub_cmd *cmd, wsub_store_parse *parse,
                        wsub_store_cb *cb, void *arg)
{
    struct wsub_call_options options =
        call_options(store, shard, parse, cb, arg);

    options.gives_up = true;
    wsub_calls_repeat(&store->calls, cmd, &options);
}

enum wsub_err wsub_store_try(struct wsub_store *store, unsigned shard,
                             struct wsub_cmd *cmd, wsub_store_parse *parse,
                             wsub_store_cb *cb, void *arg)
{
    struct wsub_call_options options =
        call_options(store, shard, parse, cb, arg);

    if (store->calls.open)
        return wsub_calls_send(&store->calls, cmd, &options);
    wsub_cmd_done(cmd);
    return WSUB_ERR_UNAVAILABLE;
}

void wsub_store_once(struct wsub_store *store, unsigned shard,
                     struct wsub_cmd *cmd, wsub_store_parse *parse,
                     wsub_store_cb *cb, void *arg)
{
    if (wsub_store_try(store, shard, cmd, parse, cb, arg) != WSUB_OK)
        parse(WSUB_ERR_UNAVAILABLE, NULL, cb, arg);
}

enum wsub_err wsub_store_send(struct wsub_store *store, unsigned shard,
                              struct wsub_cmd *cmd, wsub_redis_cb *cb,
                              void *arg)
{
    return wsub_store_try(store, shard, cmd, NULL, (wsub_store_cb *)cb, arg);
}

struct wsub_redis_link *wsub_store_reader(struct wsub_store *store,
                                          unsigned shard, uint32_t block_ms,
                                          void (*on_up)(void *arg), void *arg)
{
    (void)shard;
    return wsub_redis_link_new(&(struct wsub_redis_link_options){
        .base = store->o.base,
        .url = &store->url,
        .resolver = store->resolver,
        .timeout_ms = store->o.config->redis_timeout_ms + block_ms,
        .on_up = on_up,
        .arg = arg,
    });
}
