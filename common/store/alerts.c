#include "common/store/alerts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/newest.h"
#include "common/store/owners.h"
#include "common/store/store.h"
#include "common/store/stream_reader.h"

#define PUT_WORDS 5  /* of a notice, as alerts.lua returns it */
#define NEXT_WORDS 6 /* as alert_notices.lua does */

/* The lint test `alerts` looks for their sections. */
static const char *const names[WSUB_ALERT_KINDS] = {
    [WSUB_ALERT_OLDEST_JOB] = "oldest-job",
    [WSUB_ALERT_LAG] = "lag",
    [WSUB_ALERT_SHARD_WITHOUT_OWNER] = "shard-without-owner",
    [WSUB_ALERT_NO_PROCESS] = "no-process",
    [WSUB_ALERT_INSTANCE_FAILED] = "instance-failed",
    [WSUB_ALERT_SUSPENDED] = "suspended",
    [WSUB_ALERT_DEAD_LETTERS] = "dead-letters",
    [WSUB_ALERT_GAP] = "gap",
    [WSUB_ALERT_UNDECODABLE] = "undecodable",
    [WSUB_ALERT_LEADER_MISMATCH] = "leader-mismatch",
    [WSUB_ALERT_MEMORY] = "memory",
    [WSUB_ALERT_REDIS_POLICY] = "redis-policy",
    [WSUB_ALERT_REDIS_PERSISTENCE] = "redis-persistence",
    [WSUB_ALERT_KEYS_MISSING] = "keys-missing",
};

const char *wsub_alert_name(enum wsub_alert_kind kind)
{
    return names[kind];
}

/* Gives the callback the `count` notices, and frees them. */
static void give(struct wsub_notice *notices, size_t count, wsub_store_cb *cb,
                 void *arg)
{
    ((wsub_notices_cb *)cb)(WSUB_OK, notices, count, arg);
    free(notices);
}

static void fail(enum wsub_err err, wsub_store_cb *cb, void *arg)
{
    ((wsub_notices_cb *)cb)(err, NULL, 0, arg);
}

/* Of replies that are words, one behind the other. */
static void parse_words(enum wsub_err err, const struct redisReply *reply,
                        size_t words, wsub_store_cb *cb, void *arg)
{
    size_t count;
    struct wsub_notice *notices;

    if (err != WSUB_OK) {
        fail(err, cb, arg);
        return;
    }
    count = reply->elements / words;
    notices = wsub_calloc(count + 1, sizeof(*notices));
    for (size_t i = 0; i < count; i++) {
        struct redisReply *const *word = &reply->element[i * words];

        notices[i] = (struct wsub_notice){
            .id = word[0]->str,
            .state = word[1]->str,
            .kind = word[2]->str,
            .subject = word[3]->str,
            .detail = word[4]->str,
            .since_ms =
                words == NEXT_WORDS ? strtoull(word[5]->str, NULL, 10) : 0,
        };
    }
    give(notices, count, cb, arg);
}

static void parse_put(enum wsub_err err, const struct redisReply *reply,
                      wsub_store_cb *cb, void *arg)
{
    parse_words(err, reply, PUT_WORDS, cb, arg);
}

static void parse_next(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    parse_words(err, reply, NEXT_WORDS, cb, arg);
}

static void add_alert(struct wsub_cmd *cmd, const struct wsub_alert *alert)
{
    wsub_cmd_str(cmd, names[alert->kind]);
    wsub_cmd_str(cmd, alert->subject);
    wsub_cmd_str(cmd, alert->detail);
}

void wsub_alerts_put(struct wsub_store *store, uint64_t epoch,
                     const struct wsub_alert *alerts, size_t count,
                     wsub_notices_cb *cb, void *arg)
{
    const struct wsub_config *config = wsub_store_config(store);
    const struct wsub_owned owned = {WSUB_SHARD_CLUSTER, epoch};
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, &owned, WSUB_SCRIPT_ALERTS);
    wsub_cmd_str(&cmd, config->cluster_events_topic);
    wsub_cmd_u64(&cmd, config->cluster_events_kept);
    wsub_cmd_u64(&cmd, WSUB_NOTICES_KEPT);
    wsub_cmd_u64(&cmd, WSUB_CONDITION_MS);
    wsub_cmd_u64(&cmd, config->heartbeat_timeout_ms);
    for (size_t i = 0; i < count && i < WSUB_ALERTS_MAX; i++)
        add_alert(&cmd, &alerts[i]);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_put,
                    (wsub_store_cb *)cb, arg);
}

