/* request.h - get a topic, wherever it redirects to.
 *
 *   start -> hop -> 301, 302, 303, 307, 308 -> hop ... -> done
 *
 * Each hop is a request of its own whose URL and address are checked like the
 * first one's; all of them together take no longer than timeout_ms.  A loop,
 * or one redirect more than SPREAD_REDIRECTS_MAX, is a failure.  Validators
 * mean something to the URL alone that gave them, so only that one is asked
 * with them. */
#ifndef SPREADER_REQUEST_H
#define SPREADER_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "common/base/buf.h"

#define SPREAD_REDIRECTS_MAX 5

struct spreader;
struct wsub_http_response;
struct wsub_relations;

enum spread_outcome {
    SPREAD_CONTENT,
    SPREAD_UNCHANGED, /* 304 to validators */
    SPREAD_FAILED,    /* for now: not reached, too slow, 5xx, 408, 425, 429 */
    SPREAD_REFUSED,   /* any other answer, and redirects that lead nowhere */
    SPREAD_BLOCKED,   /* an address that is not allowed */
};

struct spread_answer {
    enum spread_outcome outcome;
    long status;       /* of the last hop; 0 when none came */
    const char *error; /* a few words; "" for content and unchanged */
    const char *url;   /* of the last hop */
    const struct wsub_http_response *http;
};

/* `answer` is valid during the call, in which the request may be started
 * anew. */
typedef void spread_request_cb(const struct spread_answer *answer, void *arg);

/* Zeroed before the first use. */
struct spread_request {
    struct spreader *s; /* borrowed; outlives the request */
    struct wsub_buf hops[SPREAD_REDIRECTS_MAX + 1]; /* owned; URLs asked */
    unsigned count;                                 /* of them */
    uint64_t deadline_ms;
    struct wsub_buf agent, etag, modified, source; /* owned */
    struct curl_slist headers[3];                  /* point into the buffers */
    bool conditional; /* the last hop was asked with validators */
    spread_request_cb *done;
    void *arg;
};

/* The strings are copied; all but the first may be NULL or "" for none. */
struct spread_request_options {
    const char *url;
    const char *etag, *modified; /* validators */
    const char *source;          /* URL that gave the validators; none: `url` */
    uint64_t subscribers; /* told to the publisher; 0 = none of its business */
    spread_request_cb *done; /* called once, later */
    void *arg;
};

void spread_request_start(struct spread_request *r, struct spreader *s,
                          const struct spread_request_options *options);

/* Frees what it holds; not while it is under way. */
void spread_request_done(struct spread_request *r);

/* Adds a header of the answer to `ret`, unless it is longer than 1,024
 * bytes. */
void spread_answer_header(const struct spread_answer *answer, const char *name,
                          struct wsub_buf *ret);

/* Adds the content's type to `ret`: application/octet-stream when it has none
 * that can be passed on. */
void spread_answer_type(const struct spread_answer *answer,
                        struct wsub_buf *ret);

/* Finds what the answer says of its hubs and itself: Link headers first, then
 * the content.  The caller ends `ret_found`. */
void spread_answer_relations(const struct spread_answer *answer,
                             struct wsub_relations *ret_found);

/* Adds the canonical URL, the first rel=self of these, to `ret`; nothing when
 * the answer has none. */
void spread_answer_self(const struct spread_answer *answer,
                        struct wsub_buf *ret);

#endif
