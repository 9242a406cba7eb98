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
#include "common/http/origin.h"
#include "common/http/resolver.h"
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
    /* Borrowed from send.url; with its query, or only that, or "". */
    const char *path;
    struct wsub_http_multi *multi; /* borrowed; has it while it is sent */
    struct wsub_name_wait wait;
    uint64_t started_ms;

    struct wsub_buf body; /* of the response */
    size_t received;
    bool too_large;
    bool blocked;
    CURLcode code; /* of a request that failed */
    char error[CURL_ERROR_SIZE];

    struct wsub_http_sockets *sockets; /* borrowed; outlives the exchange */
    bool allow_private_networks;
    struct curl_slist addresses; /* for CURLOPT_RESOLVE; its text: */
    struct wsub_buf addresses_text;
    struct {
        CURLU *url;
        CURLSH *sessions;
        uint32_t timeout_ms, connect_timeout_ms;
        long name_cache_s;
        size_t body_len;
        bool is_post, has_addresses;
    } set; /* on the handle */

    LIST_ENTRY(wsub_http_exchange) in_list; /* idle or active */
    TAILQ_ENTRY(wsub_http_exchange) in_failed;
};

/* The client fills in `late`, `wait` and itself.  `sockets` outlives the
 * exchange. */
struct wsub_http_exchange *
wsub_http_exchange_new(struct wsub_http_sockets *sockets,
                       bool allow_private_networks, bool http2);
void wsub_http_exchange_free(struct wsub_http_exchange *exchange);

/* Makes the exchange one for `send`, with nothing received. */
void wsub_http_exchange_begin(struct wsub_http_exchange *exchange,
                              const struct wsub_http_send *send);

/* Sets the handle for the exchange's origin and path.  `addresses` are those
 * of the origin's name, NULL for an address literal; `waited_ms` have passed; `prune` makes libcurl
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
