/* eviction.h - which connection makes way for a new one.
 *
 * Internal to the HTTP server.  A connection that waits for its client stands in
 * the list of what it waits for, the one that has waited longest first; one
 * whose request is handled stands in none, and is never closed.
 *
 * When a place is needed, those go first that lose least: whose last response has
 * been sent, then who has sent nothing, then who has sent half a request, then
 * who does not read.  But only a connection that has waited for a second is
 * chosen like that: else a flood of half-sent requests would close each new
 * connection before its first byte is there.  Where none has waited so long the
 * oldest goes, whatever it waits for; but none that has waited for less than a
 * tenth of a second, so that whoever is accepted can bring a request.  All of
 * it takes constant time. */
#ifndef WSUB_HTTP_EVICTION_H
#define WSUB_HTTP_EVICTION_H

#include <stdint.h>
#include <sys/queue.h>

#define WSUB_HTTP_WAIT_LEAST_MS 100

/* What a connection waits for, those that go first before the others. */
enum wsub_http_wait {
    WSUB_HTTP_WAIT_LINGERING, /* its client to close */
    WSUB_HTTP_WAIT_IDLE,      /* a request */
    WSUB_HTTP_WAIT_HALF_SENT, /* the rest of one */
    WSUB_HTTP_WAIT_STUCK,     /* its client to read a response */
    WSUB_HTTP_WAITS,
    WSUB_HTTP_WAIT_NONE = WSUB_HTTP_WAITS
};

/* Embedded in the connection; wsub_http_eviction_add() begins it. */
struct wsub_http_waiter {
    enum wsub_http_wait wait;
    uint64_t since_ms;
    TAILQ_ENTRY(wsub_http_waiter) next;
};

TAILQ_HEAD(wsub_http_waiters, wsub_http_waiter);

struct wsub_http_eviction {
    struct wsub_http_waiters lists[WSUB_HTTP_WAITS]; /* borrowed */
};

void wsub_http_eviction_init(struct wsub_http_eviction *eviction);

/* The waiter waits for this since then, at the end of the list; again for the
 * same since the same time changes nothing.  NONE: it waits no more. */
void wsub_http_eviction_set(struct wsub_http_eviction *eviction,
                            struct wsub_http_waiter *waiter,
                            enum wsub_http_wait wait, uint64_t since_ms);

/* The one that makes way; NULL when none has waited for WSUB_HTTP_WAIT_LEAST_MS.
 */
struct wsub_http_waiter *
wsub_http_eviction_next(const struct wsub_http_eviction *eviction,
                        uint64_t now_ms);

#endif
