/* config_try.h - what --check-config finds beyond the settings themselves: a
 * start that would fail on this machine. */
#ifndef WSUB_PROGRAM_CONFIG_TRY_H
#define WSUB_PROGRAM_CONFIG_TRY_H

#include "common/base/config.h"
#include "common/base/err.h"

/* Reads the file of keys, and listens for a moment, where `program` would.  An
 * address where a websubd program serves now is fine: it may be the one that is
 * to be started again.  On failure writes one sentence to `err_text`. */
enum wsub_err wsub_config_try(enum wsub_program program,
                              const struct wsub_config *config,
                              char err_text[256]) WSUB_MUST_CHECK;

#endif
