#include "hub/ctl/arguments.h"

#include <string.h>

struct reading {
    const struct hub_ctl_set *set;
    struct hub_ctl_arguments *into;
    struct wsub_buf *err_text;
    char *const *next; /* argument; NULL at the end */
};

/* Where the value of an option goes: NULL for one that there is not. */
static const struct hub_ctl_option *find(const struct hub_ctl_option *options,
                                         const char *name, size_t len,
                                         size_t *ret_place)
{
    for (size_t i = 0; options[i].name != NULL; i++) {
        if (strlen(options[i].name) != len ||
            strncmp(options[i].name, name, len) != 0)
            continue;
        *ret_place = i;
        return &options[i];
    }
    return NULL;
}

static void set_common(struct hub_ctl_arguments *arguments, const char *name,
                       const char *value)
{
    if (strcmp(name, "url") == 0)
        arguments->url = value;
    else if (strcmp(name, "token-file") == 0)
        arguments->token_file = value;
    else if (strcmp(name, "json") == 0)
        arguments->as_json = true;
    else
        arguments->wants_help = true;
}

/* The value behind '=', or the next argument; NULL when there is none. */
static const char *take_value(struct reading *reading, const char *equals)
{
    if (equals != NULL)
        return equals + 1;
    return *reading->next != NULL ? *reading->next++ : NULL;
}

static bool take_option(struct reading *reading, const char *argument)
{
    struct hub_ctl_arguments *into = reading->into;
    const char *name = argument + 2, *equals = strchr(name, '=');
    size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
    size_t place = 0;
    const struct hub_ctl_option *option =
        find(reading->set->options, name, len, &place);
    bool is_common = option != NULL;
    const char *value = "";

    if (option == NULL && into->command != NULL)
        option = find(into->command->options, name, len, &place);
    if (option == NULL) {
        wsub_buf_printf(reading->err_text, "There is no option %.*s%s%s.",
                        (int)len + 2, argument,
                        into->command != NULL ? " of " : "",
                        into->command != NULL ? into->command->name : "");
        return false;
    }
    if (option->value == NULL && equals != NULL) {
        wsub_buf_printf(reading->err_text, "--%s takes no value.",
                        option->name);
        return false;
    }
    if (option->value != NULL)
        value = take_value(reading, equals);
    if (value == NULL) {
        wsub_buf_printf(reading->err_text, "--%s wants %s.", option->name,
                        option->value);
        return false;
    }
    if (is_common)
        set_common(into, option->name, value);
    else
        into->values[place] = value;
    return true;
}

static bool take_command(struct reading *reading, const char *name)
{
    for (const struct hub_ctl_command *c = reading->set->commands;
         c->name != NULL; c++) {
        if (strcmp(c->name, name) != 0)
            continue;
        reading->into->command = c;
        return true;
    }
    wsub_buf_printf(reading->err_text, "There is no command %.100s.", name);
    return false;
}

static bool take_word(struct reading *reading, const char *word)
{
    struct hub_ctl_arguments *into = reading->into;

    if (into->command == NULL)
        return take_command(reading, word);
    if (into->word_count == into->command->most) {
        wsub_buf_printf(reading->err_text, "%.100s is one too many: %s takes",
                        word, into->command->name);
        wsub_buf_printf(reading->err_text, " %s.",
                        into->command->most > 0 ? into->command->words
                                                : "nothing");
        return false;
    }
    into->words[into->word_count++] = word;
    return true;
}

static bool take_all(struct reading *reading)
{
    bool only_words = false;

    while (*reading->next != NULL) {
        const char *argument = *reading->next++;
        bool is_option = !only_words && strncmp(argument, "--", 2) == 0;

        if (is_option && argument[2] == '\0')
            only_words = true;
        else if (is_option ? !take_option(reading, argument)
                           : !take_word(reading, argument))
            return false;
    }
    return true;
}

bool hub_ctl_arguments_read(const struct hub_ctl_set *set, char *const argv[],
                            struct hub_ctl_arguments *ret_arguments,
                            struct wsub_buf *err_text)
{
    struct reading reading = {set, ret_arguments, err_text, argv + 1};
    const struct hub_ctl_command *command;

    *ret_arguments = (struct hub_ctl_arguments){0};
    if (!take_all(&reading))
        return false;
    command = ret_arguments->command;
    if (ret_arguments->wants_help)
        return true;
    if (command == NULL) {
        wsub_buf_str(err_text, "No command is given.");
        return false;
    }
    if (ret_arguments->word_count < command->least) {
        wsub_buf_printf(err_text, "%s wants %s.", command->name,
                        command->words);
        return false;
    }
    return true;
}
