/* sockets.h - libcurl's sockets on the loop.
 *
 * Internal to the HTTP client.  libcurl stops watching a connection after each
 * request and begins again with the next.  The watch stays in place meanwhile,
 * until the socket is closed, so that a request on a kept connection costs no
 * system call for it. */
#ifndef WSUB_HTTP_SOCKETS_H
#define WSUB_HTTP_SOCKETS_H

#include <curl/curl.h>

struct event_base;
struct wsub_http_sockets;

/* A socket is ready; `what` is of CURL_CSELECT_IN and _OUT. */
typedef void wsub_http_ready_cb(curl_socket_t fd, int what, void *arg);

struct wsub_http_sockets *wsub_http_sockets_new(struct event_base *base);

/* After all sockets were closed. */
void wsub_http_sockets_free(struct wsub_http_sockets *sockets);

/* For CURLOPT_OPENSOCKETFUNCTION. */
curl_socket_t wsub_http_sockets_open(struct wsub_http_sockets *sockets,
                                     const struct curl_sockaddr *address);

/* CURLOPT_CLOSESOCKETFUNCTION; its data are the sockets. */
int wsub_http_sockets_close(void *sockets, curl_socket_t fd);

/* Makes `ready` be called with `arg` as `want` says (CURL_POLL_...). */
void wsub_http_sockets_want(struct wsub_http_sockets *sockets, curl_socket_t fd,
                            int want, wsub_http_ready_cb *ready, void *arg);

#endif
