/* client.h - HTTP requests to strangers, on libcurl's multi socket interface.
 *
 * Easy handles are set up once and reused, connections are kept alive, TLS
 * sessions are resumed.  A request never follows a redirect, never uses a
 * proxy from the environment, never takes longer than its timeout in total,
 * and never reads more of a response than it was told to.  Names are resolved
 * without blocking and without threads (resolver.h).  Unless private networks
 * are allowed, the address is checked when a name is resolved, when a socket
 * is opened, and again when a kept one is used. */
#ifndef WSUB_HTTP_CLIENT_H
#define WSUB_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/http/send.h"

struct event_base;
struct wsub_http_client;

struct wsub_http_client_options {
    struct event_base *base;     /* borrowed; outlives the client */
    uint32_t connect_timeout_ms; /* with the time that the name takes */
    /* In flight at once, the excess waits; about twice as many connections are
     * kept. */
    uint32_t max_requests;
    /* To one host at once, as far as the caller knows; as many connections are
     * kept to it. */
    uint32_t per_host;
    /* IP[:PORT],...; "" or NULL: those of the system.  Borrowed; outlives the
     * client. */
    const char *dns_servers;
    bool allow_private_networks;
    bool http2; /* where a server offers it; https only */
};

struct wsub_http_client *
wsub_http_client_new(const struct wsub_http_client_options *options);

/* Requests in flight are dropped without their callback. */
void wsub_http_client_free(struct wsub_http_client *client);

/* Starts a request; `done` is called once, later.  Its timeout begins when
 * it starts, which may be later too. */
void wsub_http_client_send(struct wsub_http_client *client,
                           const struct wsub_http_send *send);

/* The number of background requests that have not started. */
uint32_t wsub_http_client_background(const struct wsub_http_client *client);

#endif
