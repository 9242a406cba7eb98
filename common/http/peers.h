/* peers.h - how many connections each client has.
 *
 * Internal to the HTTP server.  A client is an IPv4 address, or the /64 of an
 * IPv6 address, which is what one customer has; an IPv4 address that is mapped
 * into IPv6 counts as IPv4.  Unix sockets, and networks that are exempt, such
 * as reverse proxies, are not counted. */
#ifndef WSUB_HTTP_PEERS_H
#define WSUB_HTTP_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/http/budget.h"

struct sockaddr;
struct wsub_http_peer; /* a client with connections */
struct wsub_networks;

/* Zeroed but for what is given at the start. */
struct wsub_http_peers {
    uint32_t max; /* connections of a client; 0: no limit */
    const struct wsub_networks *exempt; /* borrowed; may be NULL */
    struct wsub_http_peer *known;       /* owned, by its connections */
};

/* Counts a connection.  False when its client has `max` already.  *ret_peer is
 * NULL for one that is not counted; else it is given back by
 * wsub_http_peers_drop(). */
bool wsub_http_peers_add(struct wsub_http_peers *peers,
                         const struct sockaddr *address,
                         struct wsub_http_peer **ret_peer);

/* What the bodies of the client are charged to; NULL for no peer. */
struct wsub_http_payer *wsub_http_peers_payer(struct wsub_http_peer *peer);

/* A connection of the client has gone; NULL is fine. */
void wsub_http_peers_drop(struct wsub_http_peers *peers,
                          struct wsub_http_peer *peer);

#endif
