#include "common/program/config_flags.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/program/config_table.h"
#include "common/program/config_value.h"

#define SHOWN_MAX_BYTES 64

static const struct {
    const char *flag;
    enum wsub_config_order order;
} orders[] = {
    {"--check-config", WSUB_ORDER_CHECK},
    {"--help", WSUB_ORDER_HELP},
    {"--help-markdown", WSUB_ORDER_MARKDOWN},
    {"--version", WSUB_ORDER_VERSION},
};

static bool find_order(const char *flag, enum wsub_config_order *ret_order)
{
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        if (strcmp(flag, orders[i].flag) == 0) {
            *ret_order = orders[i].order;
            return true;
        }
    }
    return false;
}

/* The setting of a flag; `len` bytes, without a value. */
static const struct wsub_setting *find_flag(const char *flag, size_t len)
{
    char name[WSUB_SETTING_NAME_BYTES];

    for (size_t i = 0; i < wsub_settings_count; i++) {
        wsub_setting_flag(&wsub_settings[i], name);
        if (strlen(name) == len && memcmp(name, flag, len) == 0)
            return &wsub_settings[i];
    }
    return NULL;
}

/* Says that there is no such flag, never what stands behind its '='. */
static enum wsub_err fail_unknown(const char *flag, size_t len, char *err_text)
{
    char *name = wsub_memdup(flag + 2, len - 2);
    const struct wsub_setting *guess;
    char guessed[WSUB_SETTING_NAME_BYTES];

    for (char *p = name; *p != '\0'; p++)
        if (*p == '-')
            *p = '_';
    guess = wsub_setting_guess(name);
    free(name);
    if (guess != NULL) {
        wsub_setting_flag(guess, guessed);
        snprintf(err_text, WSUB_CONFIG_ERR_BYTES,
                 "%.*s is no setting; did you mean %s?",
                 (int)(len < SHOWN_MAX_BYTES ? len : SHOWN_MAX_BYTES), flag,
                 guessed);
    } else {
        snprintf(err_text, WSUB_CONFIG_ERR_BYTES,
                 "%.*s is no setting; try --help",
                 (int)(len < SHOWN_MAX_BYTES ? len : SHOWN_MAX_BYTES), flag);
    }
    return WSUB_ERR_INVALID;
}

/* Finds the value of the flag at argv[*at]: behind its '=', or the next
 * argument, which is then skipped. */
static enum wsub_err find_value(int argc, char *const argv[], int *at,
                                char *err_text, const char **ret_value)
{
    const char *equals = strchr(argv[*at], '=');

    if (equals != NULL) {
        *ret_value = equals + 1;
        return WSUB_OK;
    }
    if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0) {
        snprintf(err_text, WSUB_CONFIG_ERR_BYTES,
                 "%s needs a value; try --help", argv[*at]);
        return WSUB_ERR_INVALID;
    }
    *ret_value = argv[++*at];
    return WSUB_OK;
}

/* Behind a secret's flag it may be the rest of the secret, which has a space
 * in it: then it is not shown. */
static enum wsub_err fail_flagless(const char *argument, int at,
                                   const struct wsub_config_flags *flags,
                                   char *err_text)
{
    struct wsub_buf shown = {0};

    if (flags->count == 0 || !flags->given[flags->count - 1].setting->secret) {
        wsub_setting_print_given(argument, &shown);
        wsub_buf_char(&shown, ' ');
    }
    snprintf(err_text, WSUB_CONFIG_ERR_BYTES,
             "argument %d %sbelongs to no flag; try --help", at,
             wsub_buf_cstr(&shown));
    wsub_buf_done(&shown);
    return WSUB_ERR_INVALID;
}

/* Reads the flag at argv[*at]. */
static enum wsub_err read_flag(int argc, char *const argv[], int *at,
                               char *err_text, struct wsub_config_flags *flags)
{
    const char *flag = argv[*at];
    size_t len = strcspn(flag, "=");
    const struct wsub_setting *setting;
    enum wsub_err err;

    if (find_order(flag, &flags->order))
        return WSUB_OK;
    if (strncmp(flag, "--", 2) != 0)
        return fail_flagless(flag, *at, flags, err_text);
    if (len == strlen("--config") && strncmp(flag, "--config", len) == 0)
        return find_value(argc, argv, at, err_text, &flags->file);
    setting = find_flag(flag, len);
    if (setting == NULL)
        return fail_unknown(flag, len, err_text);
    err =
        find_value(argc, argv, at, err_text, &flags->given[flags->count].value);
    if (err == WSUB_OK)
        flags->given[flags->count++].setting = setting;
    return err;
}

enum wsub_err wsub_config_read_flags(int argc, char *const argv[],
                                     char err_text[WSUB_CONFIG_ERR_BYTES],
                                     struct wsub_config_flags *flags)
{
    enum wsub_err err = WSUB_OK;

    flags->given = wsub_calloc((size_t)argc + 1, sizeof(*flags->given));
    for (int at = 1; at < argc && err == WSUB_OK; at++)
        err = read_flag(argc, argv, &at, err_text, flags);
    return err;
}

enum wsub_err wsub_config_apply_flags(const struct wsub_config_flags *flags,
                                      struct wsub_config_draft *draft)
{
    enum wsub_err err = WSUB_OK;

    for (size_t i = 0; i < flags->count && err == WSUB_OK; i++) {
        char origin[WSUB_SETTING_NAME_BYTES];

        wsub_setting_flag(flags->given[i].setting, origin);
        err = wsub_setting_parse(flags->given[i].setting, origin,
                                 flags->given[i].value, draft);
    }
    return err;
}

void wsub_config_flags_done(struct wsub_config_flags *flags)
{
    free(flags->given);
    *flags = (struct wsub_config_flags){0};
}
