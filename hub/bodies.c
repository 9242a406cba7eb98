#include "hub/bodies.h"

#include "common/base/log.h"
#include "hub/stats.h"

/* Half of the budget must be free before it counts as full no more, so that
 * the log does not follow every body. */
static bool is_calm(const struct wsub_http_load *load)
{
    return load->waiting == 0 && load->used_bytes <= load->max_bytes / 2;
}

void hub_bodies_note(struct hub_bodies *bodies,
                     const struct wsub_http_load *load)
{
    wsub_metric_set(&hub_stats[HUB_STAT_BODY_BYTES], load->used_bytes);
    wsub_metric_set(&hub_stats[HUB_STAT_BODIES_WAITING], load->waiting);
    wsub_metric_set(&hub_stats[HUB_STAT_BODIES_WAITED], load->waited);
    if (!bodies->full && load->waiting > 0) {
        bodies->full = true;
        bodies->waited = load->waited - load->waiting;
        wsub_log_warn("bodies-wait",
                      WSUB_KU("max_inflight_bytes", load->max_bytes),
                      WSUB_KU("used_bytes", load->used_bytes));
    } else if (bodies->full && is_calm(load)) {
        bodies->full = false;
        wsub_log_info("bodies-wait-no-more",
                      WSUB_KU("waited", load->waited - bodies->waited));
    }
}
