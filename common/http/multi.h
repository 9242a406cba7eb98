/* multi.h - one multi handle of libcurl on the loop.
 *
 * Internal to the HTTP client.  libcurl must not be called from its own
 * callbacks: they only note what it wants, and requests that are over are
 * reported after curl_multi_socket_action() has returned. */
#ifndef WSUB_HTTP_MULTI_H
#define WSUB_HTTP_MULTI_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

struct event_base;
struct wsub_http_multi;
struct wsub_http_sockets;

/* A request uses the socket. */
typedef void wsub_http_socket_cb(CURL *easy, curl_socket_t fd, void *arg);

/* A request is over; its handle is out of the multi handle. */
typedef void wsub_http_over_cb(CURL *easy, CURLcode code, void *arg);

struct wsub_http_multi_options {
    struct event_base *base;           /* borrowed; outlives this */
    struct wsub_http_sockets *sockets; /* borrowed; outlives this */
    uint32_t max_connections;          /* more are closed after use */
    /* At its most so many are open: a kept one is closed for a new one.  0: no
     * limit. */
    uint32_t max_total;
    bool http2; /* streams share a connection */
    wsub_http_socket_cb *on_socket;
    wsub_http_over_cb *over;
    void *arg;
};

struct wsub_http_multi *
wsub_http_multi_new(const struct wsub_http_multi_options *options);

/* After all handles were removed; closes the kept connections. */
void wsub_http_multi_free(struct wsub_http_multi *multi);

/* Starts a request, later. */
void wsub_http_multi_add(struct wsub_http_multi *multi, CURL *easy);

/* Breaks a request off. */
void wsub_http_multi_remove(struct wsub_http_multi *multi, CURL *easy);

#endif
