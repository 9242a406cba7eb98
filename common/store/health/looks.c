#include "common/store/health/looks.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/mem.h"
#include "common/store/scan.h"
#include "common/store/store.h"

/* Entries that are counted in one step: some ms of Redis. */
#define COUNT_MOST 1500
#define ISSUE_WORDS 5 /* issue, action, key, member, why */
#define CURSOR_WORDS 3

struct look {
    struct wsub_store *store;
    unsigned shard;
    wsub_store_cb *cb;
    void *arg; /* borrowed; given to cb */
};

static struct look *look_new(struct wsub_store *store, unsigned shard,
                             wsub_store_cb *cb, void *arg)
{
    struct look *look = wsub_calloc(1, sizeof(*look));

    *look = (struct look){store, shard, cb, arg};
    return look;
}

static struct wsub_health_text text_of(const struct redisReply *reply)
{
    return (struct wsub_health_text){reply->str, reply->len};
}

static enum wsub_health_kind kind_of(const char *name)
{
    unsigned kind = WSUB_HEALTH_STALE;

    while (kind < WSUB_HEALTH_CORRUPT &&
           strcmp(wsub_health_kind_name((enum wsub_health_kind)kind), name) !=
               0)
        kind++;
    return (enum wsub_health_kind)kind;
}

/* The issues of a reply's words from `at` on; the caller frees the list. */
static struct wsub_health_issue *issues_of(const struct redisReply *words,
                                           size_t at, unsigned shard,
                                           size_t *ret_count)
{
    size_t count = (words->elements - at) / ISSUE_WORDS;
    struct wsub_health_issue *issues = wsub_calloc(count + 1, sizeof(*issues));

    for (size_t i = 0; i < count; i++) {
        struct redisReply **row = &words->element[at + i * ISSUE_WORDS];

        issues[i] = (struct wsub_health_issue){
            .kind = kind_of(row[0]->str),
            .shard = shard,
            .action = row[1]->str,
            .key = text_of(row[2]),
            .member = text_of(row[3]),
            .why = row[4]->str,
        };
    }
    *ret_count = count;
    return issues;
}

/* SCAN */

/* Whether the key begins with the prefix of the slot; then its name is behind. */
static bool is_of(const struct wsub_store *store, unsigned shard,
                  const struct redisReply *key)
{
    const char *prefix = wsub_store_prefix(store, shard);

    return strncmp(key->str, prefix, strlen(prefix)) == 0;
}

/* Finds the slot of `P:{N}:...` or `P:{c}:...`. */
static bool place_key(const struct wsub_store *store,
                      const struct redisReply *key,
                      struct wsub_health_key *ret_key)
{
    const char *brace = strchr(key->str, '{');
    unsigned shard = WSUB_SHARD_CLUSTER;
    size_t skip;

    if (brace == NULL)
        return false;
    if (brace[1] != 'c')
        shard = (unsigned)strtoul(brace + 1, NULL, 10);
    if ((shard != WSUB_SHARD_CLUSTER && shard >= wsub_store_shards(store)) ||
        !is_of(store, shard, key))
        return false;
    skip = strlen(wsub_store_prefix(store, shard));
    *ret_key =
        (struct wsub_health_key){shard, {key->str + skip, key->len - skip}};
    return true;
}

static void parse_scanned(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    struct look *look = arg;
    wsub_health_scan_cb *on_scanned = (wsub_health_scan_cb *)look->cb;
    struct wsub_health_scanned scanned = {0};
    struct wsub_health_key *keys = NULL;

    (void)cb;
    if (err == WSUB_OK) {
        const struct redisReply *list = reply->element[1];

        keys = wsub_calloc(list->elements + 1, sizeof(*keys));
        for (size_t i = 0; i < list->elements; i++) {
            if (place_key(look->store, list->element[i], &keys[scanned.count]))
                scanned.count++;
            else
                scanned.strays++;
        }
        scanned.next = reply->element[0]->str;
        scanned.keys = keys;
    }
    on_scanned(err, err == WSUB_OK ? &scanned : NULL, look->arg);
    free(keys);
    free(look);
}

void wsub_health_scan(struct wsub_store *store, const char *cursor,
                      uint32_t count, wsub_health_scan_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_scan_cmd(&cmd, store, cursor, count);
    wsub_store_once(
        store, WSUB_SHARD_CLUSTER, &cmd, parse_scanned, NULL,
        look_new(store, WSUB_SHARD_CLUSTER, (wsub_store_cb *)cb, arg));
}

/* health_keys.lua */

static uint64_t number_at(const struct redisReply *list, size_t at)
{
    return (uint64_t)list->element[at]->integer;
}

