/* arguments.h - the command line of ctl.
 *
 *   websub-hub ctl [OPTION...] COMMAND [WORD...] [OPTION...]
 *
 * Options begin with two dashes and may stand anywhere behind "ctl"; a value
 * follows as --name=value or --name value.  Behind "--" all are words. */
#ifndef HUB_CTL_ARGUMENTS_H
#define HUB_CTL_ARGUMENTS_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "hub/ctl/command.h"

struct hub_ctl_arguments {
    const struct hub_ctl_command *command; /* NULL: none was given */
    bool wants_help, as_json;
    const char *url, *token_file; /* NULL: not given */
    const char *words[HUB_CTL_WORDS_MAX];
    int word_count;
    const char *values[HUB_CTL_OPTIONS_MAX]; /* of the command's options */
};

/* Reads the arguments, of which the first is "ctl" and the last NULL; all is
 * borrowed from them and the set.  On failure one sentence is added to `err_text`,
 * and false returned. */
bool hub_ctl_arguments_read(const struct hub_ctl_set *set, char *const argv[],
                            struct hub_ctl_arguments *ret_arguments,
                            struct wsub_buf *err_text);

#endif
