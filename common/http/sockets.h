/* sockets.h - libcurl's sockets on the loop.
 *
 * Internal to the HTTP client.  libcurl stops watching a connection after each
 * request and begins again with the next.  The watch stays in place meanwhile,
 * until the socket is closed, so that a request on a kept connection costs no
 * system call for it. */
#ifndef WSUB_HTTP_SOCKETS_H
#define WSUB_HTTP_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

struct event_base;
struct wsub_http_sockets;

/* A socket is ready; `what` is of CURL_CSELECT_IN and _OUT. */
typedef void wsub_http_ready_cb(curl_socket_t fd, int what, void *arg);

/* At most `max` of them at once; 0: no limit. */
struct wsub_http_sockets *wsub_http_sockets_new(struct event_base *base,
                                                uint32_t max);

/* After all sockets were closed. */
void wsub_http_sockets_free(struct wsub_http_sockets *sockets);

/* For CURLOPT_OPENSOCKETFUNCTION.  *ret_starved is set when there was no
 * descriptor or no memory for it.  Kept connections are cut then, so that libcurl
 * closes them with the next request, after a second at the latest. */
curl_socket_t wsub_http_sockets_open(struct wsub_http_sockets *sockets,
                                     const struct curl_sockaddr *address,
                                     bool *ret_starved);

/* CURLOPT_CLOSESOCKETFUNCTION; its data are the sockets. */
int wsub_http_sockets_close(void *sockets, curl_socket_t fd);

/* What libcurl wants of a socket. */
struct wsub_http_want {
    const CURL *easy; /* borrowed; whose request it is for */
    int what;         /* CURL_POLL_... */
    wsub_http_ready_cb *ready;
    void *arg;
};

/* Makes `ready` be called as `want` says. */
void wsub_http_sockets_want(struct wsub_http_sockets *sockets, curl_socket_t fd,
                            const struct wsub_http_want *want);

/* The open socket of a request, CURL_SOCKET_BAD when none is known: of those
 * that share a connection only the first one has it.  `likely` is tried before
 * all others. */
curl_socket_t wsub_http_sockets_find(const struct wsub_http_sockets *sockets,
                                     const CURL *easy, curl_socket_t likely);

/* The request is over, or was on another one; `fd` may be CURL_SOCKET_BAD. */
void wsub_http_sockets_leave(struct wsub_http_sockets *sockets,
                             curl_socket_t fd, const CURL *easy);

#endif
