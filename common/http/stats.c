#include "common/http/stats.h"

#define REFUSED                                                                \
    "websubd_http_refused_total",                                              \
        "Connections and requests that the HTTP server refused itself",        \
        WSUB_COUNTER
#define CLOSED                                                                 \
    "websubd_http_closed_total",                                               \
        "Connections closed for a new one because there were "                 \
        "max_connections",                                                     \
        WSUB_COUNTER

struct wsub_metric wsub_http_stats[WSUB_HTTP_STAT_MAX_] = {
    [WSUB_HTTP_STAT_CONNECTIONS] = {"websubd_http_connections",
                                    "Connections of the HTTP server",
                                    WSUB_GAUGE, NULL, 0},
    [WSUB_HTTP_STAT_STREAMS] = {"websubd_http_streams",
                                "Connections of the HTTP server that stream",
                                WSUB_GAUGE, NULL, 0},
    [WSUB_HTTP_STAT_CLIENT_FULL] = {REFUSED, "reason=\"client_connections\"",
                                    0},
    [WSUB_HTTP_STAT_BAD_REQUEST] = {REFUSED, "reason=\"malformed\"", 0},
    [WSUB_HTTP_STAT_TOO_SLOW] = {REFUSED, "reason=\"slow\"", 0},
    [WSUB_HTTP_STAT_TOO_LARGE] = {REFUSED, "reason=\"large\"", 0},
    [WSUB_HTTP_STAT_CLOSED_LINGERING] = {CLOSED, "state=\"lingering\"", 0},
    [WSUB_HTTP_STAT_CLOSED_IDLE] = {CLOSED, "state=\"idle\"", 0},
    [WSUB_HTTP_STAT_CLOSED_HALF_SENT] = {CLOSED, "state=\"half_sent\"", 0},
    [WSUB_HTTP_STAT_CLOSED_STUCK] = {CLOSED, "state=\"stuck\"", 0},
};
