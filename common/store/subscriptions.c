/* subscriptions.c - see subscriptions.h.
 *
 *   find -> five commands, one a key -> all replies have come -> finish
 */
#include "common/store/subscriptions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/store/cursor.h"
#include "common/store/keys.h"
#include "common/store/store.h"
#include "common/store/topic.h"

struct find {
    struct wsub_store *store; /* borrowed; outlives the find */
    struct wsub_subscription_key key;
    char name[WSUB_SUBSCRIPTION_NAME_BYTES];
    struct wsub_subscription found;
    char *topic, *line; /* owned; what `found` borrows */
    size_t line_len;
    uint64_t events; /* so many are in the topic's index */
    bool has_cursor;
    struct wsub_cursor cursor;
    struct wsub_countdown all;
    enum wsub_err err;
    wsub_subscription_cb *cb;
    void *arg; /* borrowed; given to cb */
};

/* The replicas of a subscription to `*` have its topic by its digest only. */
static const char *topic_text(const struct find *find)
{
    char all[WSUB_DIGEST_LEN + 1];

    if (find->topic != NULL)
        return find->topic;
    wsub_digest(WSUB_TOPIC_ALL, strlen(WSUB_TOPIC_ALL), all);
    return strcmp(find->key.td, all) == 0 ? WSUB_TOPIC_ALL : NULL;
}

static void finish(void *arg)
{
    struct find *find = arg;
    struct wsub_subscription *found = &find->found;

    if (find->has_cursor)
        found->missed += wsub_cursor_due(&find->cursor, find->events);
    found->topic = topic_text(find);
    found->active =
        find->line != NULL && wsub_record_parse(find->line, find->line_len,
                                                &found->record) == WSUB_OK;
    find->cb(find->err, find->err == WSUB_OK ? found : NULL, find->arg);
    free(find->topic);
    free(find->line);
    free(find);
}

/* Each reply goes through here, in the end. */
static void count_off(struct find *find, enum wsub_err err)
{
    if (err != WSUB_OK)
        find->err = err;
    wsub_countdown_off(&find->all);
}

static void parse_topic(enum wsub_err err, const struct redisReply *reply,
                        wsub_store_cb *cb, void *arg)
{
    struct find *find = arg;

    (void)cb;
    if (err == WSUB_OK) {
        find->topic = wsub_strdup(reply->element[0]->str);
        if (reply->element[1]->str != NULL)
            find->events = strtoull(reply->element[1]->str, NULL, 10);
    }
    count_off(find, err);
}

static void parse_record(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    struct find *find = arg;

    (void)cb;
    if (err == WSUB_OK && reply->str != NULL) {
        find->line = wsub_memdup(reply->str, reply->len);
        find->line_len = reply->len;
    }
    count_off(find, err);
}

static void parse_cursor(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    struct find *find = arg;

    (void)cb;
    if (err == WSUB_OK && reply->str != NULL)
        find->has_cursor = wsub_cursor_parse(reply->str, &find->cursor);
    count_off(find, err);
}

static void parse_missed(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    struct find *find = arg;

    (void)cb;
    if (err == WSUB_OK)
        find->found.missed += (uint64_t)reply->integer;
    count_off(find, err);
}

static void parse_suspended(enum wsub_err err, const struct redisReply *reply,
                            wsub_store_cb *cb, void *arg)
{
    struct find *find = arg;

    (void)cb;
    if (err == WSUB_OK && reply->str != NULL)
        find->found.suspended_ms = strtoull(reply->str, NULL, 10);
    count_off(find, err);
}

/* Sends a command of one key and at most two further arguments. */
static void send(struct find *find, wsub_store_parse *parse,
                 const char *command, const char *key, const char *suffix,
                 const char *argument, const char *argument2)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, command);
    wsub_store_key(&cmd, find->store, find->key.shard, key, suffix);
    if (argument != NULL)
        wsub_cmd_str(&cmd, argument);
    if (argument2 != NULL)
        wsub_cmd_str(&cmd, argument2);
    wsub_countdown_add(&find->all);
    wsub_store_once(find->store, find->key.shard, &cmd, parse, NULL, find);
}

void wsub_subscriptions_find(struct wsub_store *store,
                             const struct wsub_subscription_key *key,
                             wsub_subscription_cb *cb, void *arg)
{
    struct find *find = wsub_calloc(1, sizeof(*find));
    const char *td = find->key.td, *cd = find->key.cd, *name = find->name;

    find->store = store;
    find->key = *key;
    snprintf(find->name, sizeof(find->name), "%s:%s", td, cd);
    find->cb = cb;
    find->arg = arg;
    wsub_countdown_start(&find->all, finish, find);
    send(find, parse_topic, "HMGET", WSUB_KEY_TOPIC, td, "t", "n");
    send(find, parse_record, "HGET", WSUB_KEY_SUBSCRIPTION, td, cd, NULL);
    send(find, parse_cursor, "HGET", WSUB_KEY_CURSOR, td, cd, NULL);
    send(find, parse_missed, "ZCARD", WSUB_KEY_MISSED, name, NULL, NULL);
    send(find, parse_suspended, "ZSCORE", WSUB_KEY_SUSPENDED, NULL, name, NULL);
    wsub_countdown_off(&find->all);
}

bool wsub_subscription_key_parse(const char *name, unsigned shard,
                                 struct wsub_subscription_key *ret_key)
{
    if (strlen(name) != WSUB_SUBSCRIPTION_NAME_BYTES - 1 ||
        name[WSUB_DIGEST_LEN] != ':')
        return false;
    ret_key->shard = shard;
    snprintf(ret_key->td, sizeof(ret_key->td), "%.*s", WSUB_DIGEST_LEN, name);
    snprintf(ret_key->cd, sizeof(ret_key->cd), "%s",
             name + WSUB_DIGEST_LEN + 1);
    return true;
}
