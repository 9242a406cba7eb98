#include "common/program/config_value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/base/mem.h"

#define SHOWN_MAX_BYTES 64
static const struct {
    const char *text;
    bool value;
} switches[] = {
    {"yes", true},
    {"on", true},
    {"no", false},
    {"off", false},
};

static bool parse_switch(const char *text, bool *ret_value)
{
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        if (strcmp(text, switches[i].text) == 0) {
            *ret_value = switches[i].value;
            return true;
        }
    }
    return false;
}

static bool parse_choice(const char *const *choices, const char *text,
                         unsigned *ret_index)
{
    for (unsigned i = 0; choices[i] != NULL; i++) {
        if (strcmp(text, choices[i]) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

void wsub_setting_free(const struct wsub_setting *setting, char *text)
{
    if (setting->secret && text != NULL)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

static bool set_text(const struct wsub_setting *setting, const char *text,
                     const char **reason, char **ret_text)
{
    if (!setting->check(text, reason))
        return false;
    wsub_setting_free(setting, *ret_text);
    *ret_text =
        setting->normal != NULL ? setting->normal(text) : wsub_strdup(text);
    return true;
}

static bool set(const struct wsub_setting *setting, const char *text,
                const char **reason, struct wsub_config *config)
{
    void *field = (char *)config + setting->offset;

    switch (setting->kind) {
    case WSUB_SETTING_NUMBER:
        return wsub_setting_number(text, setting->min, setting->max, field);
    case WSUB_SETTING_SWITCH:
        return parse_switch(text, field);
    case WSUB_SETTING_CHOICE:
        return parse_choice(setting->choices, text, field);
    case WSUB_SETTING_TEXT:
        return set_text(setting, text, reason, field);
    }
    wsub_panic("setting %s has no kind", setting->name);
}

void wsub_setting_print_range(const struct wsub_setting *setting,
                              struct wsub_buf *out)
{
    const char *const *choice = setting->choices;

    switch (setting->kind) {
    case WSUB_SETTING_NUMBER:
        wsub_buf_printf(out, "%u to %u", setting->min, setting->max);
        break;
    case WSUB_SETTING_SWITCH:
        wsub_buf_str(out,
                     setting->fallback[0] == 'o' ? "on or off" : "yes or no");
        break;
    case WSUB_SETTING_CHOICE:
        for (; *choice != NULL; choice++) {
            wsub_buf_str(out, *choice);
            if (choice[1] != NULL)
                wsub_buf_str(out, choice[2] != NULL ? ", " : " or ");
        }
        break;
    case WSUB_SETTING_TEXT:
        wsub_buf_str(out, setting->form);
        break;
    }
}

void wsub_setting_print_given(const char *text, struct wsub_buf *out)
{
    size_t len = strnlen(text, SHOWN_MAX_BYTES + 1);
    bool cut = len > SHOWN_MAX_BYTES;

    wsub_buf_char(out, '\'');
    for (size_t i = 0; i < (cut ? SHOWN_MAX_BYTES : len); i++) {
        unsigned char byte = (unsigned char)text[i];

        wsub_buf_char(out, byte < 0x20 || byte == 0x7f ? '?' : text[i]);
    }
    wsub_buf_str(out, cut ? "...'" : "'");
}

enum wsub_err wsub_setting_parse(const struct wsub_setting *setting,
                                 const char *origin, const char *text,
                                 struct wsub_config_draft *draft)
{
    struct wsub_buf message = {0};
    const char *reason = NULL;

    if (set(setting, text, &reason, &draft->config)) {
        draft->given[setting - wsub_settings] = true;
        return WSUB_OK;
    }
    wsub_buf_str(&message, origin);
    if (!setting->secret) {
        wsub_buf_char(&message, '=');
        wsub_setting_print_given(text, &message);
    }
    wsub_buf_printf(&message, " is not valid: %s (", setting->meaning);
    if (reason != NULL)
        wsub_buf_str(&message, reason);
    else
        wsub_setting_print_range(setting, &message);
    wsub_buf_char(&message, ')');
    snprintf(draft->err_text, WSUB_CONFIG_ERR_BYTES, "%s", message.data);
    wsub_buf_done(&message);
    return WSUB_ERR_INVALID;
}
