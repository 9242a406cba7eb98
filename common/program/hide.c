/* hide.c - see hide.h.
 *
 * The bytes that /proc shows are where the kernel has put them at the start:
 * they are overwritten in place, and the pointers of the copies take the places
 * of the old ones when the program is executed again. */
#include "common/program/hide.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <openssl/crypto.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/program/config_table.h"

struct text {
    char **place; /* in argv; NULL: it was in the environment */
    char *copy;   /* owned until it is put back */
};

struct wsub_hidden {
    char **env;         /* borrowed */
    struct text *texts; /* owned */
    size_t count, capacity;
};

static bool begins_with(const char *text, const char *name)
{
    return strncmp(text, name, strlen(name)) == 0;
}

static void keep(struct wsub_hidden *hidden, char **place, char *text)
{
    if (hidden->count == hidden->capacity) {
        hidden->capacity += 8;
        hidden->texts = wsub_realloc(hidden->texts,
                                     hidden->capacity * sizeof(*hidden->texts));
    }
    hidden->texts[hidden->count++] = (struct text){place, wsub_strdup(text)};
}

/* Whether VARIABLE=VALUE is that of a secret. */
static bool is_secret_variable(const char *text)
{
    char variable[WSUB_SETTING_NAME_BYTES];

    for (size_t i = 0; i < wsub_settings_count; i++) {
        if (!wsub_settings[i].secret)
            continue;
        wsub_setting_variable(&wsub_settings[i], variable);
        if (begins_with(text, variable) && text[strlen(variable)] == '=')
            return true;
    }
    return false;
}

static void hide_environment(struct wsub_hidden *hidden)
{
    char **kept = hidden->env;

    for (char **at = hidden->env; *at != NULL; at++) {
        if (!is_secret_variable(*at)) {
            *kept++ = *at;
            continue;
        }
        keep(hidden, NULL, *at);
        OPENSSL_cleanse(*at, strlen(*at));
    }
    *kept = NULL;
}

/* The value of a secret's flag, in the flag's own argument or the next one. */
static char **find_value(char **at, char **ret_value)
{
    char flag[WSUB_SETTING_NAME_BYTES];

    for (size_t i = 0; i < wsub_settings_count; i++) {
        size_t len;

        if (!wsub_settings[i].secret)
            continue;
        wsub_setting_flag(&wsub_settings[i], flag);
        len = strlen(flag);
        if (!begins_with(*at, flag))
            continue;
        if ((*at)[len] == '=') {
            *ret_value = *at + len + 1;
            return at;
        }
        if ((*at)[len] == '\0' && at[1] != NULL) {
            *ret_value = at[1];
            return at + 1;
        }
    }
    return NULL;
}

static void hide_arguments(struct wsub_hidden *hidden, char *argv[])
{
    for (char **at = argv; *at != NULL; at++) {
        char *value;
        char **place = find_value(at, &value);

        if (place == NULL)
            continue;
        keep(hidden, place, *place);
        OPENSSL_cleanse(value, strlen(value));
        at = place;
    }
}

struct wsub_hidden *wsub_hide_settings(char *argv[], char *env[])
{
    struct wsub_hidden *hidden = wsub_calloc(1, sizeof(*hidden));

    hidden->env = env;
    hide_environment(hidden);
    hide_arguments(hidden, argv);
    return hidden;
}

void wsub_hidden_restore(struct wsub_hidden *hidden)
{
    char **end = hidden->env;

    while (*end != NULL)
        end++;
    for (size_t i = 0; i < hidden->count; i++) {
        if (hidden->texts[i].place != NULL)
            *hidden->texts[i].place = hidden->texts[i].copy;
        else
            *end++ = hidden->texts[i].copy;
    }
    *end = NULL;
    hidden->count = 0; /* the copies are in use */
}

void wsub_hidden_free(struct wsub_hidden *hidden)
{
    if (hidden == NULL)
        return;
    for (size_t i = 0; i < hidden->count; i++) {
        char *copy = hidden->texts[i].copy;

        OPENSSL_cleanse(copy, strlen(copy));
        free(copy);
    }
    free(hidden->texts);
    free(hidden);
}

void wsub_hide_memory(const struct wsub_config *config)
{
    struct rlimit core;

    if (config->core_dumps)
        return;
#ifndef __SANITIZE_ADDRESS__ /* its leak check traces the process */
    if (prctl(PR_SET_DUMPABLE, 0) != 0)
        wsub_log_warn("memory-not-hidden", WSUB_KV("why", strerror(errno)));
#endif
    if (getrlimit(RLIMIT_CORE, &core) == 0) {
        core.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &core);
    }
}
