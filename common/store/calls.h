/* calls.h - commands on their way to Redis, or waiting to be sent again: the
 * part of store.h below its typed calls. */
#ifndef WSUB_STORE_CALLS_H
#define WSUB_STORE_CALLS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/base/err.h"
#include "common/base/timer.h"
#include "common/redis/cmd.h"
#include "common/redis/link.h"

struct event_base;
struct wsub_call;

/* In place of a shard: the keys of the cluster as a whole, `P:{c}:`. */
#define WSUB_SHARD_CLUSTER UINT_MAX

/* Any function: the type of a typed call's callback is known to its parse. */
typedef void wsub_store_cb(void);

/* Reads a reply, and calls `cb`, cast to its type, with `arg`.  `reply` as in
 * link.h. */
typedef void wsub_store_parse(enum wsub_err err, const struct redisReply *reply,
                              wsub_store_cb *cb, void *arg);

TAILQ_HEAD(wsub_call_list, wsub_call);

/* Owned by the store; its fields are for calls.c. */
struct wsub_calls {
    struct wsub_redis_link *link;  /* borrowed; NULL once they are closed */
    struct wsub_call_list waiting; /* owned; to be sent again */
    struct wsub_timer repeat;      /* while refused calls wait */
    bool open;                     /* the server has passed its check */
};

/* What is to become of a command.  `parse` may be NULL: then `cb` is a
 * wsub_redis_cb, and refusals are not logged. */
struct wsub_call_options {
    unsigned shard;     /* for the log */
    const char *prefix; /* of its keys; borrowed; NULL: nothing is mended */
    wsub_store_parse *parse;
    wsub_store_cb *cb;
    void *arg;     /* borrowed; given to cb */
    bool gives_up; /* what is repeated ends after some lasting refusals */
};

void wsub_calls_init(struct wsub_calls *calls, struct event_base *base);

/* From now on, until the link is down, commands are sent; those that wait are
 * sent first, in the order they were. */
void wsub_calls_open(struct wsub_calls *calls);
void wsub_calls_shut(struct wsub_calls *calls);

/* Nothing is sent any more: frees what waits and takes the link, which the
 * caller frees; what is on its way is dropped when it repeats. */
struct wsub_redis_link *wsub_calls_close(struct wsub_calls *calls);
void wsub_calls_done(struct wsub_calls *calls);

/* What is refused for good (refusal.h) is sent again at once, behind mending.lua:
 * what is damaged in Redis is moved out of the way.
 *
 * Both take the command's memory.  The first repeats it until it has a reply,
 * or the calls are closed; the second sends it once, also before the check, and
 * returns WSUB_ERR_UNAVAILABLE when `parse` or `cb` will not be called. */
void wsub_calls_repeat(struct wsub_calls *calls, struct wsub_cmd *cmd,
                       const struct wsub_call_options *options);
enum wsub_err
wsub_calls_send(struct wsub_calls *calls, struct wsub_cmd *cmd,
                const struct wsub_call_options *options) WSUB_MUST_CHECK;

#endif