static struct wsub_health_place *places_of(const struct redisReply *words)
{
    struct wsub_health_place *places =
        wsub_calloc(words->elements / 2 + 1, sizeof(*places));

    for (size_t i = 0; i < words->elements / 2; i++)
        places[i] = (struct wsub_health_place){
            text_of(words->element[2 * i]), text_of(words->element[2 * i + 1])};
    return places;
}

static struct wsub_health_cursor *cursors_of(const struct redisReply *words)
{
    size_t count = words->elements / CURSOR_WORDS;
    struct wsub_health_cursor *cursors =
        wsub_calloc(count + 1, sizeof(*cursors));

    for (size_t i = 0; i < count; i++) {
        struct redisReply **row = &words->element[i * CURSOR_WORDS];

        cursors[i] = (struct wsub_health_cursor){
            text_of(row[0]), text_of(row[1]), text_of(row[2])};
    }
    return cursors;
}

static void give_looked(const struct look *look, const struct redisReply *reply)
{
    struct redisReply **parts = reply->element;
    struct wsub_health_place *rest = places_of(parts[0]);
    struct wsub_health_cursor *cursors = cursors_of(parts[2]);
    struct wsub_health_looked looked = {
        .rest = rest,
        .rest_count = parts[0]->elements / 2,
        .cursors = cursors,
        .cursor_count = parts[2]->elements / CURSOR_WORDS,
        .totals = {number_at(parts[3], 0), number_at(parts[3], 1),
                   number_at(parts[3], 2), number_at(parts[3], 3),
                   number_at(parts[3], 4)},
    };
    struct wsub_health_issue *issues =
        issues_of(parts[1], 0, look->shard, &looked.issue_count);

    looked.issues = issues;
    ((wsub_health_looked_cb *)look->cb)(WSUB_OK, &looked, look->arg);
    free(issues);
    free(cursors);
    free(rest);
}

static void parse_looked(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    struct look *look = arg;

    (void)cb;
    if (err == WSUB_OK)
        give_looked(look, reply);
    else
        ((wsub_health_looked_cb *)look->cb)(err, NULL, look->arg);
    free(look);
}

void wsub_health_limits(struct wsub_cmd *cmd, const struct wsub_store *store,
                        unsigned shard)
{
    const struct wsub_config *config = wsub_store_config(store);

    wsub_cmd_str(cmd, shard == WSUB_SHARD_CLUSTER ? config->cluster_events_topic
                                                  : "");
    wsub_cmd_u64(cmd, (uint64_t)config->suspended_max_s * 1000);
    wsub_cmd_u64(cmd, config->heartbeat_timeout_ms);
    wsub_cmd_u64(cmd, wsub_store_shards(store));
}

void wsub_health_look(struct wsub_store *store, unsigned shard,
                      const struct wsub_health_place *places, size_t count,
                      uint32_t most, wsub_health_looked_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_HEALTH_KEYS);
    wsub_health_limits(&cmd, store, shard);
    wsub_cmd_u64(&cmd, most);
    for (size_t i = 0; i < count; i++) {
        wsub_cmd_arg(&cmd, places[i].name.data, places[i].name.len);
        wsub_cmd_arg(&cmd, places[i].cursor.data, places[i].cursor.len);
    }
    wsub_store_once(store, shard, &cmd, parse_looked, NULL,
                    look_new(store, shard, (wsub_store_cb *)cb, arg));
}

/* health_slot.lua */

static void parse_slot(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_health_slot_cb *on_slot = (wsub_health_slot_cb *)cb;
    struct wsub_health_consumer *consumers;
    size_t count;

    if (err != WSUB_OK) {
        on_slot(err, NULL, arg);
        return;
    }
    count = (reply->elements - 3) / 2;
    consumers = wsub_calloc(count + 1, sizeof(*consumers));
    for (size_t i = 0; i < count; i++)
        consumers[i] = (struct wsub_health_consumer){
            reply->element[3 + 2 * i]->str, reply->element[4 + 2 * i]->str};
    on_slot(WSUB_OK,
            &(struct wsub_health_slot){
                .owned = number_at(reply, 0) != 0,
                .owner_work = number_at(reply, 1) != 0,
                .deliver_work = number_at(reply, 2) != 0,
                .consumers = consumers,
                .consumer_count = count,
            },
            arg);
    free(consumers);
}

void wsub_health_slot(struct wsub_store *store, unsigned shard,
                      wsub_health_slot_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_HEALTH_SLOT);
    wsub_cmd_str(&cmd, "");
    wsub_cmd_str(&cmd, "");
    wsub_store_once(store, shard, &cmd, parse_slot, (wsub_store_cb *)cb, arg);
}

/* health_count.lua */

