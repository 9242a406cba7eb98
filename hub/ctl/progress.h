/* progress.h - commands of ctl that wait for something, with a bar. */
#ifndef HUB_CTL_PROGRESS_H
#define HUB_CTL_PROGRESS_H

#include "hub/ctl/command.h"

/* HUB_CTL_REFUSED when it was cancelled. */
enum hub_ctl_exit hub_ctl_replay(struct hub_ctl *ctl);

/* While it moves the hub may not respond for some seconds. */
enum hub_ctl_exit hub_ctl_reshard(struct hub_ctl *ctl);

/* Draws a bar on standard error, over itself on a terminal. */
void hub_ctl_bar(const char *what, int percent, const char *detail);

/* Ends the line of the bar. */
void hub_ctl_bar_end(void);

#endif
