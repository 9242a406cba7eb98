/* config_table.h - one row for each setting; inside common/base/config*.c.
 *
 *   config_table.c  the rows, and how one is found
 *   config_value.c  text -> field of struct wsub_config
 *   config_file.c   the INI file
 *   config_help.c   --help and docs/CONFIG.md
 *   config_flags.c  the command line
 *   config.c        environment, order of precedence, cross-checks
 *
 * A new setting is a field of struct wsub_config and a row of the table; the
 * field's type picks the parser. */
#ifndef WSUB_BASE_CONFIG_TABLE_H
#define WSUB_BASE_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/base/config.h"

#define WSUB_CONFIG_ERR_BYTES 512

enum wsub_setting_kind {
    WSUB_SETTING_TEXT,   /* char * */
    WSUB_SETTING_NUMBER, /* uint32_t, from `min` to `max` */
    WSUB_SETTING_SWITCH, /* bool: yes, on; no, off */
    WSUB_SETTING_CHOICE, /* an enum; its values index `choices` */
};

/* True when a text is fine.  May set *reason, a constant phrase that takes
 * the place of the row's `form` in the message. */
typedef bool wsub_setting_check(const char *text, const char **reason);

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
    const char *form;           /* texts: what `check` asks for */
    bool secret;                /* never show a value that a user gave */
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

/* Adds which values are valid: "1 to 65536". */
void wsub_setting_print_range(const struct wsub_setting *setting,
                              struct wsub_buf *out);

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

/* Parses every key of the file; the first source after the defaults. */
enum wsub_err
wsub_config_read_file(const char *path,
                      struct wsub_config_draft *draft) WSUB_MUST_CHECK;

/* What a command line asks for. */
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

void wsub_config_print_help(enum wsub_program program, FILE *out);

/* The checks of the table's texts. */
wsub_setting_check wsub_setting_is_redis_url, wsub_setting_is_public_url,
    wsub_setting_is_prefix, wsub_setting_is_name, wsub_setting_is_listen,
    wsub_setting_is_listen_or_empty, wsub_setting_is_token,
    wsub_setting_is_path, wsub_setting_is_patterns, wsub_setting_is_servers;

#endif
