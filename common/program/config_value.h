/* config_value.h - from the text of a setting to its field.
 *
 * A message shows what a user wrote only if the setting is no secret, cut and
 * without control characters. */
#ifndef WSUB_PROGRAM_CONFIG_VALUE_H
#define WSUB_PROGRAM_CONFIG_VALUE_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/base/err.h"
#include "common/program/config_table.h"

#define WSUB_CONFIG_ERR_BYTES 512

/* Adds which values are valid: "1 to 65536". */
void wsub_setting_print_range(const struct wsub_setting *setting,
                              struct wsub_buf *out);

/* Adds what a user gave, in quotes and fit for a message. */
void wsub_setting_print_given(const char *text, struct wsub_buf *out);

/* The settings while they are gathered. */
struct wsub_config_draft {
    struct wsub_config config; /* its strings are owned */
    bool *given;    /* owned; for each row: a user set it, it is no default */
    char *err_text; /* borrowed; WSUB_CONFIG_ERR_BYTES */
};

/* Parses `text` into the setting's field.  `origin` names it in the sentence
 * that says what is wrong: WEBSUB_PER_HOST, or websubd.ini:3: per_host. */
enum wsub_err
wsub_setting_parse(const struct wsub_setting *setting, const char *origin,
                   const char *text,
                   struct wsub_config_draft *draft) WSUB_MUST_CHECK;

/* Frees the text of the setting; one that is secret is wiped. */
void wsub_setting_free(const struct wsub_setting *setting, char *text);

#endif
