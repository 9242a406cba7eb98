/* command.h - what a command of ctl is, and what it is given.
 *
 * commands.h has the table of all; help and the completions of shells are made
 * from it. */
#ifndef HUB_CTL_COMMAND_H
#define HUB_CTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "hub/ctl/exit.h"

#define HUB_CTL_OPTIONS_MAX 8 /* of a command, with the zero one */
#define HUB_CTL_WORDS_MAX 3

struct hub_ctl_option {
    const char *name;  /* without the dashes */
    const char *value; /* what it takes, for the help; NULL: a switch */
    const char *help;
    /* The parameter of a list's query that it is; NULL: the command knows. */
    const char *query;
    /* What it may be, separated by blanks, for completions; NULL: any text. */
    const char *choices;
};

struct hub_ctl;
struct hub_ctl_client;
struct hub_ctl_list;

struct hub_ctl_command {
    const char *name;
    const char *words; /* for the help, such as "TOPIC CALLBACK"; "" for none */
    int least, most;   /* how many of these there must and may be */
    const char *summary;
    enum hub_ctl_exit (*run)(struct hub_ctl *ctl);
    const struct hub_ctl_list *list; /* for hub_ctl_run_list(); else NULL */
    struct hub_ctl_option options[HUB_CTL_OPTIONS_MAX]; /* end with {0} */
};

/* All commands, and the options that each of them has; both end with one without a
 * name. */
struct hub_ctl_set {
    const struct hub_ctl_command *commands;
    const struct hub_ctl_option *options;
};

/* One run.  All is borrowed from the arguments or the environment. */
struct hub_ctl {
    const struct hub_ctl_set *set;
    const struct hub_ctl_command *command;
    struct hub_ctl_client *client;
    const char *words[HUB_CTL_WORDS_MAX];    /* NULL beyond those given */
    const char *values[HUB_CTL_OPTIONS_MAX]; /* as options; "" of a switch */
    bool as_json;
};

/* The value of the command's option, "" of a switch; NULL when it is not given. */
const char *hub_ctl_value(const struct hub_ctl *ctl, const char *name);

/* Reads decimal digits of a number from `least` (0 or more) to `most`.  On failure a
 * sentence that begins with `what` is written on standard error, and *ret_number
 * left alone. */
bool hub_ctl_read_number(const char *text, const char *what, long long least,
                         long long most, long long *ret_number);

/* Likewise of the command's option; left alone, too, when it is not given. */
bool hub_ctl_number(const struct hub_ctl *ctl, const char *name,
                    long long least, long long most, long long *ret_number);

#endif