void wsub_notices_next(struct wsub_store *store, uint64_t epoch,
                       const char *channel, const char *sent,
                       wsub_notices_cb *cb, void *arg)
{
    const struct wsub_owned owned = {WSUB_SHARD_CLUSTER, epoch};
    struct wsub_cmd cmd;

    wsub_owner_script(&cmd, store, &owned, WSUB_SCRIPT_ALERT_NOTICES);
    wsub_cmd_str(&cmd, channel);
    wsub_cmd_str(&cmd, sent != NULL ? sent : "");
    wsub_cmd_u64(&cmd, WSUB_NOTICES_MAX);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_next,
                    (wsub_store_cb *)cb, arg);
}

/* KIND SUBJECT */
static void add_name(struct wsub_cmd *cmd, const struct wsub_alert *alert)
{
    struct wsub_buf name = {0};

    wsub_buf_printf(&name, "%s %s", names[alert->kind], alert->subject);
    wsub_cmd_str(cmd, name.data);
    wsub_buf_done(&name);
}

void wsub_condition_say(struct wsub_store *store,
                        const struct wsub_alert *condition)
{
    struct wsub_buf text = {0};
    struct wsub_cmd cmd;

    wsub_buf_printf(&text, "%" PRIu64 " %s", wsub_store_time_ms(store),
                    condition->detail);
    wsub_cmd_init(&cmd, "HSET");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_CONDITIONS, NULL);
    add_name(&cmd, condition);
    wsub_cmd_str(&cmd, text.data);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, wsub_store_parse_done,
                    NULL, NULL);
    wsub_buf_done(&text);
}

void wsub_condition_end(struct wsub_store *store,
                        const struct wsub_alert *condition)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HDEL");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_CONDITIONS, NULL);
    add_name(&cmd, condition);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, wsub_store_parse_done,
                    NULL, NULL);
}

/* Of the hash `alerts`: KIND SUBJECT -> SINCE DETAIL; the texts are split in
 * place. */
static bool read_active(char *name, char *text, struct wsub_notice *notice)
{
    char *subject = strchr(name, ' '), *detail;

    if (subject == NULL)
        return false;
    *subject++ = '\0';
    *notice = (struct wsub_notice){
        .id = "",
        .state = "raised",
        .kind = name,
        .subject = subject,
        .since_ms = strtoull(text, &detail, 10),
    };
    notice->detail = *detail == ' ' ? detail + 1 : detail;
    return true;
}

static void parse_active(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    struct wsub_notice *notices;
    size_t count = 0;

    if (err != WSUB_OK) {
        fail(err, cb, arg);
        return;
    }
    notices = wsub_calloc(reply->elements / 2 + 1, sizeof(*notices));
    for (size_t i = 0; i + 1 < reply->elements; i += 2)
        count += read_active(reply->element[i]->str, reply->element[i + 1]->str,
                             &notices[count]);
    give(notices, count, cb, arg);
}

void wsub_alerts_active(struct wsub_store *store, wsub_notices_cb *cb,
                        void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HGETALL");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_ALERTS, NULL);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_active,
                    (wsub_store_cb *)cb, arg);
}

static const char *text_of(const struct redisReply *fields, const char *name)
{
    const char *text = wsub_stream_field(fields, name, NULL);

    return text != NULL ? text : "";
}

static void parse_list(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    struct wsub_notice *notices;

    if (err != WSUB_OK) {
        fail(err, cb, arg);
        return;
    }
    notices = wsub_calloc(reply->elements + 1, sizeof(*notices));
    for (size_t i = 0; i < reply->elements; i++) {
        const struct redisReply *row = reply->element[i];
        const struct redisReply *fields = row->element[1];

        notices[i] = (struct wsub_notice){
            .id = row->element[0]->str,
            .state = text_of(fields, "a"),
            .kind = text_of(fields, "k"),
            .subject = text_of(fields, "s"),
            .detail = text_of(fields, "d"),
            .since_ms = strtoull(text_of(fields, "since"), NULL, 10),
        };
    }
    give(notices, reply->elements, cb, arg);
}

void wsub_notices_list(struct wsub_store *store,
                       const struct wsub_place *before, size_t limit,
                       wsub_notices_cb *cb, void *arg)
{
    wsub_newest_read(store, WSUB_SHARD_CLUSTER, WSUB_KEY_NOTICES, before, limit,
                     parse_list, (wsub_store_cb *)cb, arg);
}
