/* order.h - commands of ctl that change one thing and say what came of it. */
#ifndef HUB_CTL_ORDER_H
#define HUB_CTL_ORDER_H

#include "hub/ctl/command.h"

enum hub_ctl_exit hub_ctl_pause(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_resume(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_due(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_test(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_delete(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_deliver_again(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_host_open(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_host_close(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_letters_replay(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_letters_purge(struct hub_ctl *ctl);
enum hub_ctl_exit hub_ctl_restart(struct hub_ctl *ctl);

#endif
