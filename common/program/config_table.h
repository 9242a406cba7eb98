/* config_table.h - one row for each setting.
 *
 *   config_load    environment, order of precedence, cross-checks
 *     config_flags   the command line
 *     config_file    the INI file
 *     config_help    --help and docs/CONFIG.md
 *       config_value   text -> field of struct wsub_config
 *         config_table   the rows, and how one is found
 *           config_checks  which texts are fine
 *
 * A new setting is a field of struct wsub_config and a row of the table; the
 * field's type picks the parser. */
#ifndef WSUB_PROGRAM_CONFIG_TABLE_H
#define WSUB_PROGRAM_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/config.h"
#include "common/program/config_checks.h"

enum wsub_setting_kind {
    WSUB_SETTING_TEXT,   /* char * */
    WSUB_SETTING_NUMBER, /* uint32_t, from `min` to `max` */
    WSUB_SETTING_SWITCH, /* bool: yes, on; no, off */
    WSUB_SETTING_CHOICE, /* an enum; its values index `choices` */
};

struct wsub_setting {
    const char *name; /* as in the file: redis_url */
    enum wsub_setting_kind kind;
    size_t offset;             /* of the field in struct wsub_config */
    const char *fallback;      /* the default, as a user would write it */
    const char *fallback_text; /* what to show instead of it, or NULL */
    unsigned programs;         /* bits of enum wsub_program */
    const char *meaning;       /* for messages, help and documents */

    uint32_t min, max;          /* numbers */
    const char *const *choices; /* choices; ends with NULL */
    wsub_setting_check *check;  /* texts */
    const char *form;           /* texts: what `check` wants */
    /* Texts: what is kept, owned by the caller; NULL: the text itself. */
    char *(*normal)(const char *text);
    bool secret; /* never show a value that a user gave */
};

extern const struct wsub_setting wsub_settings[];
extern const size_t wsub_settings_count;

/* The setting called `name` (`len` bytes), NULL when there is none. */
const struct wsub_setting *wsub_setting_find(const char *name, size_t len);

/* The setting whose name is at most two slips of the pen away, or NULL. */
const struct wsub_setting *wsub_setting_guess(const char *name);

/* Writes --redis-url, WEBSUB_REDIS_URL. */
#define WSUB_SETTING_NAME_BYTES 48
void wsub_setting_flag(const struct wsub_setting *setting,
                       char ret_flag[WSUB_SETTING_NAME_BYTES]);
void wsub_setting_variable(const struct wsub_setting *setting,
                           char ret_variable[WSUB_SETTING_NAME_BYTES]);

#endif
