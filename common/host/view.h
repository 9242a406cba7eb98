/* view.h - how the hosts do, for people. */
#ifndef WSUB_HOST_VIEW_H
#define WSUB_HOST_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/host/breaker.h"
#include "common/http/url.h"

#define WSUB_HOST_FAILURE_BYTES 32

struct wsub_hosts;

struct wsub_host_view {
    char host[sizeof(((struct wsub_url *)NULL)->host) + 20];
    enum wsub_breaker_state breaker;
    uint64_t closed_ms;        /* so long nothing is sent; 0: it is */
    bool is_asked;             /* the server named that time */
    uint32_t failures;         /* in a row, while its breaker is closed */
    uint32_t openings;         /* of the breaker, since it was closed */
    uint32_t limit, limit_max; /* requests at once */
    uint32_t sending, lingering, waiting; /* requests */
    bool is_parked;                       /* jobs for it wait in Redis */
    uint32_t failing;                     /* of its endpoints in use */
    uint64_t latency_us; /* what a response takes; 0: none has come */
    bool was_good;       /* a good response came, that long ago: */
    uint64_t good_ms;
    bool is_failing; /* its last request did, and so long none succeeded: */
    uint64_t failing_ms;
    char failure[WSUB_HOST_FAILURE_BYTES]; /* the last one; "": none yet */
};

/* Writes at most `max` hosts, the troubled first, then those with most requests;
 * returns how many.  Of those that are not in use the last some thousand are looked
 * at. */
size_t wsub_hosts_view(const struct wsub_hosts *hosts,
                       struct wsub_host_view *ret_views, size_t max,
                       uint64_t now_us);

#endif