static void parse_counted(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    struct look *look = arg;
    wsub_health_counted_cb *on_counted = (wsub_health_counted_cb *)look->cb;
    struct wsub_health_issue *issues = NULL;
    size_t count = 0;

    (void)cb;
    if (err == WSUB_OK)
        issues = issues_of(reply, 1, look->shard, &count);
    on_counted(err, err == WSUB_OK && number_at(reply, 0) != 0, issues, count,
               look->arg);
    free(issues);
    free(look);
}

void wsub_health_count_cmd(struct wsub_cmd *cmd, const struct wsub_store *store,
                           unsigned shard,
                           const struct wsub_health_issue *issue)
{
    wsub_store_script(cmd, store, shard, WSUB_SCRIPT_HEALTH_COUNT);
    if (issue != NULL) {
        wsub_cmd_arg(cmd, issue->key.data, issue->key.len);
        wsub_cmd_arg(cmd, issue->member.data, issue->member.len);
    } else {
        wsub_cmd_str(cmd, "");
        wsub_cmd_str(cmd, "");
    }
    wsub_cmd_u64(cmd, COUNT_MOST);
}

void wsub_health_count(struct wsub_store *store, unsigned shard,
                       const struct wsub_health_cursor *cursors, size_t count,
                       wsub_health_counted_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_health_count_cmd(&cmd, store, shard, NULL);
    for (size_t i = 0; i < count; i++) {
        wsub_cmd_arg(&cmd, cursors[i].td.data, cursors[i].td.len);
        wsub_cmd_arg(&cmd, cursors[i].cd.data, cursors[i].cd.len);
        wsub_cmd_arg(&cmd, cursors[i].number.data, cursors[i].number.len);
    }
    wsub_store_once(store, shard, &cmd, parse_counted, NULL,
                    look_new(store, shard, (wsub_store_cb *)cb, arg));
}

/* health_index.lua, health_hosts.lua */

#define INDEX_WORDS 4 /* before the hosts */

static void parse_indexed(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    wsub_health_indexed_cb *on_indexed = (wsub_health_indexed_cb *)cb;
    struct wsub_health_host *hosts;
    size_t count;

    if (err != WSUB_OK) {
        on_indexed(err, NULL, arg);
        return;
    }
    count = (reply->elements - INDEX_WORDS) / 2;
    hosts = wsub_calloc(count + 1, sizeof(*hosts));
    for (size_t i = 0; i < count; i++)
        hosts[i] = (struct wsub_health_host){
            reply->element[INDEX_WORDS + 2 * i]->str,
            number_at(reply, INDEX_WORDS + 2 * i + 1)};
    on_indexed(WSUB_OK,
               &(struct wsub_health_indexed){
                   .next = reply->element[0]->str,
                   .change = reply->element[1]->str,
                   .subscriptions = number_at(reply, 2),
                   .urls = number_at(reply, 3),
                   .hosts = hosts,
                   .host_count = count,
               },
               arg);
    free(hosts);
}

void wsub_health_index(struct wsub_store *store, unsigned shard,
                       const char *bound, uint32_t most,
                       wsub_health_indexed_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_HEALTH_INDEX);
    wsub_cmd_str(&cmd, bound);
    wsub_cmd_u64(&cmd, most);
    wsub_store_once(store, shard, &cmd, parse_indexed, (wsub_store_cb *)cb,
                    arg);
}

static void parse_hosts(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    bool changed = err == WSUB_OK && reply->integer < 0;
    uint64_t wrong = err == WSUB_OK && !changed ? (uint64_t)reply->integer : 0;

    ((wsub_health_hosts_cb *)cb)(err, changed, wrong, arg);
}

void wsub_health_compare_hosts(struct wsub_store *store,
                               const struct wsub_health_hosts *hosts,
                               wsub_health_hosts_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, hosts->shard, WSUB_SCRIPT_HEALTH_HOSTS);
    wsub_cmd_str(&cmd, hosts->change);
    wsub_cmd_u64(&cmd, hosts->mend);
    if (hosts->with_total)
        wsub_cmd_u64(&cmd, hosts->subscriptions);
    else
        wsub_cmd_str(&cmd, "");
    wsub_cmd_u64(&cmd, hosts->urls);
    wsub_cmd_u64(&cmd, hosts->first);
    wsub_cmd_u64(&cmd, hosts->last);
    for (size_t i = 0; i < hosts->count; i++) {
        wsub_cmd_str(&cmd, hosts->hosts[i].host);
        wsub_cmd_u64(&cmd, hosts->hosts[i].count);
    }
    wsub_store_once(store, hosts->shard, &cmd, parse_hosts, (wsub_store_cb *)cb,
                    arg);
}
