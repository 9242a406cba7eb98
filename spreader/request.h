/* request.h - get a topic, wherever it redirects to.
 *
 *   start -> hop -> 301, 302, 303, 307, 308 -> hop ... -> on_response
 *
 * Each hop is a request of its own whose URL and address are checked like the
 * first one's; all of them together take no longer than timeout_ms.  A loop,
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
};

struct spread_response {
    enum spread_outcome outcome;
    long status;       /* of the last hop; 0 when none came */
    const char *error; /* a few words; "" for content and unchanged */
    const char *url;   /* of the last hop */

    /* Of content; a header that is missing, or longer than
     * SPREAD_HEADER_MAX_BYTES, is "". */
    const char *body;
    size_t body_len;
    const char *etag, *last_modified, *type;
    /* What its Link headers, then the content, say of its hubs and itself. */
    const struct wsub_relations *relations;
};

/* `response` is valid during the call, in which the request may be started
 * anew, or ended. */
typedef void spread_request_cb(const struct spread_response *response,
                               void *arg);

/* The pointers are borrowed and outlive the request, but for the strings, which
 * are copied; all of them but `url` may be NULL or "" for none. */
struct spread_request_options {
    struct wsub_http_client *client;
    const struct wsub_config *config;
    const char *public_url; /* of the hub, for the publisher to see */
    const char *url;
    const char *etag, *last_modified; /* validators */
    const char *source;               /* the URL that gave them; none: `url` */
    uint64_t subscribers; /* told to the publisher; 0 = none of its business */
    spread_request_cb *on_response; /* called once, later */
    void *arg;
};

/* Zeroed before the first use. */
struct spread_request {
    struct wsub_http_client *client;  /* borrowed; outlives the request */
    const struct wsub_config *config; /* borrowed; outlives the request */
    struct wsub_buf hops[SPREAD_REDIRECTS_MAX + 1]; /* owned; their URLs */
    unsigned count;                                 /* of them */
    uint64_t deadline_ms;
    struct wsub_buf agent, etag, modified, source; /* owned */
    struct curl_slist headers[3];                  /* point into the buffers */
    bool conditional; /* the last hop was sent validators */
    spread_request_cb *on_response;
    void *arg;
};

void spread_request_start(struct spread_request *r,
                          const struct spread_request_options *options);

/* Frees what it holds; not while it is under way. */
void spread_request_done(struct spread_request *r);

#endif
