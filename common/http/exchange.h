/* exchange.h - one request of the HTTP client and its response, and the handle
 * of libcurl that makes it.
 *
 * Internal to the HTTP client.  An exchange is set up once and used for one
 * request after the other; only what differs from the last one is set
 * again. */
#ifndef WSUB_HTTP_EXCHANGE_H
#define WSUB_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <curl/curl.h>

#include "common/base/buf.h"
#include "common/base/timer.h"
#include "common/http/client_options.h"
#include "common/http/origin.h"
#include "common/net/resolver.h"
#include "common/http/send.h"

struct wsub_http_client;
struct wsub_http_multi;
struct wsub_http_sockets;

enum wsub_http_exchange_state {
    WSUB_EXCHANGE_IDLE,
    WSUB_EXCHANGE_RESOLVING, /* waits for the addresses of its host */
    WSUB_EXCHANGE_SENT,      /* libcurl has it */
    WSUB_EXCHANGE_FAILED,    /* before libcurl got it; is reported soon */
};

struct wsub_http_exchange {
    struct wsub_http_client *client; /* borrowed; outlives the exchange */
    CURL *easy;                      /* owned */
    struct wsub_timer late;          /* ends the waiting for a name */
    enum wsub_http_exchange_state state;
    struct wsub_http_send send;
    /* Borrowed from the client's origins; NULL while idle. */
    struct wsub_http_origin *origin;
    const struct wsub_http_origin *proxy; /* borrowed; NULL: none */
    /* Borrowed from send.url; with its query, or only that, or "". */
    const char *path;
    struct wsub_http_multi *multi; /* borrowed; has it while it is sent */
    struct wsub_name_wait wait;
    uint64_t started_ms;

    struct wsub_buf body; /* of the response */
    size_t received;      /* of its body */
    struct {
        unsigned progress;    /* how often libcurl has made some, at most */
        bool is_new;          /* it was opened for this request */
        curl_socket_t socket; /* CURL_SOCKET_BAD: not known yet */
        uint64_t from_bytes;  /* it had received before */
    } connection;
    bool too_large;
    bool blocked;  /* the address */
    bool bad_port; /* blocked for that */
    bool crowded;  /* may_go was false */
    bool starved;  /* no descriptor, no memory */
    CURLcode code; /* of a request that failed */
    char error[CURL_ERROR_SIZE];

    struct wsub_http_sockets *sockets; /* borrowed; outlives the exchange */
    const struct wsub_http_client_options *o; /* borrowed, as the sockets are */
    struct curl_slist addresses; /* for CURLOPT_RESOLVE; its text: */
    struct wsub_buf addresses_text;
    struct {
        CURLU *url;
        CURLSH *sessions;
        uint32_t timeout_ms, connect_timeout_ms;
        long name_cache_s;
        size_t body_len;
        bool is_post, has_addresses, keeps_response;
    } set; /* on the handle */

    LIST_ENTRY(wsub_http_exchange) in_list; /* idle or active */
    TAILQ_ENTRY(wsub_http_exchange) in_failed;
};

/* The client fills in `late`, `wait` and itself.  All outlive the exchange. */
struct wsub_http_exchange *
wsub_http_exchange_new(struct wsub_http_sockets *sockets,
                       const struct wsub_http_client_options *options);
void wsub_http_exchange_free(struct wsub_http_exchange *exchange);

/* Makes the exchange one for `send`, with nothing received. */
void wsub_http_exchange_begin(struct wsub_http_exchange *exchange,
                              const struct wsub_http_send *send);

/* Sets the handle for the exchange's origin and path.  `addresses` are those
 * of the name of the origin, or the proxy, NULL for an address literal; `waited_ms` have passed; `prune` makes libcurl
 * drop what it keeps of earlier addresses. */
void wsub_http_exchange_set(struct wsub_http_exchange *exchange,
                            const char *addresses, uint32_t connect_timeout_ms,
                            uint64_t waited_ms, bool prune);

/* Takes what belongs to the origin from the handle; before the origin is given
 * back. */
void wsub_http_exchange_unset(struct wsub_http_exchange *exchange);

/* The response, or why there is none.  Valid until the exchange begins
 * anew. */
struct wsub_http_response
wsub_http_exchange_response(struct wsub_http_exchange *exchange, CURLcode code);

#endif
