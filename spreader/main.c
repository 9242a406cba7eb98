/* main.c - websub-spreader: fetches announced topics, fans events out.
 *
 * The order: settings, loop, parts (which connect to Redis by themselves),
 * the status server last, so that whoever sees it sees a built program.  Down
 * again in reverse. */
#include "common/base/config.h"
#include "common/base/loop.h"
#include "common/base/startup.h"
#include "common/http/server.h"
#include "common/http/status.h"
#include "spreader/worker.h"

int main(int argc, char *argv[])
{
    struct wsub_config config;
    struct spread_worker *worker = NULL;
    struct wsub_status_source source = {.ready = spread_worker_ready};
    struct wsub_http_server *status = NULL;
    struct wsub_loop *loop;
    char err_text[256] = "";
    enum wsub_err err;
    int code;

    if (!wsub_startup(WSUB_PROGRAM_SPREADER, argc, argv, &config, &code))
        return code;
    loop = wsub_loop_new(config.drain_timeout_ms);
    code = WSUB_EXIT_START;
    err = spread_worker_new(&config, loop, err_text, &worker);
    source.arg = worker;
    if (err == WSUB_OK &&
        wsub_status_server_new(wsub_loop_base(loop), config.status_listen,
                               &source, err_text, &status) == WSUB_OK) {
        wsub_startup_done(WSUB_PROGRAM_SPREADER, &config,
                          wsub_http_server_address(status));
        code = (int)wsub_loop_run(loop, spread_worker_drain, worker);
    } else {
        wsub_startup_failed(WSUB_PROGRAM_SPREADER, err_text);
    }
    wsub_http_server_free(status);
    spread_worker_free(worker);
    wsub_loop_free(loop);
    wsub_config_done(&config);
    return code;
}
