/* config_load.c - gather the settings.
 *
 *   flags (read, not yet parsed) -> defaults -> file -> environment -> flags
 *
 * Each later source overwrites what an earlier one set; a bad value stops
 * wherever it stands, also where a later source would have overwritten it. */
#include "common/program/config_load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/files.h"
#include "common/base/mem.h"
#include "common/program/config_file.h"
#include "common/program/config_flags.h"
#include "common/program/config_help.h"
#include "common/program/config_table.h"
#include "common/program/config_try.h"
#include "common/program/config_value.h"
#include "common/program/files_fit.h"

#define HOST_PART_MAX_BYTES 64 /* of the default instance name */
#define VARIABLE_PREFIX "WEBSUB_"

/* Settings whose values are ordered: so many times the lower one is not above
 * the higher one. */
struct pair {
    const char *low, *high;
    uint32_t times;
};

static const struct pair pairs[] = {
    {"lease_min_s", "lease_max_s", 1},
    {"lease_min_s", "lease_default_s", 1},
    {"lease_default_s", "lease_max_s", 1},
    {"retry_base_ms", "retry_cap_ms", 1},
    {"connect_timeout_ms", "timeout_ms", 1},
    {"refuse_subscriptions_percent", "refuse_content_percent", 1},
    /* One heartbeat may be late. */
    {"heartbeat_interval_ms", "heartbeat_timeout_ms", 2},
    {"failure_notification_threshold", "max_consecutive_failures", 1},
};

static void apply_defaults(struct wsub_config_draft *draft)
{
    for (size_t i = 0; i < wsub_settings_count; i++) {
        const struct wsub_setting *setting = &wsub_settings[i];

        if (wsub_setting_parse(setting, setting->name, setting->fallback,
                               draft) != WSUB_OK)
            wsub_panic("default: %s", draft->err_text);
        draft->given[i] = false;
    }
}

/* The setting of NAME=VALUE; NULL when it is none of ours. */
static const struct wsub_setting *find_variable(const char *variable)
{
    size_t len = strcspn(variable, "=");
    char name[WSUB_SETTING_NAME_BYTES];

    for (size_t i = 0; i < wsub_settings_count; i++) {
        wsub_setting_variable(&wsub_settings[i], name);
        if (strlen(name) == len && memcmp(name, variable, len) == 0)
            return &wsub_settings[i];
    }
    return NULL;
}

static void warn_unknown(const char *variable)
{
    char *name = wsub_memdup(variable, strcspn(variable, "="));

    wsub_log_warn("unknown-variable", WSUB_KV("name", name));
    free(name);
}

static enum wsub_err apply_environment(char *const env[],
                                       struct wsub_config_draft *draft)
{
    enum wsub_err err = WSUB_OK;

    for (; *env != NULL && err == WSUB_OK; env++) {
        const struct wsub_setting *setting;
        char origin[WSUB_SETTING_NAME_BYTES];

        if (strncmp(*env, VARIABLE_PREFIX, strlen(VARIABLE_PREFIX)) != 0 ||
            strncmp(*env, "WEBSUB_CONFIG=", 14) == 0 ||
            strchr(*env, '=') == NULL)
            continue;
        setting = find_variable(*env);
        if (setting == NULL) {
            warn_unknown(*env);
            continue;
        }
        wsub_setting_variable(setting, origin);
        err = wsub_setting_parse(setting, origin, strchr(*env, '=') + 1, draft);
    }
    return err;
}

/* The file's path; "" when there is none. */
static const char *find_file(const struct wsub_config_flags *flags,
                             char *const env[])
{
    if (flags->file != NULL)
        return flags->file;
    for (; *env != NULL; env++)
        if (strncmp(*env, "WEBSUB_CONFIG=", 14) == 0)
            return *env + 14;
    return "";
}

static uint32_t *number(struct wsub_config_draft *draft,
                        const struct wsub_setting *setting)
{
    void *field = (char *)&draft->config + setting->offset;

    return field;
}

/* Makes low <= high.  A default gives way to what the user set, so that one
 * who sets timeout_ms=1000 need not know of connect_timeout_ms. */
static enum wsub_err order_pair(const struct pair *pair,
                                struct wsub_config_draft *draft)
{
    const struct wsub_setting *low =
        wsub_setting_find(pair->low, strlen(pair->low));
    const struct wsub_setting *high =
        wsub_setting_find(pair->high, strlen(pair->high));
    uint32_t *low_value = number(draft, low);
    uint32_t *high_value = number(draft, high);

