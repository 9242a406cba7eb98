/* main.c - websub-deliver: verifies subscribers' intent and POSTs events.
 *
 * The order: settings, loop, worker (whose parts connect to Redis by
 * themselves), the status server last, so that whoever sees it sees a built
 * program.  Down again in reverse. */
#include "common/base/loop.h"
#include "common/http/server.h"
#include "common/http/status.h"
<<<<<<< HEAD
#include "deliver/worker.h"
=======
#include "common/program/config_load.h"
#include "common/program/startup.h"
#include "common/store/store.h"
#include "common/store/progress.h"
#include "deliver/deliver.h"

static bool ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES])
{
    const struct deliver *d = arg;

    if (wsub_loop_draining(d->loop))
        snprintf(reason, WSUB_STATUS_REASON_BYTES, "draining");
    else if (!wsub_store_up(d->store))
        snprintf(reason, WSUB_STATUS_REASON_BYTES, "Redis is not reached");
    else if (d->user_agent == NULL)
        snprintf(reason, WSUB_STATUS_REASON_BYTES,
                 "the hub's public URL is not known: start a "
                 "hub or set public_url");
    else
        return wsub_progress_ready(d->progress, reason);
    return false;
}
>>>>>>> hub

int main(int argc, char *argv[])
{
    struct wsub_config config;
    struct deliver_worker *worker = NULL;
    struct wsub_status_source source = {.ready = deliver_worker_ready};
    struct wsub_http_server *status = NULL;
    struct wsub_loop *loop;
    char err_text[256] = "";
    int code;

    if (!wsub_startup(WSUB_PROGRAM_DELIVER, argc, argv, &config, &code))
        return code;
    loop = wsub_loop_new(config.drain_timeout_ms);
    code = WSUB_EXIT_START;
    if (deliver_worker_new(&config, loop, err_text, &worker) == WSUB_OK) {
        source.arg = worker;
        if (wsub_status_server_new(wsub_loop_base(loop), config.status_listen,
                                   &source, err_text, &status) == WSUB_OK) {
            wsub_startup_done(WSUB_PROGRAM_DELIVER, &config,
                              wsub_http_server_address(status));
            code = (int)wsub_loop_run(loop, deliver_worker_drain, worker);
        }
    }
    if (err_text[0] != '\0')
        wsub_startup_failed(WSUB_PROGRAM_DELIVER, err_text);
    wsub_http_server_free(status);
    deliver_worker_free(worker);
    wsub_loop_free(loop);
    wsub_config_done(&config);
    return code;
}
