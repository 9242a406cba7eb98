/* subscription_store.h - where pull subscriptions are kept.
 *
 * An interface: subscriptions_in_redis.h has the one that programs use, and
 * tests/support/ one in memory for unit tests; one conformance suite is passed
 * by both.
 *
 * A subscription is looked after by whoever uses it:
 *
 *   add -> begin -> take -> (the response is written) -> end -> begin ...
 *            |        '-> MOVED: begin anew, `again`      ^
 *            '------------- nothing came ------------------'
 *
 * `begin` and `end` embrace one request for messages, which has a token of its own
 * (a random text without spaces or colons).  While it is on its way the
 * subscription is seen, so that it does not expire; should its process die it is
 * seen until the request would have been over.
 *
 * Without explicit ack, what is taken is *held* from `take` to `end`: others that
 * begin meanwhile are told BUSY.  `end` makes it received.  Should the process die
 * in between it is held for WSUB_PULL_HELD_MS, and then handed out again.
 *
 * With explicit ack nothing is held, and what is taken stays until a later `begin`
 * acknowledges it.
 *
 * Every hand-out and every change of the topics has the next *number*.  Who took
 * notice of an earlier one takes nothing (MOVED): so of many requests for one
 * subscription that wait at the same time, on any hub, one gets a message.  What is
 * held while the topics change stays so: it is received when its request ends.
 *
 * A hold that has lapsed is as good as one that has not, until another takes: who
 * ends late finds it received, and who began meanwhile begins anew.
 *
 * All calls are made once, not repeated: the callback is called once, during the
 * call or later, with an error or WSUB_OK and what came of it. */
#ifndef WSUB_STORE_PULL_SUBSCRIPTION_STORE_H
#define WSUB_STORE_PULL_SUBSCRIPTION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/pull/subscription.h"

/* Hand-outs with explicit ack that are told from each other. */
#define WSUB_PULL_BATCHES 4
/* What was handed out and not ended is handed out again after that. */
#define WSUB_PULL_HELD_MS 5000
/* The longest time for which a request counts as being on its way. */
#define WSUB_PULL_WAIT_MAX_MS 3600000

enum wsub_pull_result {
    WSUB_PULL_DONE,
    WSUB_PULL_EXISTS,  /* add: there is one with that id */
    WSUB_PULL_FULL,    /* add: there are as many as may be */
    WSUB_PULL_UNKNOWN, /* there is none with that id */
    WSUB_PULL_BUSY,    /* begin, take: another request holds what it took */
    /* take, end: another request was faster, or the topics were changed; what is
     * held ends all the same. */
    WSUB_PULL_MOVED,
};

typedef void wsub_pull_result_cb(enum wsub_err err,
                                 enum wsub_pull_result result, void *arg);

struct wsub_pull_add {
    const char *id;
    struct wsub_pull_subscription subscription;
    const struct wsub_pull_cursors *cursors;
    /* FULL when the id's shard has as many as `max` less `others`, which the
     * caller knows of other shards, and of calls that are on their way; 0: no
     * limit. */
    uint64_t max, others;
};

struct wsub_pull_update {
    const char *id;
    /* NULL: as they are; else cursors are those of the new topics, which count
     * only for shards that had none so far: the others stay where they are. */
    const char *topics;
    const struct wsub_pull_cursors *cursors;
    uint32_t ttl_s; /* 0: as it is */
};

/* Ids in byte order; borrowed for the callback.  `more` follow. */
typedef void wsub_pull_list_cb(enum wsub_err err, const char *const *ids,
                               size_t count, bool more, void *arg);

struct wsub_pull_begin {
    const char *id, *token;
    uint64_t wait_ms; /* it may last so long, WSUB_PULL_WAIT_MAX_MS at most */
    /* What was taken by others since the first begin with this token is not for
     * this request; else an explicit subscription starts at what is not
     * acknowledged. */
    bool again;
    /* Acknowledges, with explicit ack, what was handed out up to this event, in
     * the order of wsub_pull_order(), by the first of the last WSUB_PULL_BATCHES
     * hand-outs that came to it, or by all where none has; NULL: nothing.  So who
     * names the same event again, since a response was lost, gets what that had. */
    const struct wsub_place *after;
};

/* What a request begins with; borrowed for the callback, and NULL unless the
 * result is DONE. */
struct wsub_pull_begun {
    struct wsub_pull_subscription subscription;
    const struct wsub_pull_cursors *cursors; /* to look for messages after */
    uint64_t number;                         /* of the last hand-out */
};

typedef void wsub_pull_begun_cb(enum wsub_err err, enum wsub_pull_result result,
                                const struct wsub_pull_begun *begun, void *arg);

struct wsub_pull_take {
    const char *id, *token;
    uint64_t number; /* as begin told it */
    /* Of the events that are handed out, or after them where what follows is not
     * for the subscription. */
    const struct wsub_pull_cursors *cursors;
};

struct wsub_pull_end {
    const char *id, *token;
    uint64_t number; /* as begin told it; one more when something was taken */
    /* Received up to here, or not for the subscription: a cursor never goes
     * back.  NULL: nothing was looked at, or what was taken could not be written.
     * With explicit ack, what comes before the first event that is not
     * acknowledged. */
    const struct wsub_pull_cursors *cursors;
};

struct wsub_pull_store;

struct wsub_pull_store_ops {
    void (*add)(struct wsub_pull_store *store, const struct wsub_pull_add *add,
                wsub_pull_result_cb *cb, void *arg);
    void (*remove)(struct wsub_pull_store *store, const char *id,
                   wsub_pull_result_cb *cb, void *arg);
    /* Seen as well. */
    void (*update)(struct wsub_pull_store *store,
                   const struct wsub_pull_update *update,
                   wsub_pull_result_cb *cb, void *arg);
    /* Those after `after` ("": from the first on), at most `limit`. */
    void (*list)(struct wsub_pull_store *store, const char *after, size_t limit,
                 wsub_pull_list_cb *cb, void *arg);
    void (*begin)(struct wsub_pull_store *store,
                  const struct wsub_pull_begin *begin, wsub_pull_begun_cb *cb,
                  void *arg);
    void (*take)(struct wsub_pull_store *store,
                 const struct wsub_pull_take *take, wsub_pull_result_cb *cb,
                 void *arg);
    /* MOVED: the cursors were not stored; the request is over all the same.  DONE
     * when there were none. */
    void (*end)(struct wsub_pull_store *store, const struct wsub_pull_end *end,
                wsub_pull_result_cb *cb, void *arg);
};

/* Embedded at the head of what implements it. */
struct wsub_pull_store {
    const struct wsub_pull_store_ops *ops; /* const */
};

#endif
