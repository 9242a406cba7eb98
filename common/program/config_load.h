/* config_load.h - fills in the settings of all programs, from one table.
 *
 * A setting is the flag --redis-url, the environment variable
 * WEBSUB_REDIS_URL and the key redis_url of the INI file that --config or
 * WEBSUB_CONFIG names.  The flag wins over the environment, the environment
 * over the file, the file over the default; defaults are parsed like the
 * user's values.  The programs share one key space: a setting of another
 * program is accepted, checked and ignored.  An unknown flag, an unknown key
 * of the file or a bad value is an error; an unknown WEBSUB_ variable is a
 * warning. */
#ifndef WSUB_PROGRAM_CONFIG_LOAD_H
#define WSUB_PROGRAM_CONFIG_LOAD_H

#include <stdio.h>

#include "common/base/config.h"
#include "common/base/err.h"

/* What a program does after its command line was read. */
enum wsub_config_action {
    WSUB_CONFIG_RUN,
    WSUB_CONFIG_EXIT, /* --help, --version, --check-config: done, exit 0 */
};

/* Reads argv, `env` (as environ) and the file into *ret_config.  Prints what
 * --help, --version or --check-config order on `out`.
 *
 * *ret_config is filled in for WSUB_CONFIG_RUN and left empty otherwise.  A
 * setting left at its default moves to agree with one that was set (timeout_ms
 * below the default connect_timeout_ms lowers the latter); two that were set
 * and contradict each other are an error.
 *
 * On an error returns WSUB_ERR_INVALID (WSUB_ERR_SYSTEM for a file that can't
 * be read), leaves *ret_config empty and writes one sentence for people to
 * `err_text`.  Warnings go to the log.  wsub_config_done() frees the strings.
 *
 * When `public_url` is not set it stays "" here: the hub fills it in once it
 * knows its port. */
enum wsub_err wsub_config_load(enum wsub_program program, int argc,
                               char *const argv[], char *const env[], FILE *out,
                               char err_text[512],
                               enum wsub_config_action *ret_action,
                               struct wsub_config *ret_config) WSUB_MUST_CHECK;

void wsub_config_done(struct wsub_config *config);

#endif
