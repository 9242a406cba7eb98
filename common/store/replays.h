/* replays.h - events of the log that are delivered again because an operator wants
 * it (replay_add.lua, replay_page.lua, replay_cancel.lua, replay_list.lua).
 *
 *   add -> running --page, page ...--> done
 *             '------cancel----------> cancelled
 *
 * A replay is about one topic and runs in the topic's shard; one of `*` runs in
 * every shard, under one id.  How far it has come is in Redis and moves in the same
 * step in which jobs are posted, so it goes on with the next owner of the shard.
 * Its record is kept for a day after its end. */
#ifndef WSUB_STORE_REPLAYS_H
#define WSUB_STORE_REPLAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/owners.h"

struct wsub_store;

#define WSUB_REPLAY_ID_BYTES 32
#define WSUB_REPLAYS_MOST 16  /* that run in a shard */
#define WSUB_REPLAYS_LIST 100 /* that are listed of a shard */

struct wsub_replay_order {
    unsigned shard;
    const char *id;        /* of the replay */
    const char *topic;     /* in its normal spelling */
    const char *callback;  /* as it was given; "" for all subscriptions */
    const char *cd;        /* of the callback in its normal spelling, or "" */
    const char *first;     /* id MS-SEQ of the first event in the shard */
    const char *last;      /* of the last one; NULL: what is the last one now */
    const char *from, *to; /* as the operator spelled them */
};

/* WSUB_ERR_FULL: WSUB_REPLAYS_MOST run.  WSUB_ERR_NOT_FOUND: no such
 * subscription. */
typedef void wsub_replay_cb(enum wsub_err err, void *arg);

/* Each is tried once; the callback is called once, maybe during the call. */
void wsub_replay_add(struct wsub_store *store,
                     const struct wsub_replay_order *order, wsub_replay_cb *cb,
                     void *arg);

/* WSUB_ERR_NOT_FOUND: there is none.  WSUB_ERR_FULL: it has ended before. */
void wsub_replay_cancel(struct wsub_store *store, unsigned shard,
                        const char *id, wsub_replay_cb *cb, void *arg);

/* What is told of a replay; borrowed for the callback. */
struct wsub_replay {
    const char *id, *topic, *callback, *from, *to;
    const char *first, *last, *at; /* ids; `at` may have a `(` before it */
    const char *state;             /* "running", "done" or "cancelled" */
    uint64_t events, deliveries;   /* that were posted */
    bool trimmed; /* events after the first had left the log at its beginning */
    uint64_t began_ms, ended_ms; /* Unix; 0: it runs */
};

/* `list` is NULL unless `err` is WSUB_OK. */
typedef void wsub_replay_list_cb(enum wsub_err err,
                                 const struct wsub_replay *list, size_t count,
                                 void *arg);

/* Lists those of a shard, the newest first, or the only one of that id. */
void wsub_replay_list(struct wsub_store *store, unsigned shard, const char *id,
                      wsub_replay_list_cb *cb, void *arg);

enum wsub_replay_state {
    WSUB_REPLAY_NONE = 0, /* none runs */
    WSUB_REPLAY_RUNS = 1,
    WSUB_REPLAY_LATER = 2, /* live events go first */
};

struct wsub_replay_paged {
    enum wsub_err err; /* with any but WSUB_OK nothing is known */
    enum wsub_replay_state state;
    uint64_t posted;
    /* Of one that has ended by this call; else id is NULL.  Borrowed. */
    const char *id, *topic;
    uint64_t events, deliveries;
};

typedef void wsub_replay_paged_cb(const struct wsub_replay_paged *paged,
                                  void *arg);

/* Posts up to `most` deliveries; sent once.  Only the owner may. */
void wsub_replay_page(struct wsub_store *store, const struct wsub_owned *owned,
                      uint32_t most, wsub_replay_paged_cb *cb, void *arg);

#endif
