#include "common/store/instances.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/mem.h"
#include "common/redis/refusal.h"
#include "common/store/keys.h"
#include "common/store/store.h"

#define BEAT_WORDS 6   /* of heartbeat's reply, before the victims */
#define VICTIM_WORDS 3 /* name, role, incarnation */

static uint64_t number(const struct redisReply *reply)
{
    return strtoull(reply->str, NULL, 10);
}

/* Writes why Redis refuses. */
static void write_refusal(enum wsub_err err, const struct redisReply *reply,
                          char ret_why[WSUB_WHY_BYTES])
{
    if (err == WSUB_OK || reply == NULL)
        return;
    snprintf(ret_why, WSUB_WHY_BYTES, "%.*s", (int)wsub_refusal_len(reply->str),
             reply->str);
}

/* Begins a script that tells the cluster what it does. */
static void telling_script(struct wsub_cmd *cmd, const struct wsub_store *store,
                           enum wsub_script_id id)
{
    const struct wsub_config *config = wsub_store_config(store);

    wsub_store_script(cmd, store, WSUB_SHARD_CLUSTER, id);
    wsub_cmd_str(cmd, config->cluster_events_topic);
    wsub_cmd_u64(cmd, config->cluster_events_kept);
}

static void send_once(struct wsub_store *store, struct wsub_cmd *cmd,
                      wsub_store_parse *parse, wsub_store_cb *cb, void *arg)
{
    wsub_store_once(store, WSUB_SHARD_CLUSTER, cmd, parse, cb, arg);
}

static void parse_registered(enum wsub_err err, const struct redisReply *reply,
                             wsub_store_cb *cb, void *arg)
{
    struct wsub_registered registered = {.err = err};

    write_refusal(err, reply, registered.why);
    if (err == WSUB_OK) {
        registered.incarnation = number(reply->element[0]);
        registered.previous = number(reply->element[1]);
    }
    ((wsub_registered_cb *)cb)(&registered, arg);
}

/* The record as JSON, without version and incarnation; to be freed. */
static char *write_record(const struct wsub_instance *i)
{
    json_t *record = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:I, s:I, s:s, s:I}", "name",
        i->name, "role", i->role, "site", i->site, "host", i->host, "pid",
        (json_int_t)i->pid, "status", i->status, "version", i->version,
        "started_ms", (json_int_t)i->started_ms, "shards",
        (json_int_t)i->shards, "health", i->health, "consecutive_failures",
        (json_int_t)i->failures);
    char *text;

    if (i->listen != NULL)
        json_object_set_new(record, "listen", json_string(i->listen));
    if (i->public_url != NULL)
        json_object_set_new(record, "public_url", json_string(i->public_url));
    text = record != NULL ? json_dumps(record, JSON_COMPACT) : NULL;

    json_decref(record);
    if (text == NULL)
        wsub_panic("the record of %s is no JSON", i->name);
    return text;
}

void wsub_instance_register(struct wsub_store *store,
                            const struct wsub_instance *instance,
                            wsub_registered_cb *cb, void *arg)
{
    char *record = write_record(instance);
    struct wsub_cmd cmd;

    telling_script(&cmd, store, WSUB_SCRIPT_REGISTER);
    wsub_cmd_str(&cmd, instance->name);
    wsub_cmd_str(&cmd, instance->role);
    wsub_cmd_u64(&cmd, instance->incarnation);
    wsub_cmd_str(&cmd, record);
    free(record);
    send_once(store, &cmd, parse_registered, (wsub_store_cb *)cb, arg);
}

static void parse_read(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    json_t *record = NULL;
    uint64_t incarnation = 0;

    if (err == WSUB_OK && reply->str != NULL)
        record = json_loadb(reply->str, reply->len, 0, NULL);
    if (record != NULL)
        incarnation = (uint64_t)json_integer_value(
            json_object_get(record, "incarnation"));
    json_decref(record);
    ((wsub_incarnation_cb *)cb)(err, incarnation, arg);
}

void wsub_instance_read(struct wsub_store *store, const char *name,
                        wsub_incarnation_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HGET");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_INSTANCES, NULL);
    wsub_cmd_str(&cmd, name);
    send_once(store, &cmd, parse_read, (wsub_store_cb *)cb, arg);
}

static void read_victims(const struct redisReply *reply, struct wsub_beat *beat)
{
    struct redisReply *const *words = reply->element + BEAT_WORDS;
    size_t count = (reply->elements - BEAT_WORDS) / VICTIM_WORDS;

    for (size_t i = 0; i < count && i < WSUB_VICTIMS_MAX; i++) {
        beat->victims[beat->victim_count++] = (struct wsub_victim){
            .ref = {.name = words[0]->str, .incarnation = number(words[2])},
            .role = words[1]->str};
        words += VICTIM_WORDS;
    }
}

static void parse_beat(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    struct wsub_beat beat = {.err = err};

    write_refusal(err, reply, beat.why);
    if (err == WSUB_OK) {
        beat.is_late = reply->element[0]->integer != 0;
        beat.spreaders = (uint64_t)reply->element[1]->integer;
        beat.next_ms = (uint64_t)reply->element[2]->integer;
        beat.wants_restart = reply->element[3]->integer != 0;
        beat.hubs = (uint64_t)reply->element[4]->integer;
        beat.delivers = (uint64_t)reply->element[5]->integer;
        read_victims(reply, &beat);
    }
    ((wsub_beat_cb *)cb)(&beat, arg);
}

void wsub_instance_beat(struct wsub_store *store,
                        const struct wsub_instance_ref *me, const char *role,
                        uint32_t timeout_ms, wsub_beat_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_SCRIPT_HEARTBEAT);
    wsub_cmd_str(&cmd, me->name);
    wsub_cmd_str(&cmd, role);
    wsub_cmd_u64(&cmd, me->incarnation);
    wsub_cmd_u64(&cmd, timeout_ms);
    send_once(store, &cmd, parse_beat, (wsub_store_cb *)cb, arg);
}

static void parse_done(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    (void)reply;
    ((wsub_instance_cb *)cb)(err, arg);
}

void wsub_instance_deregister(struct wsub_store *store,
                              const struct wsub_instance_ref *me,
                              const char *role, wsub_instance_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    telling_script(&cmd, store, WSUB_SCRIPT_DEREGISTER);
    wsub_cmd_str(&cmd, me->name);
    wsub_cmd_str(&cmd, role);
    wsub_cmd_u64(&cmd, me->incarnation);
    send_once(store, &cmd, parse_done, (wsub_store_cb *)cb, arg);
}

static void parse_restart(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    uint64_t incarnation = 0;

    if (err == WSUB_OK && reply->elements == 0) {
        err = WSUB_ERR_NOT_FOUND;
    } else if (err == WSUB_OK) {
        incarnation = number(reply->element[0]);
        err = reply->element[1]->integer == 0 ? WSUB_ERR_FULL : WSUB_OK;
    }
    ((wsub_incarnation_cb *)cb)(err, incarnation, arg);
}

void wsub_instance_restart(struct wsub_store *store, const char *name,
                           wsub_incarnation_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    telling_script(&cmd, store, WSUB_SCRIPT_RESTART);
    wsub_cmd_str(&cmd, name);
    send_once(store, &cmd, parse_restart, (wsub_store_cb *)cb, arg);
}
