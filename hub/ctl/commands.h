/* commands.h - the table of all commands of ctl. */
#ifndef HUB_CTL_COMMANDS_H
#define HUB_CTL_COMMANDS_H

#include "hub/ctl/command.h"

extern const struct hub_ctl_set hub_ctl_set;

#endif
