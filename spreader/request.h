/* request.h - get a topic, wherever it redirects to.
 *
 *   enter -> on_admitted -> send -> hop -> 301, 302, 303, 307, 308 -> enter, hop
 *      '-> BUSY               '-> leave                        '-> on_response
 *
 * Each hop is a request of its own whose URL and address are checked like the
 * first one's, and which enters its host (common/host/host.h) like it; all of
 * them together take no longer than timeout_ms, the time in queues left out.  A
 * host that takes no request for now is no failure: SPREAD_BUSY.  A loop,
 * or one redirect more than SPREAD_REDIRECTS_MAX, is a failure.  Validators
 * mean something to the URL alone that gave them, so only that one is sent
 * them. */
#ifndef SPREADER_REQUEST_H
#define SPREADER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "common/base/buf.h"
#include "common/host/host.h"

#define SPREAD_REDIRECTS_MAX 5
#define SPREAD_HEADER_MAX_BYTES 1024

struct wsub_config;
struct wsub_http_client;
struct wsub_relations;

enum spread_outcome {
    SPREAD_CONTENT,
    SPREAD_UNCHANGED, /* 304 to validators */
    SPREAD_FAILED,    /* for now: not reached, too slow, 5xx, 408, 425, 429 */
    SPREAD_REFUSED,   /* any other response, and redirects that lead nowhere */
    SPREAD_BLOCKED,   /* an address that is not allowed */
    /* A host takes no request now, or this process had no descriptor or memory
     * for one: nothing is known. */
    SPREAD_BUSY,
};

struct spread_response {
    enum spread_outcome outcome;
    long status;       /* of the last hop; 0 when none came */
    const char *error; /* a few words; "" for content and unchanged */
    const char *url;   /* of the last hop */
    /* When to come again: of SPREAD_BUSY, and of SPREAD_FAILED where the publisher
     * has said it (Retry-After); else 0. */
    uint64_t again_ms;

    /* Of content; a header that is missing, or longer than
     * SPREAD_HEADER_MAX_BYTES, is "". */
    const char *body;
    size_t body_len;
    const char *etag, *last_modified; /* "" unless they count, too */
    const char *type;
    /* What its Link headers, then the content, say of its hubs and itself. */
    const struct wsub_relations *relations;
};

/* `response` is valid during the call, in which the request may be started
 * anew, or ended. */
typedef void spread_request_cb(const struct spread_response *response,
                               void *arg);

/* The pointers are borrowed and outlive the request, but for the strings, which
 * are copied. */
struct spread_request_options {
    struct wsub_http_client *client;
    struct wsub_hosts *hosts;
    const struct wsub_config *config;
    const char *public_url; /* of the hub, for the publisher to see; or NULL */
    const char *url;
    bool did_well; /* the last time that it was requested */
    void (*on_admitted)(void *arg);
    void (*on_linger)(void *arg);   /* of the first hop that does; or NULL */
    spread_request_cb *on_response; /* called once, later */
    void *arg;
};

/* What makes a request conditional; all may be NULL or "" for none. */
struct spread_conditions {
    const char *etag, *last_modified; /* validators */
    const char *source; /* the URL that gave them; none: that of the request */
    uint64_t subscribers; /* told to the publisher; 0 = none of its business */
};

/* Zeroed before the first use. */
struct spread_request {
    struct spread_request_options o;
    struct wsub_host_ticket ticket;                 /* of the hop */
    struct wsub_buf hops[SPREAD_REDIRECTS_MAX + 1]; /* owned; their URLs */
    unsigned count;                                 /* of them */
    uint64_t deadline_ms, waits_since_ms;
    struct wsub_buf agent, etag, modified, source; /* owned */
    struct curl_slist headers[3];                  /* point into the buffers */
    bool conditional; /* the last hop was sent validators */
    bool abandoned;   /* no further hop is to be sent */
    bool lingers;
};

/* Asks the host for admission.  WSUB_HOST_ENTRY_NOW: the caller goes on with
 * spread_request_send() or _leave(); _WAIT: when on_admitted is called, unless
 * on_response is with SPREAD_BUSY; _OPEN: neither, and the caller may come again
 * after *ret_again_ms.  There are no others. */
enum wsub_host_entry
spread_request_enter(struct spread_request *r,
                     const struct spread_request_options *options,
                     uint64_t *ret_again_ms);

/* Sends what was admitted; `conditions` may be NULL. */
void spread_request_send(struct spread_request *r,
                         const struct spread_conditions *conditions);

/* Gives the admission back: nothing is sent. */
void spread_request_leave(struct spread_request *r);

/* Nobody waits for the response any more: what waits for a host gets SPREAD_BUSY
 * instead of its admission, what is sent its response. */
void spread_request_abandon(struct spread_request *r);

/* Frees what it holds; not while it is under way, unless client and hosts are
 * not used any more. */
void spread_request_done(struct spread_request *r);

#endif
