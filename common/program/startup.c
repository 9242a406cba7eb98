#include "common/program/startup.h"

#include <stdio.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/files.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/http/stats.h"
#include "common/program/config_load.h"
#include "common/program/files_fit.h"
#include "common/program/process_metrics.h"
#include "common/store/store_stats.h"

void wsub_startup_failed(enum wsub_program program, const char *sentence)
{
    struct wsub_buf line = {0};

    wsub_buf_printf(&line, "%s: %s\n", wsub_program_name(program), sentence);
    wsub_log_plain(line.data, line.len);
    wsub_buf_done(&line);
}

bool wsub_startup(enum wsub_program program, int argc, char *const argv[],
                  struct wsub_config *ret_config, int *ret_exit)
{
    enum wsub_config_action action;
    char err_text[512] = "";

    wsub_loop_ignore_signals();
    wsub_log_start();
    wsub_metrics_register(wsub_http_stats, WSUB_HTTP_STAT_MAX_);
    wsub_metrics_register(wsub_store_stats, WSUB_STORE_STAT_MAX_);
    wsub_process_metrics_register(program);
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
    if (wsub_files_fit(program, wsub_files_raise(), ret_config, err_text) !=
        WSUB_OK) {
        wsub_startup_failed(program, err_text);
        wsub_config_done(ret_config);
        *ret_exit = WSUB_EXIT_START;
        return false;
    }
    return true;
}

void wsub_startup_done(enum wsub_program program,
                       const struct wsub_config *config,
                       const struct wsub_startup_addresses *addresses)
{
    wsub_log_info("started", WSUB_KV("program", wsub_program_name(program)),
                  WSUB_KV("version", WSUB_VERSION),
                  WSUB_KV("instance", config->instance_name));
    if (addresses->own != NULL && addresses->status != NULL)
        wsub_log_info("status-listening",
                      WSUB_KV("address", addresses->status));
    if (addresses->admin != NULL)
        wsub_log_info("admin-listening", WSUB_KV("address", addresses->admin));
    if (addresses->own != NULL)
        wsub_log_info("listening", WSUB_KV("address", addresses->own));
    else if (addresses->status != NULL)
        wsub_log_info("listening", WSUB_KV("address", addresses->status));
}
