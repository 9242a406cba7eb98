/* instance_list.h - the processes, as they say of themselves
 * (instance_list.lua). */
#ifndef WSUB_STORE_INSTANCE_LIST_H
#define WSUB_STORE_INSTANCE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct wsub_store;

/* Who has a record, or a heartbeat, or both. */
struct wsub_instance_row {
    const char *name;   /* borrowed for the callback */
    const char *record; /* the same; JSON; NULL: it has none */
    const char *role;   /* const; that its heartbeat tells; NULL without one */
    /* With a role; below 0 when Redis' clock went back since. */
    int64_t heartbeat_age_ms;
};

/* `rows` are in the order of the names; valid during the call, NULL unless err
 * is WSUB_OK. */
typedef void wsub_instance_list_cb(enum wsub_err err,
                                   const struct wsub_instance_row *rows,
                                   size_t count, void *arg);

/* Tried once: `cb` is called once, maybe during this call. */
void wsub_instance_list(struct wsub_store *store, wsub_instance_list_cb *cb,
                        void *arg);

#endif
