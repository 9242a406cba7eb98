/* completion.h - completions for bash and zsh, made from the table of commands. */
#ifndef HUB_CTL_COMPLETION_H
#define HUB_CTL_COMPLETION_H

#include "hub/ctl/command.h"

enum hub_ctl_exit hub_ctl_completion(struct hub_ctl *ctl);

#endif
