/* startup.h - the first step of every program: settings, then the log. */
#ifndef WSUB_PROGRAM_STARTUP_H
#define WSUB_PROGRAM_STARTUP_H

#include <stdbool.h>

#include "common/base/config.h"

/* Loads the settings of `program` and sets up the log.  Returns true when the
 * program is to run; else *ret_exit is the exit code, and what there was to
 * say has been printed. */
bool wsub_startup(enum wsub_program program, int argc, char *const argv[],
                  struct wsub_config *ret_config, int *ret_exit);

/* Where a program listens; NULL: nowhere.  Borrowed. */
struct wsub_startup_addresses {
    const char *status;
    const char *own; /* what it is there for */
    const char
        *admin; /* its operators' API, where that has a place of its own */
};

/* Logs that `program` is built and about to run. */
void wsub_startup_done(enum wsub_program program,
                       const struct wsub_config *config,
                       const struct wsub_startup_addresses *addresses);

/* Says in one sentence on standard error why `program` can't start. */
void wsub_startup_failed(enum wsub_program program, const char *sentence);

#endif
