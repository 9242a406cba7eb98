#include "common/http/client_stats.h"

#define REFUSED                                                                \
    "websubd_http_requests_refused_total",                                     \
        "Requests to callbacks and topics that were not sent, by reason"

struct wsub_metric wsub_http_client_stats[WSUB_HTTP_CLIENT_STAT_MAX_] = {
    [WSUB_HTTP_CLIENT_STAT_CUT] = {"websubd_http_responses_cut_total",
                                   "Responses of callbacks and topics that "
                                   "were cut since too many bytes came",
                                   WSUB_COUNTER, NULL, 0},
    [WSUB_HTTP_CLIENT_STAT_ADDRESS] = {REFUSED, WSUB_COUNTER,
                                       "reason=\"address\"", 0},
    [WSUB_HTTP_CLIENT_STAT_PORT] = {REFUSED, WSUB_COUNTER, "reason=\"port\"",
                                    0},
    [WSUB_HTTP_CLIENT_STAT_CROWDED] = {REFUSED, WSUB_COUNTER,
                                       "reason=\"address-full\"", 0},
};
