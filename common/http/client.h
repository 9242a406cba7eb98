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
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

struct event_base;
struct wsub_http_client;

enum wsub_http_outcome {
    WSUB_HTTP_RESPONDED, /* a status and the whole response */
    WSUB_HTTP_TOO_LARGE, /* a status; the body was over its limit */
    WSUB_HTTP_TIMEOUT,   /* maybe after the status */
    WSUB_HTTP_BLOCKED,   /* the address is not allowed */
    WSUB_HTTP_UNREACHED, /* DNS, connect, TLS, or the connection broke, maybe
                          * after the status */
};

struct wsub_http_response {
    enum wsub_http_outcome outcome;
    CURLcode code;     /* libcurl's own code for it */
    long status;       /* 0 when none came */
    const char *error; /* a few words; "" with a whole response */
    const char *body;  /* "" when not kept */
    size_t body_len;
    CURL *easy; /* for curl_easy_header() */
    uint64_t duration_ms;
};

/* `response` is valid during the callback, in which new requests may be started. */
typedef void wsub_http_done_cb(const struct wsub_http_response *response,
                               void *arg);

struct wsub_http_send {
    const char *url;                  /* borrowed until done */
    const struct curl_slist *headers; /* borrowed until done; may be NULL */
    const void *body; /* borrowed until done; NULL makes it a GET */
    size_t body_len;
    uint32_t timeout_ms;       /* in total, whatever drips */
    size_t response_max_bytes; /* more than this is WSUB_HTTP_TOO_LARGE */
    bool keep_response;        /* else the body is read and forgotten */
    bool background; /* starts once no response is there to be read, or some
                   * milliseconds later: see client.c */
    wsub_http_done_cb *done;
    void *arg;
};

struct wsub_http_client_options {
    struct event_base *base;     /* borrowed; outlives the client */
    uint32_t connect_timeout_ms; /* with the time that the name takes */
    uint32_t max_requests;       /* in flight at once, the excess waits; about
                         * twice as many connections are kept */
    uint32_t per_host; /* requests to one host at once, as far as the caller
                         * knows; as many connections are kept to it */
    const char *dns_servers; /* IP[:PORT],...; "" or NULL: the system's;
                              * borrowed; outlives the client */
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
