/* resolver.h - addresses of host names, without blocking and without threads.
 *
 * c-ares on the program's loop: A and AAAA of a name at once, several name
 * servers with retransmission, TCP for truncated responses, /etc/hosts, and for
 * a name without a dot the search domains of /etc/resolv.conf.  Results are kept (names.h), however
 * many wait for one name there is one query, and a name whose server is silent
 * does not hold up the others: a query without a quick response stops counting
 * against the number of queries in flight.
 *
 * /etc/resolv.conf is read again when it has changed; without one the server
 * is 127.0.0.1.  Its options `timeout`, `attempts` and `ndots` don't count. */
#ifndef WSUB_NET_RESOLVER_H
#define WSUB_NET_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/net/names.h"

struct event_base;
struct wsub_egress;
struct wsub_name_query;
struct wsub_resolver;

struct wsub_resolver_options {
    struct event_base *base; /* borrowed; outlives the resolver */
    /* IP[:PORT],... or "": those of resolv.conf; borrowed; outlives the
     * resolver. */
    const char *servers;
    uint32_t timeout_ms; /* for a name, whatever servers there are */
    /* A name with a dot that does not exist as it is may be one of a search
     * domain.  Else such a name is absolute, as those of URLs are. */
    bool search_dotted;
    /* Only addresses that it allows are found.  Borrowed; outlives the resolver. */
    const struct wsub_egress *egress;
};

/* One who waits for a name; embedded by the caller. */
struct wsub_name_wait {
    /* Called once, unless dropped; may look up names.  `name` is valid during
     * the call. */
    void (*on_name)(struct wsub_name_wait *wait, const struct wsub_name *name);

    struct wsub_name_query *query; /* the resolver's; NULL when not waiting */
    LIST_ENTRY(wsub_name_wait) in_query;
};

struct wsub_resolver *
wsub_resolver_new(const struct wsub_resolver_options *options);

/* Those who wait are forgotten. */
void wsub_resolver_free(struct wsub_resolver *resolver);

/* What is known about `host` (lower case, no address literal), valid until the
 * loop goes on.  NULL when nothing is: `wait` then waits, and its on_name is
 * called later, from the loop. */
const struct wsub_name *wsub_resolver_find(struct wsub_resolver *resolver,
                                           const char *host,
                                           struct wsub_name_wait *wait);

/* What is known, NULL when nothing is; nobody waits. */
const struct wsub_name *wsub_resolver_known(struct wsub_resolver *resolver,
                                            const char *host);

/* Stops waiting; the query goes on for the next one who looks. */
void wsub_resolver_drop(struct wsub_name_wait *wait);

#endif
