#include "common/program/startup.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/loop.h"
#include "common/program/config_load.h"

void wsub_startup_failed(enum wsub_program program, const char *sentence)
{
    fprintf(stderr, "%s: %s\n", wsub_program_name(program), sentence);
}

bool wsub_startup(enum wsub_program program, int argc, char *const argv[],
                  struct wsub_config *ret_config, int *ret_exit)
{
    enum wsub_config_action action;
    char err_text[512] = "";

    if (wsub_config_load(program, argc, argv, environ, stdout, err_text,
                         &action, ret_config) != WSUB_OK) {
        wsub_startup_failed(program, err_text);
        *ret_exit = WSUB_EXIT_START;
        return false;
    }
    if (action == WSUB_CONFIG_EXIT) {
        *ret_exit = WSUB_EXIT_OK;
        return false;
    }
    wsub_log_setup(ret_config->log_level, ret_config->log_format);
    return true;
}

void wsub_startup_done(enum wsub_program program,
                       const struct wsub_config *config, const char *address)
{
    wsub_log_info("started", WSUB_KV("program", wsub_program_name(program)),
                  WSUB_KV("version", WSUB_VERSION),
                  WSUB_KV("instance", config->instance_name));
    if (address != NULL)
        wsub_log_info("listening", WSUB_KV("address", address));
}
