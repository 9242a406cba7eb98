#include "hub/ctl/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/ctl/arguments.h"
#include "hub/ctl/commands.h"
#include "hub/ctl/exit.h"
#include "hub/ctl/request.h"

#define URL_DEFAULT "http://127.0.0.1:8080"

static void print_options(const struct hub_ctl_option *options)
{
    for (; options->name != NULL; options++) {
        struct wsub_buf name = {0};

        wsub_buf_printf(&name, "--%s%s%s", options->name,
                        options->value != NULL ? "=" : "",
                        options->value != NULL ? options->value : "");
        printf("  %-22s %s\n", name.data, options->help);
        wsub_buf_done(&name);
    }
}

static void print_help(void)
{
    puts("Usage: websub-hub ctl [OPTION...] COMMAND [WORD...] [OPTION...]\n\n"
         "A client of the admin API of a running hub.\n\nCommands:");
    for (const struct hub_ctl_command *c = hub_ctl_set.commands;
         c->name != NULL; c++)
        printf("  %-22s %s\n", c->name, c->summary);
    puts("\nOptions (COMMAND --help tells those of a command):");
    print_options(hub_ctl_set.options);
    puts("\nExit code: 0 done, 1 the hub refused, 2 wrong command line or a "
         "file\n"
         "that can't be read, 3 no response, 4 done and something is wrong\n"
         "(status, health), 5 interrupted.");
}

static void print_command_help(const struct hub_ctl_command *command)
{
    printf("Usage: websub-hub ctl %s %s\n\n%c%s.\n\nOptions:\n", command->name,
           command->words, command->summary[0] & ~0x20, command->summary + 1);
    print_options(command->options);
    print_options(hub_ctl_set.options);
}

static const char *or_variable(const char *given, const char *variable,
                               const char *otherwise)
{
    const char *value = getenv(variable);

    if (given != NULL)
        return given;
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

static int run(const struct hub_ctl_arguments *arguments)
{
    struct hub_ctl ctl = {.set = &hub_ctl_set,
                          .command = arguments->command,
                          .as_json = arguments->as_json};
    int exit_code;

    ctl.client = hub_ctl_client_new(
        or_variable(arguments->url, "WEBSUB_CTL_URL", URL_DEFAULT),
        or_variable(arguments->token_file, "WEBSUB_CTL_TOKEN_FILE", NULL));
    if (ctl.client == NULL)
        return HUB_CTL_USAGE;
    memcpy(ctl.words, arguments->words, sizeof(ctl.words));
    memcpy(ctl.values, arguments->values, sizeof(ctl.values));
    exit_code = (int)ctl.command->run(&ctl);
    hub_ctl_client_free(ctl.client);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("websub-hub ctl: standard output");
        return HUB_CTL_REFUSED;
    }
    return exit_code;
}

int hub_ctl_main(char *argv[])
{
    struct hub_ctl_arguments arguments;
    struct wsub_buf err_text = {0};
    bool is_valid =
        hub_ctl_arguments_read(&hub_ctl_set, argv, &arguments, &err_text);

    if (!is_valid)
        fprintf(stderr, "websub-hub ctl: %s\nTry `websub-hub ctl --help`.\n",
                err_text.data);
    wsub_buf_done(&err_text);
    if (!is_valid)
        return HUB_CTL_USAGE;
    if (!arguments.wants_help)
        return run(&arguments);
    if (arguments.command != NULL)
        print_command_help(arguments.command);
    else
        print_help();
    return HUB_CTL_DONE;
}
