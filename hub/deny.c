#include "hub/deny.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/redis/redis.h"
#include "common/store/topic.h"

#define PAGE 200 /* subscriptions in one script call: some 5 ms of Redis */

struct walk {
    struct hub *hub;
    char *topic;  /* owned; normalized */
    char *reason; /* owned */
    struct wsub_topic_ref home;
    char cd[WSUB_DIGEST_LEN + 1];    /* "-": every callback */
    char after[WSUB_DIGEST_LEN + 1]; /* the page before ended with this CD */
    unsigned shard;
    unsigned last;     /* shard to end with */
    bool home_is_done; /* only copies are to be ended */
    uint64_t ended;
    hub_deny_cb *done;
    void *arg; /* borrowed; given to done */
};

static void page(struct walk *walk);

static void finish(struct walk *walk, enum wsub_err err)
{
    walk->done(err, walk->ended, walk->arg);
    free(walk->topic);
    free(walk->reason);
    free(walk);
}

/* Goes to the next shard that is to be walked. */
static void next_shard(struct walk *walk)
{
    walk->after[0] = '\0';
    do {
        if (walk->shard == walk->last) {
            finish(walk, WSUB_OK);
            return;
        }
        walk->shard++;
    } while (walk->home_is_done && walk->shard == walk->home.shard);
    page(walk);
}

/* The reply is {subscriptions ended, CD to go on after}. */
static void on_page(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct walk *walk = arg;

    if (err == WSUB_ERR_REFUSED)
        wsub_log_error("denial-refused", WSUB_KV("error", reply->str));
    if (err == WSUB_OK && reply->element[0]->integer < 0)
        err = WSUB_ERR_UNAVAILABLE; /* too many verifications wait */
    if (err != WSUB_OK) {
        finish(walk, err);
        return;
    }
    if (walk->shard == walk->home.shard) /* a copy counts with its original */
        walk->ended += (uint64_t)reply->element[0]->integer;
    snprintf(walk->after, sizeof(walk->after), "%s", reply->element[1]->str);
    if (walk->after[0] != '\0')
        page(walk);
    else
        next_shard(walk);
}

static void page(struct walk *walk)
{
    struct wsub_redis *redis = walk->hub->redis;
    struct wsub_cmd cmd;

    wsub_cmd_init_script(&cmd, redis, walk->shard, WSUB_SCRIPT_DENY);
    wsub_cmd_str(&cmd, walk->home.digest);
    wsub_cmd_str(&cmd, walk->topic);
    wsub_cmd_str(&cmd, walk->cd);
    wsub_cmd_str(&cmd, walk->reason);
    wsub_cmd_str(&cmd, walk->shard == walk->home.shard ? "tell" : "end");
    wsub_cmd_str(&cmd, walk->after);
    wsub_cmd_u64(&cmd, PAGE);
    wsub_cmd_u64(&cmd, HUB_VERIFY_WAITING_MAX);
    if (wsub_redis_send(redis, walk->shard, &cmd, on_page, walk) != WSUB_OK)
        finish(walk, WSUB_ERR_UNAVAILABLE);
}

static struct walk *walk_new(struct hub *hub, const char *topic, const char *cd,
                             const char *reason, hub_deny_cb *done, void *arg)
{
    struct walk *walk = wsub_calloc(1, sizeof(*walk));

    walk->hub = hub;
    walk->topic = wsub_strdup(topic);
    walk->reason = wsub_strdup(reason);
    walk->home = wsub_topic_ref(hub->redis, topic);
    snprintf(walk->cd, sizeof(walk->cd), "%s", cd != NULL ? cd : "-");
    walk->done = done;
    walk->arg = arg;
    return walk;
}

/* Only a subscription to all dotted topics is active in every shard. */
static bool has_copies(const char *topic)
{
    return strcmp(topic, "*") == 0;
}

void hub_deny(struct hub *hub, const char *topic, const char *cd,
              const char *reason, hub_deny_cb *done, void *arg)
{
    struct walk *walk = walk_new(hub, topic, cd, reason, done, arg);

    walk->shard = walk->last = walk->home.shard;
    if (has_copies(topic)) {
        walk->shard = 0;
        walk->last = wsub_redis_shards(hub->redis) - 1;
    }
    page(walk);
}

void hub_deny_copies(struct hub *hub, const char *topic, const char *cd,
                     hub_deny_cb *done, void *arg)
{
    struct walk *walk;

    if (!has_copies(topic)) {
        done(WSUB_OK, 0, arg);
        return;
    }
    walk = walk_new(hub, topic, cd, "", done, arg);
    walk->home_is_done = true;
    walk->last = wsub_redis_shards(hub->redis) - 1;
    if (walk->home.shard == 0)
        next_shard(walk);
    else
        page(walk);
}
