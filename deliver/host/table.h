/* table.h - the hosts that are known, in use or remembered.
 *
 * Private to host.c.  Found by scheme, port and name, or by the digest of
 * these.  A host is in one of two lists: those in use, and those at rest,
 * the least recently used first. */
#ifndef DELIVER_HOST_TABLE_H
#define DELIVER_HOST_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "common/crypto/digest.h"
#include "common/http/url.h"
#include "deliver/host/breaker.h"
#include "deliver/host/bucket.h"
#include "deliver/host/due.h"
#include "deliver/host/limit.h"

#define DELIVER_HOSTS_MAX 65536 /* at rest */

struct deliver_ticket;

struct deliver_queue {
    TAILQ_HEAD(, deliver_ticket) tickets;
    uint32_t count;
};

struct deliver_host {
    struct deliver_limit limit;
    struct deliver_breaker breaker;
    struct deliver_bucket bucket;
    struct deliver_due due;
    uint32_t sending;
    struct deliver_queue urgent, normal; /* those that wait */
    bool parked;                         /* work for it waits in Redis */
    bool at_rest;
    bool busy;          /* its callbacks are being called: must stay */
    uint32_t coming;    /* parked ones that were called and did not come yet */
    uint64_t called_us; /* the last time that some were */
    uint64_t used_us;   /* left at rest */
    TAILQ_ENTRY(deliver_host) next;
    UT_hash_handle hh;              /* by key */
    UT_hash_handle hh_name;         /* by name, once it was asked for */
    char name[WSUB_DIGEST_LEN + 1]; /* "" until then */
    unsigned key_len;
    unsigned char key[]; /* 1 for https, port in two bytes, name */
};

TAILQ_HEAD(deliver_host_list, deliver_host);

/* Zeroed, then deliver_host_table_init(). */
struct deliver_host_table {
    struct deliver_host *by_key, *by_name; /* owned */
    struct deliver_host_list in_use, at_rest;
    uint32_t at_rest_count;
    uint32_t down; /* hosts with a breaker that isn't closed */
    struct deliver_dues dues;
};

void deliver_host_table_init(struct deliver_host_table *table);
void deliver_host_table_done(struct deliver_host_table *table);

/* Finds the host, or makes one with these limits; it is in use then. */
struct deliver_host *deliver_host_table_use(struct deliver_host_table *table,
                                            const struct wsub_url *url,
                                            uint32_t per_host, uint32_t rate,
                                            uint64_t now_us);

/* The host's name, valid as long as the host. */
const char *deliver_host_table_name(struct deliver_host_table *table,
                                    struct deliver_host *host);

/* The host of that name; NULL when none is known or it never had to be
 * named. */
struct deliver_host *
deliver_host_table_find(const struct deliver_host_table *table,
                        const char *name);

/* Nobody uses the host any more: remembers or forgets it. */
void deliver_host_table_rest(struct deliver_host_table *table,
                             struct deliver_host *host, uint64_t now_us);

/* The reverse, for a host that was found by its name. */
void deliver_host_table_wake(struct deliver_host_table *table,
                             struct deliver_host *host);

/* Forgets what has not been used for long. */
void deliver_host_table_expire(struct deliver_host_table *table,
                               uint64_t now_us);

#endif