    if (*low_value <= *high_value / pair->times)
        return WSUB_OK;
    if (!draft->given[low - wsub_settings]) {
        *low_value = *high_value / pair->times;
        return WSUB_OK;
    }
    if (!draft->given[high - wsub_settings]) {
        *high_value = *low_value * pair->times;
        return WSUB_OK;
    }
    snprintf(draft->err_text, WSUB_CONFIG_ERR_BYTES,
             "%s%s=%u must not be above %s=%u",
             pair->times == 1 ? "" : "twice ", low->name, *low_value,
             high->name, *high_value);
    return WSUB_ERR_INVALID;
}

static enum wsub_err order_pairs(struct wsub_config_draft *draft)
{
    enum wsub_err err = WSUB_OK;

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (err == WSUB_OK)
            err = order_pair(&pairs[i], draft);
    return err;
}

/* Sets ROLE-HOST-PID, with '-' for what no name may hold. */
static void name_instance(enum wsub_program program, struct wsub_config *config)
{
    char host[HOST_PART_MAX_BYTES + 1] = "";
    struct wsub_buf name = {0};

    if (config->instance_name[0] != '\0')
        return;
    gethostname(host, sizeof(host) - 1);
    wsub_buf_printf(&name, "%s-%s-%d",
                    wsub_program_name(program) + strlen("websub-"), host,
                    (int)getpid());
    for (char *p = name.data; *p != '\0'; p++) {
        char c[2] = {*p, '\0'};

        if (!wsub_setting_is_name(c, NULL))
            *p = '-';
    }
    free(config->instance_name);
    config->instance_name = wsub_buf_take(&name);
}

static enum wsub_err gather(enum wsub_program program,
                            const struct wsub_config_flags *flags,
                            char *const env[], struct wsub_config_draft *draft)
{
    const char *file = find_file(flags, env);
    enum wsub_err err = WSUB_OK;

    apply_defaults(draft);
    if (file[0] != '\0')
        err = wsub_config_read_file(file, draft);
    if (err == WSUB_OK)
        err = apply_environment(env, draft);
    if (err == WSUB_OK)
        err = wsub_config_apply_flags(flags, draft);
    if (err == WSUB_OK)
        err = order_pairs(draft);
    if (err == WSUB_OK)
        name_instance(program, &draft->config);
    return err;
}

/* Does what --help and its like order; false when there is more to do. */
static bool obey(enum wsub_config_order order, enum wsub_program program,
                 FILE *out)
{
    switch (order) {
    case WSUB_ORDER_HELP:
        wsub_config_print_help(program, out);
        return true;
    case WSUB_ORDER_MARKDOWN:
        wsub_config_print_markdown(out);
        return true;
    case WSUB_ORDER_VERSION:
        fprintf(out, "%s %s\n", wsub_program_name(program), WSUB_VERSION);
        return true;
    case WSUB_ORDER_RUN:
    case WSUB_ORDER_CHECK:
        break;
    }
    return false;
}

/* What else would make a start fail here. */
static enum wsub_err check(enum wsub_program program,
                           struct wsub_config_draft *draft)
{
    enum wsub_err err = wsub_files_fit(program, wsub_files_raise(),
                                       &draft->config, draft->err_text);

    if (err == WSUB_OK)
        err = wsub_config_try(program, &draft->config, draft->err_text);
    return err;
}

enum wsub_err wsub_config_load(enum wsub_program program, int argc,
                               char *const argv[], char *const env[], FILE *out,
                               char err_text[512],
                               enum wsub_config_action *ret_action,
                               struct wsub_config *ret_config)
{
    struct wsub_config_draft draft = {.err_text = err_text};
    struct wsub_config_flags flags = {0};
    enum wsub_config_action action = WSUB_CONFIG_EXIT;
    enum wsub_err err;

    *ret_config = draft.config;
    draft.given = wsub_calloc(wsub_settings_count, sizeof(*draft.given));
    err = wsub_config_read_flags(argc, argv, err_text, &flags);
    if (err != WSUB_OK || obey(flags.order, program, out))
        goto finish;
    err = gather(program, &flags, env, &draft);
    if (err == WSUB_OK && flags.order == WSUB_ORDER_CHECK)
        err = check(program, &draft);
    if (err == WSUB_OK && flags.order == WSUB_ORDER_CHECK)
        fputs("configuration is valid\n", out);
    else
        action = WSUB_CONFIG_RUN;
finish:
    wsub_config_flags_done(&flags);
    free(draft.given);
    if (err == WSUB_OK)
        *ret_action = action;
    if (err == WSUB_OK && action == WSUB_CONFIG_RUN)
        *ret_config = draft.config;
    else
        wsub_config_done(&draft.config);
    return err;
}

void wsub_config_done(struct wsub_config *config)
{
    for (size_t i = 0; i < wsub_settings_count; i++) {
        void *field = (char *)config + wsub_settings[i].offset;

        if (wsub_settings[i].kind == WSUB_SETTING_TEXT)
            wsub_setting_free(&wsub_settings[i], *(char **)field);
    }
    *config = (struct wsub_config){0};
}
