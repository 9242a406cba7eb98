/* config_value.c - from text to a field.
 *
 * What a user wrote is shown in a message only if the setting is no secret,
 * cut and without control characters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/base/config_table.h"
#include "common/base/mem.h"
#include "common/http/url.h"
#include "common/redis/redis_url.h"

#define SHOWN_MAX_BYTES 64
#define PORT_MAX 65535
#define SERVERS_MAX 8
#define PATTERNS_MAX_BYTES 4096
#define SOCKET_PATH_MAX_BYTES 107 /* sun_path of a sockaddr_un */

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const struct {
    const char *word;
    bool value;
} switches[] = {
    {"yes", true},
    {"on", true},
    {"no", false},
    {"off", false},
};

/* Reads a plain decimal number: no sign, no space, nothing behind it. */
static bool parse_number(const char *text, uint32_t min, uint32_t max,
                         uint32_t *ret_number)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        number = number * 10 + (uint64_t)(*text - '0');
        if (number > max)
            return false;
    }
    *ret_number = (uint32_t)number;
    return number >= min;
}

static bool parse_switch(const char *text, bool *ret_value)
{
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        if (strcmp(text, switches[i].word) == 0) {
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

static bool set_text(const struct wsub_setting *setting, const char *text,
                     const char **reason, char **ret_text)
{
    if (!setting->check(text, reason))
        return false;
    free(*ret_text);
    *ret_text = wsub_strdup(text);
    return true;
}

static bool set(const struct wsub_setting *setting, const char *text,
                const char **reason, struct wsub_config *config)
{
    void *field = (char *)config + setting->offset;

    switch (setting->kind) {
    case WSUB_SETTING_NUMBER:
        return parse_number(text, setting->min, setting->max, field);
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

/* Adds ='VALUE', fit for a message. */
static void print_value(struct wsub_buf *out, const char *text)
{
    size_t len = strnlen(text, SHOWN_MAX_BYTES + 1);
    bool cut = len > SHOWN_MAX_BYTES;

    wsub_buf_str(out, "='");
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
    if (!setting->secret)
        print_value(&message, text);
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

bool wsub_setting_is_redis_url(const char *text, const char **reason)
{
    struct wsub_redis_url url;

    return wsub_redis_url_parse(text, reason, &url) == WSUB_OK;
}

bool wsub_setting_is_public_url(const char *text, const char **reason)
{
    enum wsub_url_fault fault;
    struct wsub_url url;

    if (text[0] == '\0')
        return true;
    fault = wsub_url_parse(text, NULL, &url);
    if (fault != WSUB_URL_FINE && fault != WSUB_URL_NOT_HTTP)
        *reason = wsub_url_fault_text(fault);
    return fault == WSUB_URL_FINE;
}

/* True for `min` to `max` bytes out of `chars`. */
static bool is_made_of(const char *text, const char *chars, size_t min,
                       size_t max)
{
    size_t len = strlen(text);

    return len >= min && len <= max && strspn(text, chars) == len;
}

bool wsub_setting_is_prefix(const char *text, const char **reason)
{
    (void)reason;
    return is_made_of(text, ALNUM "_-.:", 1, 64);
}

bool wsub_setting_is_name(const char *text, const char **reason)
{
    (void)reason;
    return is_made_of(text, ALNUM "._-", 0, 128);
}

static bool is_listen_host(const char *host)
{
    size_t len = strlen(host);
    char inner[INET6_ADDRSTRLEN];
    struct in6_addr v6;

    if (host[0] != '[')
        return is_made_of(host, ALNUM "._-", 1, 253);
    if (len < 2 || host[len - 1] != ']' || len - 2 >= sizeof(inner))
        return false;
    memcpy(inner, host + 1, len - 2);
    inner[len - 2] = '\0';
    return inet_pton(AF_INET6, inner, &v6) == 1;
}

bool wsub_setting_is_listen(const char *text, const char **reason)
{
    const char *colon = strrchr(text, ':');
    uint32_t port;
    char *host;
    bool fine;

    (void)reason;
    if (strncmp(text, "unix:", 5) == 0)
        return text[5] != '\0' && strlen(text + 5) <= SOCKET_PATH_MAX_BYTES;
    if (colon == NULL || !parse_number(colon + 1, 0, PORT_MAX, &port))
        return false;
    host = wsub_memdup(text, (size_t)(colon - text));
    fine = is_listen_host(host);
    free(host);
    return fine;
}

bool wsub_setting_is_listen_or_empty(const char *text, const char **reason)
{
    return text[0] == '\0' || wsub_setting_is_listen(text, reason);
}

bool wsub_setting_is_token(const char *text, const char **reason)
{
    size_t len = strlen(text);

    (void)reason;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] >= 0x7f)
            return false;
    return len <= 256;
}

bool wsub_setting_is_path(const char *text, const char **reason)
{
    (void)reason;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

bool wsub_setting_is_patterns(const char *text, const char **reason)
{
    return strlen(text) <= PATTERNS_MAX_BYTES &&
           wsub_setting_is_path(text, reason);
}

/* An address, with or without a port; IPv6 with one needs brackets. */
static bool is_server(const char *text)
{
    const char *colon = strrchr(text, ':');
    struct in6_addr v6;
    struct in_addr v4;
    uint32_t port;
    char *host;
    bool fine;

    if (inet_pton(AF_INET, text, &v4) == 1 ||
        inet_pton(AF_INET6, text, &v6) == 1)
        return true;
    if (colon == NULL || !parse_number(colon + 1, 1, PORT_MAX, &port))
        return false;
    host = wsub_memdup(text, (size_t)(colon - text));
    fine = inet_pton(AF_INET, host, &v4) == 1 ||
           (host[0] == '[' && is_listen_host(host));
    free(host);
    return fine;
}

bool wsub_setting_is_servers(const char *text, const char **reason)
{
    unsigned count = 0;
    bool fine = true;

    (void)reason;
    while (fine && *text != '\0') {
        size_t len = strcspn(text, ",");
        char *server = wsub_memdup(text, len);

        text += len;
        fine = is_server(server) && ++count <= SERVERS_MAX &&
               (*text == '\0' || text[1] != '\0');
        text += *text == ',';
        free(server);
    }
    return fine;
}
