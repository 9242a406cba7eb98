/* show.h - commands of ctl that show one thing. */
#ifndef HUB_CTL_SHOW_H
#define HUB_CTL_SHOW_H

#include "hub/ctl/command.h"

enum hub_ctl_exit hub_ctl_show_subscription(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_show_topic(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_show_event(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_show_group(struct hub_ctl *ctl);

/* The hosts, a row for each process that sees it. */
enum hub_ctl_exit hub_ctl_hosts(struct hub_ctl *ctl);

#endif
