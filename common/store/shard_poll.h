/* shard_poll.h - looks at the server of every shard once a second.
 *
 *   every second, or now -> one command for each server -> on_result for each
 *                           of its shards
 *
 * Nothing is sent while Redis is away, and a refusal is not logged here: the
 * result tells it. */
#ifndef WSUB_STORE_SHARD_POLL_H
#define WSUB_STORE_SHARD_POLL_H

#include <stdint.h>

#include "common/base/err.h"

struct event_base;
struct wsub_shard_poll;
struct wsub_store;

enum wsub_poll_kind {
    WSUB_POLL_MEMORY, /* how much the server uses (INFO memory) */
    /* Whether it takes writes: an empty value at the start of a key that is not
     * there makes no key, and is refused like any write that needs memory. */
    WSUB_POLL_WRITES,
};

/* Borrowed for the callback. */
struct wsub_poll_result {
    unsigned shard;
    enum wsub_err err; /* WSUB_ERR_REFUSED: */
    const char *error; /* what Redis says; else NULL */
    /* Of MEMORY; 0: no limit, or none told. */
    uint64_t used_bytes, maxmemory_bytes;
};

struct wsub_shard_poll_options {
    struct event_base *base;  /* borrowed; outlives the poll */
    struct wsub_store *store; /* borrowed; outlives the poll */
    enum wsub_poll_kind kind;
    void (*on_result)(const struct wsub_poll_result *result, void *arg);
    void *arg; /* borrowed; given to on_result */
};

/* The first look is after a second. */
struct wsub_shard_poll *
wsub_shard_poll_new(const struct wsub_shard_poll_options *options);

/* After wsub_store_close(), which ends what is on its way.  NULL is fine. */
void wsub_shard_poll_free(struct wsub_shard_poll *poll);

/* Looks now as well. */
void wsub_shard_poll_now(struct wsub_shard_poll *poll);

#endif
