/* looks.h - the health monitor's looks at Redis, each of a few ms at most
 * (SCAN, health_keys.lua, health_slot.lua, health_count.lua).
 *
 * Nothing is changed.  Each call is sent once; its callback is called once, maybe
 * during the call, and what it is given is valid during it. */
#ifndef WSUB_STORE_HEALTH_LOOKS_H
#define WSUB_STORE_HEALTH_LOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/health/issue.h"

struct wsub_cmd;
struct wsub_store;

/* A key of a slot of ours. */
struct wsub_health_key {
    unsigned shard;               /* or WSUB_SHARD_CLUSTER */
    struct wsub_health_text name; /* without the prefix of the shard */
};

/* The next keys of the server, in no order; a key may come twice.  `next` is where
 * to go on, "0" at the end.  Keys that belong to no slot are left out. */
struct wsub_health_scanned {
    const char *next;
    const struct wsub_health_key *keys;
    size_t count;
    size_t strays; /* that begin with the prefix, of no slot that there is */
};
typedef void wsub_health_scan_cb(enum wsub_err err,
                                 const struct wsub_health_scanned *scanned,
                                 void *arg);
/* `cursor` is "0" for the first ones. */
void wsub_health_scan(struct wsub_store *store, const char *cursor,
                      uint32_t count, wsub_health_scan_cb *cb, void *arg);

/* A key, and where in it the look goes on; "0" for its beginning. */
struct wsub_health_place {
    struct wsub_health_text name;
    struct wsub_health_text cursor;
};

/* A subscription whose cursor says that it has cursor job `number`. */
struct wsub_health_cursor {
    struct wsub_health_text td, cd, number;
};

struct wsub_health_totals {
    uint64_t subscriptions, pull_subscriptions, suspended, requests,
        dead_letters;
};

struct wsub_health_looked {
    const struct wsub_health_place *rest; /* what is to be gone on with */
    size_t rest_count;
    const struct wsub_health_issue *issues;
    size_t issue_count;
    const struct wsub_health_cursor *cursors;
    size_t cursor_count;
    struct wsub_health_totals totals; /* in these keys */
};
typedef void wsub_health_looked_cb(enum wsub_err err,
                                   const struct wsub_health_looked *looked,
                                   void *arg);
/* Looks at keys of one slot, and at about `most` of what is in them. */
void wsub_health_look(struct wsub_store *store, unsigned shard,
                      const struct wsub_health_place *places, size_t count,
                      uint32_t most, wsub_health_looked_cb *cb, void *arg);

struct wsub_health_consumer {
    const char *lane, *name;
};
struct wsub_health_slot {
    bool owned;        /* somebody owns the shard */
    bool owner_work;   /* there is work for the owner */
    bool deliver_work; /* and for deliver */
    const struct wsub_health_consumer *consumers;
    size_t consumer_count;
};
typedef void wsub_health_slot_cb(enum wsub_err err,
                                 const struct wsub_health_slot *slot,
                                 void *arg);
/* Who works on a shard. */
void wsub_health_slot(struct wsub_store *store, unsigned shard,
                      wsub_health_slot_cb *cb, void *arg);

/* `skipped`: there is too much to be counted in one step. */
typedef void wsub_health_counted_cb(enum wsub_err err, bool skipped,
                                    const struct wsub_health_issue *issues,
                                    size_t count, void *arg);
/* Counts the references of a shard, and looks for these cursor jobs. */
void wsub_health_count(struct wsub_store *store, unsigned shard,
                       const struct wsub_health_cursor *cursors, size_t count,
                       wsub_health_counted_cb *cb, void *arg);

/* Subscriptions of some leaves of the index, by callback host. */
struct wsub_health_host {
    const char *host;
    uint64_t count;
};
struct wsub_health_indexed {
    const char *next;             /* bound to go on with; "" at the end */
    const char *change;           /* the last change of subscriptions by then */
    uint64_t subscriptions, urls; /* those to URLs among them */
    const struct wsub_health_host *hosts;
    size_t host_count;
};
typedef void wsub_health_indexed_cb(enum wsub_err err,
                                    const struct wsub_health_indexed *indexed,
                                    void *arg);
/* Begins with the leaf of that bound, "" for the first one, and counts about
 * `most` subscriptions (health_index.lua). */
void wsub_health_index(struct wsub_store *store, unsigned shard,
                       const char *bound, uint32_t most,
                       wsub_health_indexed_cb *cb, void *arg);

/* Hosts whose hashes have the numbers from `first` to `last`. */
struct wsub_health_hosts {
    unsigned shard;
    const char *change; /* the last one when they were counted */
    bool mend;
    bool with_total;        /* `subscriptions` and `urls` count too */
    uint64_t subscriptions; /* of the shard */
    uint64_t urls;          /* those to URLs among them */
    unsigned first, last;
    const struct wsub_health_host *hosts;
    size_t count;
};
#define WSUB_HEALTH_HOST_HASHES 4096

/* `wrong` is how many counts are, or were; `changed`: subscriptions came or went
 * since, and nothing is known. */
typedef void wsub_health_hosts_cb(enum wsub_err err, bool changed,
                                  uint64_t wrong, void *arg);
void wsub_health_compare_hosts(struct wsub_store *store,
                               const struct wsub_health_hosts *hosts,
                               wsub_health_hosts_cb *cb, void *arg);

/* For repairs.c. */

/* Adds the limits that health_keys.lua and health_repair.lua begin with. */
void wsub_health_limits(struct wsub_cmd *cmd, const struct wsub_store *store,
                        unsigned shard);
/* Begins a call of health_count.lua; `issue` is NULL to look only. */
void wsub_health_count_cmd(struct wsub_cmd *cmd, const struct wsub_store *store,
                           unsigned shard,
                           const struct wsub_health_issue *issue);

#endif
