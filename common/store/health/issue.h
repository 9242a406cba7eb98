/* issue.h - one thing that the health monitor found wrong in Redis. */
#ifndef WSUB_STORE_HEALTH_ISSUE_H
#define WSUB_STORE_HEALTH_ISSUE_H

#include <stddef.h>

enum wsub_health_kind {
    WSUB_HEALTH_STALE,    /* its time is over, and it is still there */
    WSUB_HEALTH_ORPHANED, /* nothing accounts for it */
    WSUB_HEALTH_MISSING,  /* nobody does what is to be done */
    WSUB_HEALTH_CORRUPT,  /* it can't be read, or does not add up */
    WSUB_HEALTH_KINDS,
};

/* Actions that are not the script's (health_repair.lua), but the monitor's. */
#define WSUB_HEALTH_NONE "none"       /* nothing here mends it: an alert */
#define WSUB_HEALTH_UNKNOWN "unknown" /* a key of somebody else: told only */
#define WSUB_HEALTH_COUNT "count"     /* health_count.lua */
#define WSUB_HEALTH_COUNT_SUBSCRIPTIONS "count-subscriptions" /* tally.h */
#define WSUB_HEALTH_GROUPS "groups"                           /* groups.lua */
#define WSUB_HEALTH_OWN "own"             /* common/cluster/ownership.h */
#define WSUB_HEALTH_HAND_OVER "hand-over" /* leftovers.h */
#define WSUB_HEALTH_DROP_CONSUMER "drop-consumer" /* health_slot.lua */

/* Any bytes, with a zero behind them. */
struct wsub_health_text {
    const char *data;
    size_t len;
};

/* All texts are borrowed. */
struct wsub_health_issue {
    enum wsub_health_kind kind;
    unsigned shard;                 /* or WSUB_SHARD_CLUSTER */
    const char *action;             /* what mends it */
    struct wsub_health_text key;    /* without the prefix of the shard */
    struct wsub_health_text member; /* of the key; empty: it is the whole */
    const char *why;
};

/* "stale", "orphaned", "missing" or "corrupt". */
const char *wsub_health_kind_name(enum wsub_health_kind kind);

#endif
