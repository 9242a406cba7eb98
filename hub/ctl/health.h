/* health.h - the health monitor's report, and new checks. */
#ifndef HUB_CTL_HEALTH_H
#define HUB_CTL_HEALTH_H

#include "hub/ctl/command.h"

/* HUB_CTL_UNHEALTHY when the report names an issue, or an fsck has left one. */
enum hub_ctl_exit hub_ctl_health(struct hub_ctl *ctl);

#endif
