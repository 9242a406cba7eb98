/* names.h - what the name servers said about host names, until it expires.
 *
 * Pure: no clock, no network; the caller passes the time.  At most as many
 * names as given at creation: the one that was looked up least recently gives
 * way.  A result is kept as long as its time to live says, within bounds,
 * since a record of 0 s would cost a query for each request and one of a week
 * outlive the host's move. */
#ifndef WSUB_NET_NAMES_H
#define WSUB_NET_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define WSUB_NAME_TTL_MIN_S 1
#define WSUB_NAME_TTL_MAX_S 3600
#define WSUB_NAME_NEGATIVE_S 5 /* no such name, no address, none allowed */
#define WSUB_NAME_FAILED_S 1   /* servers failed: RFC 2308 section 7 */

enum wsub_name_status {
    WSUB_NAME_FOUND,
    WSUB_NAME_UNKNOWN, /* no such name, or it has no address */
    WSUB_NAME_BLOCKED, /* it has addresses, none of which is allowed */
    WSUB_NAME_TIMEOUT, /* no name server responded in time */
    WSUB_NAME_FAILED,  /* the name servers responded by an error */
};

struct wsub_name {
    enum wsub_name_status status;
    const char *addresses; /* "1.2.3.4,2001::1", best first; "" for none */
};

struct wsub_names;

struct wsub_names *wsub_names_new(size_t max);
void wsub_names_free(struct wsub_names *names);

/* What is known about `host` (lower case), NULL when nothing is or it has
 * expired.  Valid until the next wsub_names_keep(). */
const struct wsub_name *wsub_names_find(struct wsub_names *names,
                                        const char *host, uint64_t now_ms);

/* Keeps a copy of `name` in place of what was known; `ttl_s` counts for
 * WSUB_NAME_FOUND only.  Returns the copy, valid until the next call. */
const struct wsub_name *wsub_names_keep(struct wsub_names *names,
                                        const char *host,
                                        const struct wsub_name *name,
                                        uint32_t ttl_s, uint64_t now_ms);

#endif
