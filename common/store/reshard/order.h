/* order.h - the order to have another number of shards: who carries it out, and how
 * far that is (reshard_order.lua, reshard_note.lua). */
#ifndef WSUB_STORE_RESHARD_ORDER_H
#define WSUB_STORE_RESHARD_ORDER_H

#include <stdint.h>

#include "common/store/store.h"

/* A mover that does not tell anything for so long is dead. */
#define WSUB_RESHARD_LEASE_MS 5000
/* As of the setting `shards`. */
#define WSUB_SHARDS_MAX 1024

#define WSUB_RESHARD_TOKEN_BYTES 17

enum wsub_reshard_state {
    WSUB_RESHARD_NONE, /* nothing was ever ordered */
    WSUB_RESHARD_DRAINING,
    WSUB_RESHARD_MOVING,
    WSUB_RESHARD_DROPPING,
    WSUB_RESHARD_RENAMING,
    WSUB_RESHARD_DONE,
    WSUB_RESHARD_FAILED,
};

/* As in Redis and for people; "none" for NONE. */
const char *wsub_reshard_state_name(enum wsub_reshard_state state);

struct wsub_reshard_order {
    enum wsub_reshard_state state;
    unsigned from, to;
    uint64_t epoch; /* of what is staged */
};

/* WSUB_OK: the caller is the mover of `order`.  WSUB_ERR_FULL: another one is.
 * WSUB_ERR_NOT_FOUND: there is none, and none was given.  WSUB_ERR_INVALID: there are
 * other shards by now than the store knows.  Else `order` is NULL. */
typedef void wsub_reshard_order_cb(enum wsub_err err,
                                   const struct wsub_reshard_order *order,
                                   void *arg);

/* `to` 0: goes on with an order that stands.  Tried once; `cb` is called once, maybe
 * during this call. */
void wsub_reshard_order(struct wsub_store *store, const char *token,
                        unsigned to, wsub_reshard_order_cb *cb, void *arg);

/* Orders it, for whoever becomes the mover.  WSUB_ERR_FULL: an order stands, or
 * there are other shards by now.  Tried once, as all that follows. */
typedef void wsub_reshard_done_cb(enum wsub_err err, void *arg);
void wsub_reshard_add(struct wsub_store *store, unsigned to,
                      wsub_reshard_done_cb *cb, void *arg);

struct wsub_reshard_note {
    enum wsub_reshard_state state;
    uint64_t keys, of;
    const char *why; /* it failed; else "" */
};

/* 0 to 100, of what is moved. */
unsigned wsub_reshard_percent(const struct wsub_reshard_note *note);

/* WSUB_ERR_FENCED: another one is the mover. */
typedef void wsub_reshard_note_cb(enum wsub_err err, void *arg);
void wsub_reshard_note(struct wsub_store *store, const char *token,
                       const struct wsub_reshard_note *note,
                       wsub_reshard_note_cb *cb, void *arg);

/* What is told of the last order, as it is then; strings are borrowed. */
struct wsub_reshard_progress {
    enum wsub_reshard_state state;
    unsigned from, to;
    uint64_t keys, of, began_ms, ended_ms;
    const char *why;
};

/* `progress` is NULL unless err is WSUB_OK. */
typedef void wsub_reshard_progress_cb(
    enum wsub_err err, const struct wsub_reshard_progress *progress, void *arg);
void wsub_reshard_progress(struct wsub_store *store,
                           wsub_reshard_progress_cb *cb, void *arg);

/* Fields of meta.  From wsub_reshard_drain() on hubs stay away, from
 * wsub_reshard_close() on everybody, until wsub_reshard_open().
 * wsub_reshard_switch(): from now on there are so many shards. */
void wsub_reshard_drain(struct wsub_store *store, unsigned to,
                        wsub_reshard_done_cb *cb, void *arg);
void wsub_reshard_close(struct wsub_store *store, unsigned to,
                        wsub_reshard_done_cb *cb, void *arg);
void wsub_reshard_switch(struct wsub_store *store, unsigned shards,
                         wsub_reshard_done_cb *cb, void *arg);
void wsub_reshard_open(struct wsub_store *store, wsub_reshard_done_cb *cb,
                       void *arg);

#endif
