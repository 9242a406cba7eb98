/* client.h - HTTP requests to strangers, on libcurl's multi socket interface.
 *
 * Easy handles are set up once and reused, connections are kept alive, TLS
 * sessions are resumed.  A request never follows a redirect, never uses a
 * proxy from the environment, never takes longer than its timeout in total,
 * and never reads more of a response than it was told to, nor much more around
 * its body (exchange.c).  Names are resolved without blocking and without threads (resolver.h).  The address is
 * checked (egress.h) when a name is resolved, when a socket is opened, and again
 * when a kept one is used.  With a proxy, which resolves the names, only addresses
 * that stand in a URL are checked here; every request is tunnelled (CONNECT). */
#ifndef WSUB_HTTP_CLIENT_H
#define WSUB_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/http/client_options.h"
#include "common/http/send.h"

struct wsub_http_client;

/* How many requests may be in flight with so many sockets. */
uint32_t wsub_http_client_requests_max(uint32_t max_sockets);

struct wsub_http_client *
wsub_http_client_new(const struct wsub_http_client_options *options);

/* Requests in flight are dropped without their callback. */
void wsub_http_client_free(struct wsub_http_client *client);

/* Starts a request; `done` is called once, later.  Its timeout begins when
 * it starts, which may be later too. */
void wsub_http_client_send(struct wsub_http_client *client,
                           const struct wsub_http_send *send);

/* What the name servers said of a host (in lower case): its addresses, as in
 * struct wsub_name, "" when none is known; valid until the loop goes on. */
const char *wsub_http_client_addresses(const struct wsub_http_client *client,
                                       const char *host);

/* The number of background requests that have not started. */
uint32_t wsub_http_client_background(const struct wsub_http_client *client);

#endif
