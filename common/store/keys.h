/* keys.h - the names of keys in Redis, as C uses them (docs/PROTOCOL.md).
 *
 * Each stands behind the prefix of its shard, `P:{N}:`; some have a suffix,
 * `NAME:SUFFIX`.  The scripts of lua/ spell the same names. */
#ifndef WSUB_STORE_KEYS_H
#define WSUB_STORE_KEYS_H

/* Streams, and the group that reads the lanes. */
#define WSUB_KEY_LOG "log"
#define WSUB_KEY_PINGS "pings"
#define WSUB_KEY_WAKE "wake"
#define WSUB_KEY_OUTBOX "outbox"
#define WSUB_KEY_BULK "bulk"
#define WSUB_KEY_VERIFY "verify"
#define WSUB_GROUP_DELIVER "deliver"

#define WSUB_KEY_SUBSCRIPTION "sub"  /* :TD */
#define WSUB_KEY_REQUEST "request"   /* :TD:CD:MODE */
#define WSUB_KEY_TOPIC "topic"       /* :TD */
#define WSUB_KEY_KEPT "kept"         /* :EVENT */
#define WSUB_KEY_CURSOR "cursor"     /* :TD */
#define WSUB_KEY_MISSED "missed"     /* :TD:CD */
#define WSUB_KEY_ATTEMPTS "attempts" /* :TD */
#define WSUB_KEY_SUSPENDED "suspended"
#define WSUB_KEY_GAPS "gaps"
#define WSUB_KEY_VERIFICATIONS "verifications"
#define WSUB_KEY_CHANGES "changes"
#define WSUB_KEY_FANOUT "fanout"
#define WSUB_KEY_COUNTS "counts"
#define WSUB_KEY_PULLS "pulls"
#define WSUB_KEY_DAMAGED "damaged"
#define WSUB_KEY_ENDED_GROUPS "ended_groups"
#define WSUB_KEY_REJECTED "rejected"
#define WSUB_KEY_RETAINED "retained"
#define WSUB_KEY_PROBE "probe" /* never there */

/* Of the cluster's slot, behind `P:{c}:`. */
#define WSUB_KEY_ALERTS "alerts"
#define WSUB_KEY_AUDIT "audit"
#define WSUB_KEY_CANARY "canary"
#define WSUB_KEY_CONDITIONS "conditions"
#define WSUB_KEY_HEALTH "health"
#define WSUB_KEY_HEALTH_STATE "health_state"
#define WSUB_KEY_HOST_ORDERS "host_orders"
#define WSUB_KEY_HOST_REPORT "host_report" /* :NAME */
#define WSUB_KEY_INSTANCES "instances"
#define WSUB_KEY_SHARDS "shards"
#define WSUB_KEY_GROUPS "groups"
#define WSUB_KEY_SITES "sites"
#define WSUB_KEY_NOTICES "notices"
#define WSUB_KEY_POSITIONS "positions"

#endif
