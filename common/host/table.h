/* table.h - the hosts and endpoints that are known, in use or remembered.
 *
 * Private to common/host.  A host is found by scheme, port and name, an
 * endpoint by its id, both by the name of their gate.  What nobody uses is at
 * rest, the least recently used first. */
#ifndef WSUB_HOST_TABLE_H
#define WSUB_HOST_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "common/base/bucket.h"
#include "common/base/container_of.h"
#include "common/base/due.h"
#include "common/host/address.h"
#include "common/host/gate.h"
#include "common/host/limit.h"
#include "common/host/share.h"
#include "common/host/ticket.h"
#include "common/http/url.h"

#define WSUB_HOSTS_MAX 65536           /* of each kind, at rest */
#define WSUB_HOST_KNOWN_US 600000000ul /* so long things are remembered */

struct wsub_endpoint {
    struct wsub_gate gate;  /* its name is the endpoint's id */
    struct wsub_host *host; /* borrowed; while in use */
    /* Tickets at the host, or sending: deliveries, and the urgent. */
    uint32_t admitted[2];
    bool failing;      /* since its last success */
    bool charged;      /* its host has been, since then */
    uint64_t asked_us; /* it named a time then; 0: not since then */
    LIST_ENTRY(wsub_endpoint) in_host;
};

/* For people. */
struct wsub_host_failures {
    uint64_t since_us;        /* the first one since a success; 0: none */
    enum wsub_host_sign last; /* NONE: there was none yet */
    unsigned status;          /* of the last one; 0: no response came */
};

struct wsub_host {
    struct wsub_gate gate;
    struct wsub_limit limit;
    struct wsub_bucket bucket;
    struct wsub_bucket urgent_bucket; /* of the urgent, beside the other */
    /* A use of where its requests go; NULL while that does not matter. */
    struct wsub_address *address;
    struct wsub_share_wait at_address;
    LIST_HEAD(, wsub_endpoint) endpoints; /* in use; borrowed */
    uint32_t sending, lingering;
    bool serving;        /* those that wait are being started */
    uint32_t askers;     /* endpoints that named a time, since a success */
    uint64_t unasked_us; /* that success */
    uint64_t good_us;    /* the last good response; 0: none that counts */
    struct wsub_host_failures failures;
    struct wsub_share_wait shares[WSUB_SHARES];
    LIST_ENTRY(wsub_host) next; /* those in use */
    UT_hash_handle hh;          /* by key */
    unsigned key_len;
    /* 1 for https, port in two bytes, name; with a scope a zero byte, scope. */
    unsigned char key[];
};

/* An operator has closed a host: its breaker is open until then, also that of one
 * that is forgotten and comes back. */
struct wsub_host_order {
    uint64_t until_us;
    UT_hash_handle hh; /* by key */
    unsigned key_len;
    unsigned char key[]; /* as of a host without a scope */
};

TAILQ_HEAD(wsub_gate_list, wsub_gate);
LIST_HEAD(wsub_host_list, wsub_host);

/* Zeroed, then wsub_host_table_init(). */
struct wsub_host_table {
    struct wsub_addresses addresses;
    struct wsub_host *by_key;  /* owned */
    struct wsub_gate *by_name; /* the hosts that were named, all endpoints */
    struct wsub_host_list in_use;
    struct wsub_gate_list at_rest[2]; /* hosts, endpoints */
    uint32_t at_rest_count[2];
    uint32_t down;                  /* hosts with a breaker that isn't closed */
    struct wsub_host_order *orders; /* owned; orders.h */
    struct wsub_dues dues;
};

void wsub_host_table_init(struct wsub_host_table *table);
void wsub_host_table_done(struct wsub_host_table *table);

/* Finds the host of the ticket's scope, or makes one with the limits of `options`
 * or the scope; it is in use then. */
struct wsub_host *wsub_host_table_use(struct wsub_host_table *table,
                                      const struct wsub_url *url,
                                      const struct wsub_host_ticket *ticket,
                                      const struct wsub_hosts_options *options,
                                      uint64_t now_us);

/* Writes the key that the host of a URL has in a scope, or with NULL without;
 * returns how long it is. */
#define WSUB_HOST_KEY_MAX                                                      \
    (3 + sizeof(((struct wsub_url *)NULL)->host) + WSUB_DIGEST_LEN)
unsigned wsub_host_key(const struct wsub_url *url, const char *scope,
                       unsigned char key[WSUB_HOST_KEY_MAX]);

/* The length of its key without the scope. */
unsigned wsub_host_plain_key_len(const struct wsub_host *host);

/* The name of the host, in lower case. */
#define WSUB_HOST_NAME_BYTES sizeof(((struct wsub_url *)NULL)->host)
void wsub_host_copy_name(const struct wsub_host *host,
                         char ret_name[WSUB_HOST_NAME_BYTES]);

/* The same of the endpoint; `id` has WSUB_DIGEST_LEN bytes. */
struct wsub_endpoint *wsub_host_table_endpoint(struct wsub_host_table *table,
                                               struct wsub_host *host,
                                               const char *id);

/* The host's name, valid as long as the host. */
const char *wsub_host_table_name(struct wsub_host_table *table,
                                 struct wsub_host *host);

/* Writes SCHEME://NAME:PORT. */
#define WSUB_HOST_TEXT_BYTES (sizeof(((struct wsub_url *)NULL)->host) + 20)
void wsub_host_text(const struct wsub_host *host,
                    char ret_text[WSUB_HOST_TEXT_BYTES]);

/* The gate of that name, which is in use or not; NULL when none is known. */
struct wsub_gate *wsub_host_table_find(const struct wsub_host_table *table,
                                       const char *name);

static inline struct wsub_host *wsub_gate_host(struct wsub_gate *gate)
{
    return wsub_container_of(gate, struct wsub_host, gate);
}

static inline struct wsub_endpoint *wsub_gate_endpoint(struct wsub_gate *gate)
{
    return wsub_container_of(gate, struct wsub_endpoint, gate);
}

/* Nobody uses it any more: remembers or forgets it. */
void wsub_host_table_rest(struct wsub_host_table *table, struct wsub_gate *gate,
                          uint64_t now_us);

/* Forgets what has not been used for long. */
void wsub_host_table_expire(struct wsub_host_table *table, uint64_t now_us);

#endif
