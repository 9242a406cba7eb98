#include "hub/pull/slots.h"

#include "hub/pull/shared.h"

#define OTHERS_MAX 64 /* connections that others keep */
#define OTHERS_PART 8 /* where there are few: one of so many */

bool hub_pull_may_wait(const struct hub_pull *pull)
{
    size_t all = pull->config->max_connections;
    size_t others = all / OTHERS_PART;

    if (others > OTHERS_MAX)
        others = OTHERS_MAX;
    return pull->waiting + pull->stream_count + others < all;
}
