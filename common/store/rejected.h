/* rejected.h - entries of `log` and `pings` that can't be used (reject.lua). */
#ifndef WSUB_STORE_REJECTED_H
#define WSUB_STORE_REJECTED_H

#include <stdbool.h>

struct wsub_store;

struct wsub_rejected {
    unsigned shard;
    const char *stream; /* of keys.h */
    const char *entry;
    const char *why; /* a phrase */
};

/* `moved` is false when an earlier call, or another process, moved the
 * entry. */
typedef void wsub_reject_cb(bool moved, void *arg);

/* Acknowledges a claimed entry and keeps a copy of it with the reason; repeated
 * until Redis has replied. */
void wsub_reject(struct wsub_store *store, const struct wsub_rejected *rejected,
                 wsub_reject_cb *cb, void *arg);

#endif
