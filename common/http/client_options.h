/* client_options.h - what an HTTP client (client.h) is made with. */
#ifndef WSUB_HTTP_CLIENT_OPTIONS_H
#define WSUB_HTTP_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;
struct wsub_config;
struct wsub_egress;

/* How certificates are checked, and shown; "" or NULL for the system's and for
 * none. */
struct wsub_http_tls {
    const char *ca_file;
    bool only_1_3; /* else 1.2 too */
    const char *certificate_file, *key_file;
};

struct wsub_http_client_options {
    struct event_base *base;     /* borrowed; outlives the client */
    uint32_t connect_timeout_ms; /* with the time that the name takes */
    uint32_t max_requests;       /* in flight at once, the excess waits */
    uint32_t kept_connections;   /* about so many at most */
    /* To one host at once, as far as the caller knows; as many connections are
     * kept to it. */
    uint32_t per_host;
    /* IP[:PORT],...; "" or NULL: those of the system.  Borrowed; outlives the
     * client. */
    const char *dns_servers;
    /* NULL: everywhere.  Borrowed. */
    const struct wsub_egress *egress;
    struct wsub_http_tls tls; /* borrowed */
    /* http://HOST:PORT or socks5h://HOST:PORT, which resolves all names; "" or
     * NULL: none.  Borrowed. */
    const char *proxy;
    bool http2; /* where a server offers it; https only */
    /* Sockets that may be open at once, kept ones included; 0: no limit.  With
     * few of them fewer requests are in flight, and fewer connections kept. */
    uint32_t max_sockets;
};

/* From the settings, which outlive it. */
struct wsub_http_tls wsub_http_tls_of(const struct wsub_config *config);

#endif
