/* unusable.h - entries of `log` and `pings` of which nothing comes, and why.
 *
 * Each of these tells the operator, in the program's log and in Redis, what
 * subscribers do not get.  All is borrowed for the call. */
#ifndef SPREADER_UNUSABLE_H
#define SPREADER_UNUSABLE_H

#include "common/store/held.h"
#include "common/store/rejected.h"

struct wsub_owned;
struct wsub_resumed;
struct wsub_store;

struct spread_unusable {
    struct wsub_store *store;
    const struct wsub_owned *owned;
    const char *stream; /* a name of keys.h */
    const char *entry;  /* its id */
    const char *why;
    const char *position; /* of `log`: as the caller knows it; else NULL */
};

/* Holds the entry, which a newer version may understand (held.h). */
void spread_unusable_hold(const struct spread_unusable *unusable,
                          wsub_hold_cb *cb, void *arg);

/* Rejects the entry (rejected.h). */
void spread_unusable_reject(const struct spread_unusable *unusable,
                            wsub_reject_cb *cb, void *arg);

/* Tells of the events that left the log before they had begun, if there are
 * any: an operator may want to have them sent again from elsewhere. */
void spread_unusable_gap(struct wsub_store *store,
                         const struct wsub_owned *owned,
                         const struct wsub_resumed *resumed);

#endif
