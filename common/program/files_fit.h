/* files_fit.h - fits the settings to the files that may be open at once.
 *
 * Of the limit, the process keeps descriptors for itself: for Redis (one a
 * shard and a few), its status server, the log, name servers.  What is left is
 * for strangers: connections to the hub, or connections to publishers and
 * subscribers.  Pure but for the log. */
#ifndef WSUB_PROGRAM_FILES_FIT_H
#define WSUB_PROGRAM_FILES_FIT_H

#include <stdint.h>

#include "common/base/config.h"
#include "common/base/err.h"

/* Lowers what the program does at once to `limit` open files, with one line in
 * the log.  WSUB_ERR_INVALID when the limit is too low to run at all; a sentence
 * is written to `err_text`. */
enum wsub_err wsub_files_fit(enum wsub_program program, uint32_t limit,
                             struct wsub_config *config,
                             char err_text[256]) WSUB_MUST_CHECK;

#endif
