#include "spreader/fetch_limits.h"

#include "common/base/config.h"
#include "common/http/client.h"

/* Beyond those under way, of publishers that have not responded for a second.
 * With the other files of a process below 1,024, a common limit. */
#define LINGERING_MAX 512

static uint32_t least(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

uint32_t spread_requests_max(const struct wsub_config *config)
{
    uint32_t most = SPREAD_FETCHES_MAX + LINGERING_MAX;

    return config->max_sockets == 0
               ? most
               : least(most,
                       wsub_http_client_requests_max(config->max_sockets));
}

uint32_t spread_fetches_max(const struct wsub_config *config)
{
    return least(SPREAD_FETCHES_MAX, spread_requests_max(config));
}
