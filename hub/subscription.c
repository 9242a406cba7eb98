/* subscription.c - see subscription.h.
 *
 *   find -> six commands, one a key -> all answered -> done
 */
#include "hub/subscription.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/topic.h"

#define NAME_BYTES (2 * WSUB_DIGEST_LEN + 2) /* TD:CD */
#define PLACE_BYTES 64                       /* MS-SEQ:N, each of 20 digits */

/* Numbers in the topic's index: turns have come to `passed`, and are due up to
 * `last` and after `resume`. */
struct follow {
    bool exists;
    unsigned long long passed, last, resume;
};

struct find {
    struct hub *hub;
    struct hub_subscription_key key;
    char name[NAME_BYTES];
    struct hub_subscription found;
    char *topic, *line; /* owned; what `found` borrows */
    size_t line_len;
    uint64_t events; /* so many are in the topic's index */
    struct follow follow;
    size_t due; /* answers of Redis, and one for the sending itself */
    enum wsub_err err;
    hub_subscription_cb *done;
    void *arg; /* borrowed; given to done */
};

/* The copies of a subscription to `*` have its topic by its digest only. */
static const char *topic_text(const struct find *find)
{
    char all[WSUB_DIGEST_LEN + 1];

    if (find->topic != NULL)
        return find->topic;
    wsub_digest(WSUB_TOPIC_ALL, strlen(WSUB_TOPIC_ALL), all);
    return strcmp(find->key.td, all) == 0 ? WSUB_TOPIC_ALL : NULL;
}

/* How many events have turns that are due. */
static uint64_t count_due(const struct follow *follow, uint64_t events)
{
    uint64_t due = 0;

    if (!follow->exists)
        return 0;
    if (follow->last > follow->passed)
        due = follow->last - follow->passed;
    if (events > follow->resume && events > follow->passed)
        due += events - (follow->resume > follow->passed ? follow->resume
                                                         : follow->passed);
    return due;
}

static void finish(struct find *find)
{
    struct hub_subscription *found = &find->found;

    found->missed += count_due(&find->follow, find->events);
    found->topic = topic_text(find);
    found->active =
        find->line != NULL && wsub_record_parse(find->line, find->line_len,
                                                &found->record) == WSUB_OK;
    find->done(find->err,
               find->err == WSUB_OK ? found : &(struct hub_subscription){0},
               find->arg);
    free(find->topic);
    free(find->line);
    free(find);
}

/* One of the answers, or the sending itself, is through. */
static void count_off(struct find *find, enum wsub_err err)
{
    if (err != WSUB_OK)
        find->err = err;
    if (--find->due == 0)
        finish(find);
}

static void on_topic(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct find *find = arg;

    if (err == WSUB_OK) {
        find->topic = wsub_strdup(reply->element[0]->str);
        if (reply->element[1]->str != NULL)
            find->events = strtoull(reply->element[1]->str, NULL, 10);
    }
    count_off(find, err);
}

static void on_record(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct find *find = arg;

    if (err == WSUB_OK && reply->str != NULL) {
        find->line = wsub_memdup(reply->str, reply->len);
        find->line_len = reply->len;
    }
    count_off(find, err);
}

/* U MODE CURSOR N SINCE START END RESUME; END and RESUME are `-` or ID:N. */
static void take_follow(struct follow *follow, const char *text)
{
    char end[PLACE_BYTES], resume[PLACE_BYTES];

    if (sscanf(text, "%*s %*s %*s %llu %*s %*s %63s %63s", &follow->passed, end,
               resume) != 3)
        return;
    follow->exists = true;
    if (sscanf(end, "%*[^:]:%llu", &follow->last) != 1)
        follow->last = 0;
    else if (sscanf(resume, "%*[^:]:%llu", &follow->resume) != 1)
        follow->resume = ULLONG_MAX;
}

static void on_follow(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct find *find = arg;

    if (err == WSUB_OK && reply->str != NULL)
        take_follow(&find->follow, reply->str);
    count_off(find, err);
}

static void on_missed(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct find *find = arg;

    if (err == WSUB_OK)
        find->found.missed += (uint64_t)reply->integer;
    count_off(find, err);
}

static void on_suspended(enum wsub_err err, const struct redisReply *reply,
                         void *arg)
{
    struct find *find = arg;

    if (err == WSUB_OK && reply->str != NULL)
        find->found.suspended_ms = strtoull(reply->str, NULL, 10);
    count_off(find, err);
}

static void on_tries(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct find *find = arg;

    if (err == WSUB_OK && reply->str != NULL &&
        wsub_attempt_log_read(reply->str, reply->len, &find->found.log) !=
            WSUB_OK)
        wsub_log_warn("attempt-log-unreadable", WSUB_KV("td", find->key.td),
                      WSUB_KV("cd", find->key.cd));
    count_off(find, err);
}

/* Sends a command of one key and at most two further words. */
static void ask(struct find *find, wsub_redis_cb *on_reply, const char *command,
                const char *key, const char *suffix, const char *word,
                const char *word2)
{
    struct wsub_store *store = find->hub->store;
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, command);
    wsub_store_key(&cmd, store, find->key.shard, key, suffix);
    if (word != NULL)
        wsub_cmd_str(&cmd, word);
    if (word2 != NULL)
        wsub_cmd_str(&cmd, word2);
    if (wsub_store_send(store, find->key.shard, &cmd, on_reply, find) ==
        WSUB_OK)
        find->due++;
    else
        find->err = WSUB_ERR_UNAVAILABLE;
}

void hub_subscription_find(struct hub *hub,
                           const struct hub_subscription_key *key,
                           hub_subscription_cb *done, void *arg)
{
    struct find *find = wsub_calloc(1, sizeof(*find));
    const char *td = find->key.td, *cd = find->key.cd;

    find->hub = hub;
    find->key = *key;
    snprintf(find->name, sizeof(find->name), "%s:%s", td, cd);
    find->done = done;
    find->arg = arg;
    find->due = 1;
    ask(find, on_topic, "HMGET", "topic", td, "t", "n");
    ask(find, on_record, "HGET", "sub", td, cd, NULL);
    ask(find, on_follow, "HGET", "cursor", td, cd, NULL);
    ask(find, on_missed, "ZCARD", "missed", find->name, NULL, NULL);
    ask(find, on_suspended, "ZSCORE", "suspended", NULL, find->name, NULL);
    ask(find, on_tries, "HGET", "attempts", td, cd, NULL);
    count_off(find, WSUB_OK);
}

const char *hub_subscription_state(const struct hub_subscription *found)
{
    if (found->suspended_ms > 0)
        return "suspended";
    if (found->record.ordered)
        return "ordered";
    return found->record.followed || found->record.catching_up ? "catching-up"
                                                               : "normal";
}

bool hub_subscription_key_parse(const char *text, unsigned shard,
                                struct hub_subscription_key *ret_key)
{
    if (strlen(text) != NAME_BYTES - 1 || text[WSUB_DIGEST_LEN] != ':')
        return false;
    ret_key->shard = shard;
    snprintf(ret_key->td, sizeof(ret_key->td), "%.*s", WSUB_DIGEST_LEN, text);
    snprintf(ret_key->cd, sizeof(ret_key->cd), "%s",
             text + WSUB_DIGEST_LEN + 1);
    return true;
}
