/* client_stats.h - what the HTTP client counts, for /metrics. */
#ifndef WSUB_HTTP_CLIENT_STATS_H
#define WSUB_HTTP_CLIENT_STATS_H

#include "common/base/metrics.h"

enum wsub_http_client_stat {
    WSUB_HTTP_CLIENT_STAT_CUT,
    WSUB_HTTP_CLIENT_STAT_ADDRESS,
    WSUB_HTTP_CLIENT_STAT_PORT,
    WSUB_HTTP_CLIENT_STAT_CROWDED,
    WSUB_HTTP_CLIENT_STAT_MAX_
};

extern struct wsub_metric wsub_http_client_stats[WSUB_HTTP_CLIENT_STAT_MAX_];

#endif
