#include "common/program/program.h"

#include <stdio.h>

#include "common/base/loop.h"
#include "common/http/server.h"
#include "common/program/config_load.h"
#include "common/program/startup.h"
#include "common/store/store.h"

struct program {
    const struct wsub_program_options *o;
    struct wsub_config config;
    struct wsub_loop *loop; /* owned */
    struct wsub_status_source source;
    struct wsub_http_server *status; /* owned; NULL: there is none */
};

bool wsub_program_ready(const struct wsub_loop *loop,
                        const struct wsub_store *store,
                        char reason[WSUB_STATUS_REASON_BYTES])
{
    if (wsub_loop_draining(loop)) {
        snprintf(reason, WSUB_STATUS_REASON_BYTES, "draining");
        return false;
    }
    if (!wsub_store_up(store)) {
        snprintf(reason, WSUB_STATUS_REASON_BYTES, "Redis is not reached");
        return false;
    }
    return true;
}

static bool is_ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES])
{
    const struct program *program = arg;
    const struct wsub_program_options *o = program->o;

    return wsub_program_ready(program->loop, o->store(o->worker), reason) &&
           (o->ready == NULL || o->ready(o->worker, reason));
}

static enum wsub_err serve_status(struct program *program, char err_text[256])
{
    if (program->o->address != NULL)
        return WSUB_OK;
    program->source =
        (struct wsub_status_source){.ready = is_ready, .arg = program};
    return wsub_status_server_new(wsub_loop_base(program->loop),
                                  program->config.status_listen,
                                  &program->source, err_text, &program->status);
}

static enum wsub_err build(struct program *program, char err_text[256])
{
    const struct wsub_program_options *o = program->o;
    enum wsub_err err =
        o->init(o->worker, &program->config, program->loop, err_text);

    return err == WSUB_OK ? serve_status(program, err_text) : err;
}

static int run(struct program *program)
{
    const struct wsub_program_options *o = program->o;
    char err_text[256] = "";

    if (build(program, err_text) != WSUB_OK) {
        wsub_startup_failed(o->program, err_text);
        return WSUB_EXIT_START;
    }
    wsub_startup_done(o->program, &program->config,
                      o->address != NULL
                          ? o->address(o->worker)
                          : wsub_http_server_address(program->status));
    return (int)wsub_loop_run(program->loop, o->drain, o->worker);
}

int wsub_program_main(const struct wsub_program_options *options, int argc,
                      char *argv[])
{
    struct program program = {.o = options};
    int code;

    if (!wsub_startup(options->program, argc, argv, &program.config, &code))
        return code;
    program.loop = wsub_loop_new(program.config.drain_timeout_ms);
    code = run(&program);
    wsub_http_server_free(program.status);
    options->done(options->worker);
    wsub_loop_free(program.loop);
    wsub_config_done(&program.config);
    return code;
}
