/* program.h - the life of every program.
 *
 *   settings -> shards that Redis has -> loop -> worker -> status server -> run .. drain -> the reverse
 *       ^                                                               |
 *       '----------------- restart: the process executes itself again --'
 *
 * The worker is what the program is about: it is built on the loop, connects to
 * Redis by itself, and is told to drain on the first signal.  The status server
 * comes last, so that whoever sees it sees a built program. */
#ifndef WSUB_PROGRAM_PROGRAM_H
#define WSUB_PROGRAM_PROGRAM_H

#include <stdbool.h>

#include "common/base/config.h"
#include "common/base/err.h"
#include "common/http/status.h"
#include "common/program/startup.h"

struct wsub_loop;
struct wsub_store;

struct wsub_program_options {
    enum wsub_program program;

    /* Builds the worker, which is given to all that follow.  `config` and `loop`
     * outlive it.  On failure one sentence goes to `err_text`. */
    enum wsub_err (*make)(const struct wsub_config *config,
                          struct wsub_loop *loop, char err_text[256],
                          void **ret_worker);
    void (*free)(void *worker);

    /* The address of the status is known, "" for none; the loop runs next. */
    void (*start)(void *worker, const char *address);

    /* Stops taking work; the loop is finished when the last piece is done. */
    void (*drain)(void *worker);

    /* Whether the worker is ready, or why not, for its status.  NULL: it serves
     * none. */
    bool (*ready)(void *worker, char reason[WSUB_STATUS_REASON_BYTES]);
    wsub_http_handler *health; /* as in status.h; gets the worker */

    /* For a program with servers of its own: where they listen.  Else NULL. */
    void (*addresses)(const void *worker,
                      struct wsub_startup_addresses *ret_addresses);
};

/* All of main(): returns the exit code. */
int wsub_program_main(const struct wsub_program_options *options, int argc,
                      char *argv[]);

/* Whether a program is ready as far as its loop and Redis are concerned; else
 * writes why not to `reason`. */
bool wsub_program_ready(const struct wsub_loop *loop,
                        const struct wsub_store *store,
                        char reason[WSUB_STATUS_REASON_BYTES]);

#endif
