#include "hub/ctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *hub_ctl_value(const struct hub_ctl *ctl, const char *name)
{
    const struct hub_ctl_option *options = ctl->command->options;

    for (size_t i = 0; options[i].name != NULL; i++)
        if (strcmp(options[i].name, name) == 0)
            return ctl->values[i];
    return NULL;
}

bool hub_ctl_read_number(const char *text, const char *what, long long least,
                         long long most, long long *ret_number)
{
    long long number = strtoll(text, NULL, 10);

    if (text[0] != '\0' && text[strspn(text, "0123456789")] == '\0' &&
        number >= least && number <= most) {
        *ret_number = number;
        return true;
    }
    fprintf(
        stderr,
        "websub-hub ctl: %s wants a number from %lld to %lld, not '%.100s'.\n",
        what, least, most, text);
    return false;
}

bool hub_ctl_number(const struct hub_ctl *ctl, const char *name,
                    long long least, long long most, long long *ret_number)
{
    const char *text = hub_ctl_value(ctl, name);
    char what[32];

    snprintf(what, sizeof(what), "--%s", name);
    return text == NULL ||
           hub_ctl_read_number(text, what, least, most, ret_number);
}
