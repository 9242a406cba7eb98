/* stats.h - what the HTTP server counts, for /metrics: connections that were
 * refused, that stream, or that were closed for others, and requests that never reached a route.
 *
 * common/program registers it, once. */
#ifndef WSUB_HTTP_STATS_H
#define WSUB_HTTP_STATS_H

#include "common/base/metrics.h"

enum wsub_http_stat {
    WSUB_HTTP_STAT_CONNECTIONS, /* a gauge */
    WSUB_HTTP_STAT_STREAMS,     /* a gauge */
    WSUB_HTTP_STAT_CLIENT_FULL,
    WSUB_HTTP_STAT_BAD_REQUEST,
    WSUB_HTTP_STAT_TOO_SLOW,
    WSUB_HTTP_STAT_TOO_LARGE,
    /* Closed for a new one; in the order of enum wsub_http_wait. */
    WSUB_HTTP_STAT_CLOSED_LINGERING,
    WSUB_HTTP_STAT_CLOSED_IDLE,
    WSUB_HTTP_STAT_CLOSED_HALF_SENT,
    WSUB_HTTP_STAT_CLOSED_STUCK,
    WSUB_HTTP_STAT_MAX_
};

extern struct wsub_metric wsub_http_stats[WSUB_HTTP_STAT_MAX_];

#endif
