/* call.h - one request of the HTTP client, and the handle it is made with.
 *
 * Internal to the HTTP client.  A call is set up once and used for one request
 * after the other; only what differs from the last one is set again. */
#ifndef WSUB_HTTP_CALL_H
#define WSUB_HTTP_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <curl/curl.h>

#include "common/base/buf.h"
#include "common/http/client.h"
#include "common/http/origin.h"
#include "common/http/resolver.h"

struct event;
struct wsub_http_multi;
struct wsub_http_sockets;

enum wsub_http_call_state {
    WSUB_CALL_IDLE,
    WSUB_CALL_RESOLVING, /* waits for the addresses of its host */
    WSUB_CALL_SENT,      /* libcurl has it */
    WSUB_CALL_FAILED,    /* before libcurl got it; is reported soon */
};

struct wsub_http_call {
    struct wsub_http_client *client; /* borrowed; outlives the call */
    CURL *easy;                      /* owned */
    struct event *late;              /* owned; ends the waiting for a name */
    enum wsub_http_call_state state;
    struct wsub_http_send send;
    struct wsub_http_origin *origin; /* borrowed from the client's origins; NULL
                                      * while idle */
    const char *path; /* borrowed from send.url; with its query, or only that,
                       * or "" */
    struct wsub_http_multi *multi; /* borrowed; has it while it is sent */
    struct wsub_name_wait wait;
    uint64_t started_ms;

    struct wsub_buf body; /* of the answer */
    size_t received;
    bool too_large;
    bool blocked;
    CURLcode code; /* of a call that failed */
    char error[CURL_ERROR_SIZE];

    struct wsub_http_sockets *sockets; /* borrowed; outlives the call */
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

    LIST_ENTRY(wsub_http_call) in_list; /* idle or active */
    TAILQ_ENTRY(wsub_http_call) in_failed;
};

/* `late` is not made here. */
struct wsub_http_call *
wsub_http_call_new(const struct wsub_http_client_options *options,
                   struct wsub_http_sockets *sockets);
void wsub_http_call_free(struct wsub_http_call *call);

/* Makes the call one for `send`, with nothing received. */
void wsub_http_call_begin(struct wsub_http_call *call,
                          const struct wsub_http_send *send);

/* Sets the handle for the call's origin and path.  `addresses` are those of its name,
 * NULL for an address literal; `waited_ms` have passed; `prune` makes libcurl
 * drop what it keeps of earlier addresses. */
void wsub_http_call_set(struct wsub_http_call *call, const char *addresses,
                        uint32_t connect_timeout_ms, uint64_t waited_ms,
                        bool prune);

/* Takes what belongs to the origin from the handle; before the origin is given
 * back. */
void wsub_http_call_unset(struct wsub_http_call *call);

/* What it came to.  Valid until the call begins anew. */
struct wsub_http_answer wsub_http_call_answer(struct wsub_http_call *call,
                                              CURLcode code);

#endif
