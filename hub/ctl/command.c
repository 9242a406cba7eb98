#include "hub/ctl/command.h"

#include <string.h>

const char *hub_ctl_value(const struct hub_ctl *ctl, const char *name)
{
    const struct hub_ctl_option *options = ctl->command->options;

    for (size_t i = 0; options[i].name != NULL; i++)
        if (strcmp(options[i].name, name) == 0)
            return ctl->values[i];
    return NULL;
}
