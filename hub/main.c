/* main.c - websub-hub: the HTTP API of the hub.
 *
 * The order: settings, loop, parts (which connect to Redis by themselves),
 * listening last.  Down again in reverse. */
#include "common/base/loop.h"
#include "common/base/startup.h"
#include "common/http/server.h"
#include "hub/hub.h"

int main(int argc, char *argv[])
{
    struct wsub_config config;
    struct hub hub = {0};
    struct wsub_loop *loop;
    char err_text[256] = "";
    int code;

    if (!wsub_startup(WSUB_PROGRAM_HUB, argc, argv, &config, &code))
        return code;
    loop = wsub_loop_new(config.drain_timeout_ms);
    code = WSUB_EXIT_START;
    if (hub_init(&hub, &config, loop, err_text) == WSUB_OK) {
        wsub_startup_done(WSUB_PROGRAM_HUB, &config,
                          wsub_http_server_address(hub.server));
        code = (int)wsub_loop_run(loop, hub_drain, &hub);
    } else {
        wsub_startup_failed(WSUB_PROGRAM_HUB, err_text);
    }
    hub_done(&hub);
    wsub_loop_free(loop);
    wsub_config_done(&config);
    return code;
}
