/* leader.h - who is the coordinator (leader.lua). */
#ifndef WSUB_STORE_LEADER_H
#define WSUB_STORE_LEADER_H

#include <stdint.h>

#include "common/base/err.h"

struct wsub_store;

struct wsub_leader {
    const char *instance; /* borrowed for the callback */
    uint64_t incarnation;
    uint64_t epoch;
    uint64_t lease_ms; /* it lasts unless it is extended */
};

/* `leader` is NULL when nobody is, and unless err is WSUB_OK. */
typedef void wsub_leader_cb(enum wsub_err err, const struct wsub_leader *leader,
                            void *arg);

/* Tried once: `cb` is called once, maybe during this call. */
void wsub_leader_look(struct wsub_store *store, wsub_leader_cb *cb, void *arg);

#endif
