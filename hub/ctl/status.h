/* status.h - the system on one screen, once or live. */
#ifndef HUB_CTL_STATUS_H
#define HUB_CTL_STATUS_H

#include "hub/ctl/command.h"

/* HUB_CTL_UNHEALTHY unless the system is healthy and no alert is active. */
enum hub_ctl_exit hub_ctl_status(struct hub_ctl *ctl);

/* Until it is interrupted. */
enum hub_ctl_exit hub_ctl_top(struct hub_ctl *ctl);

#endif
