/* main.c - websub-spreader: fetches announced topics, fans events out.
 *
 * The order: settings, loop, parts (which connect to Redis by themselves),
 * the status server last, so that whoever sees it sees a built program.  Down
 * again in reverse. */
#include <stdio.h>

#include "common/base/loop.h"
#include "common/base/startup.h"
#include "common/http/server.h"
#include "common/http/status.h"
#include "common/store/store.h"
#include "common/store/progress.h"
#include "spreader/spreader.h"

static bool ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES])
{
    const struct spreader *s = arg;

    if (wsub_loop_draining(s->loop))
        snprintf(reason, WSUB_STATUS_REASON_BYTES, "draining");
    else if (!wsub_store_up(s->store))
        snprintf(reason, WSUB_STATUS_REASON_BYTES, "Redis is not reached");
    else
        return wsub_progress_ready(s->progress, reason);
    return false;
}

int main(int argc, char *argv[])
{
    struct wsub_config config;
    struct spreader s = {0};
    struct wsub_status_source source = {.ready = ready, .arg = &s};
    struct wsub_http_server *status = NULL;
    struct wsub_loop *loop;
    char err_text[256] = "";
    int code;

    if (!wsub_startup(WSUB_PROGRAM_SPREADER, argc, argv, &config, &code))
        return code;
    loop = wsub_loop_new(config.drain_timeout_ms);
    code = WSUB_EXIT_START;
    if (spread_init(&s, &config, loop, err_text) == WSUB_OK &&
        wsub_status_server_new(wsub_loop_base(loop), config.status_listen,
                               &source, err_text, &status) == WSUB_OK) {
        wsub_startup_done(WSUB_PROGRAM_SPREADER, &config,
                          wsub_http_server_address(status));
        code = (int)wsub_loop_run(loop, spread_drain, &s);
    } else {
        wsub_startup_failed(WSUB_PROGRAM_SPREADER, err_text);
    }
    wsub_http_server_free(status);
    spread_done(&s);
    wsub_loop_free(loop);
    wsub_config_done(&config);
    return code;
}
