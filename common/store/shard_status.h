/* shard_status.h - how far a shard is (shard_status.lua). */
#ifndef WSUB_STORE_SHARD_STATUS_H
#define WSUB_STORE_SHARD_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

struct wsub_store;

/* Strings are borrowed for the callback. */
struct wsub_shard_status {
    const char *owner;    /* NULL: nobody's now */
    uint64_t incarnation; /* of the owner */
    uint64_t epoch;
    uint64_t lease_ms;     /* the ownership lasts unless it is extended */
    const char *position;  /* the last event that has begun; NULL: none */
    uint64_t begun;        /* events in all */
    uint64_t lag;          /* events that have not begun */
    uint64_t open;         /* events that have begun and are not finished */
    uint64_t bulk, outbox; /* entries that wait for a deliver */
    bool has_oldest;
    uint64_t oldest_ms; /* age of the oldest event that is not finished */
};

/* `status` is NULL unless err is WSUB_OK. */
typedef void wsub_shard_status_cb(enum wsub_err err,
                                  const struct wsub_shard_status *status,
                                  void *arg);

/* Tried once: `cb` is called once, maybe during this call. */
void wsub_shard_status(struct wsub_store *store, unsigned shard,
                       wsub_shard_status_cb *cb, void *arg);

#endif
