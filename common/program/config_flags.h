/* config_flags.h - the settings on the command line. */
#ifndef WSUB_PROGRAM_CONFIG_FLAGS_H
#define WSUB_PROGRAM_CONFIG_FLAGS_H

#include <stddef.h>

#include "common/base/err.h"
#include "common/program/config_value.h"

/* What a command line orders. */
enum wsub_config_order {
    WSUB_ORDER_RUN,
    WSUB_ORDER_CHECK,
    WSUB_ORDER_HELP,
    WSUB_ORDER_MARKDOWN,
    WSUB_ORDER_VERSION,
};

struct wsub_config_flags {
    enum wsub_config_order order; /* the last one given */
    const char *file; /* borrowed from argv; NULL without --config */
    struct {
        const struct wsub_setting *setting;
        const char *value; /* borrowed from argv */
    } * given;             /* owned; in the order given */
    size_t count;
};

/* Reads the command line; values are parsed by wsub_config_apply_flags(),
 * once the weaker sources are through.  Also after an error the caller ends
 * it by wsub_config_flags_done(). */
enum wsub_err
wsub_config_read_flags(int argc, char *const argv[],
                       char err_text[WSUB_CONFIG_ERR_BYTES],
                       struct wsub_config_flags *flags) WSUB_MUST_CHECK;
enum wsub_err
wsub_config_apply_flags(const struct wsub_config_flags *flags,
                        struct wsub_config_draft *draft) WSUB_MUST_CHECK;
void wsub_config_flags_done(struct wsub_config_flags *flags);

#endif
