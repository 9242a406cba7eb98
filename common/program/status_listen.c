#include "common/program/status_listen.h"

#include <string.h>

#include "common/base/log.h"

#define ANY_PORT "127.0.0.1:0"

static const char *default_of(enum wsub_program program)
{
    switch (program) {
    case WSUB_PROGRAM_HUB:
        return "127.0.0.1:8081";
    case WSUB_PROGRAM_SPREADER:
        return "127.0.0.1:8082";
    default:
        return "127.0.0.1:8083";
    }
}

bool wsub_status_listen_yields(const struct wsub_config *config)
{
    return strcmp(config->status_listen, "default") == 0;
}

const char *wsub_status_listen(enum wsub_program program,
                               const struct wsub_config *config)
{
    return wsub_status_listen_yields(config) ? default_of(program)
                                             : config->status_listen;
}

enum wsub_err wsub_status_listen_now(enum wsub_program program,
                                     const struct wsub_config *config,
                                     struct event_base *base,
                                     struct wsub_status_source *source,
                                     char err_text[256],
                                     struct wsub_http_server **ret_server)
{
    const char *address = wsub_status_listen(program, config);
    enum wsub_err err =
        wsub_status_server_new(base, address, source, err_text, ret_server);

    if (err != WSUB_ERR_SYSTEM || !wsub_status_listen_yields(config))
        return err;
    wsub_log_info("status-port-taken", WSUB_KV("address", address),
                  WSUB_KV("instead", "a free port"), WSUB_KE("why", err_text));
    return wsub_status_server_new(base, ANY_PORT, source, err_text, ret_server);
}
