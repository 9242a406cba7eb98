#include "common/program/program.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/http/server.h"
#include "common/program/config_load.h"
#include "common/program/hide.h"
#include "common/program/layout.h"
#include "common/program/startup.h"
#include "common/program/status_listen.h"
#include "common/store/store.h"

struct program {
    const struct wsub_program_options *o;
    struct wsub_config config;
    struct wsub_loop *loop; /* owned */
    void *worker;           /* owned; NULL until it is made */
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
        const char *why = wsub_store_why(store);

        snprintf(reason, WSUB_STATUS_REASON_BYTES, "Redis is not reached%s%s",
                 why[0] != '\0' ? ": " : "", why);
        return false;
    }
    return true;
}

static enum wsub_err serve_status(struct program *program, char err_text[256])
{
    if (program->o->ready == NULL)
        return WSUB_OK;
    program->source = (struct wsub_status_source){.ready = program->o->ready,
                                                  .health = program->o->health,
                                                  .arg = program->worker};
    return wsub_status_listen_now(program->o->program, &program->config,
                                  wsub_loop_base(program->loop),
                                  &program->source, err_text, &program->status);
}

/* Returns where the status is served, "" for nowhere. */
static const char *tell_started(const struct program *program)
{
    struct wsub_startup_addresses addresses = {
        .status = wsub_http_server_address(program->status)};

    if (program->o->addresses != NULL)
        program->o->addresses(program->worker, &addresses);
    wsub_startup_done(program->o->program, &program->config, &addresses);
    return addresses.status != NULL ? addresses.status : "";
}

static int run(struct program *program)
{
    const struct wsub_program_options *o = program->o;
    char err_text[256] = "";
    enum wsub_err err =
        o->make(&program->config, program->loop, err_text, &program->worker);

    if (err == WSUB_OK)
        err = serve_status(program, err_text);
    if (err != WSUB_OK) {
        wsub_startup_failed(o->program, err_text);
        return WSUB_EXIT_START;
    }
    o->start(program->worker, tell_started(program));
    return (int)wsub_loop_run(program->loop, o->drain, program->worker);
}

/* The same process begins anew; returns the exit code when it can't. */
static int execute_again(enum wsub_program program, char *argv[])
{
    char sentence[128];

    execv("/proc/self/exe", argv);
    snprintf(sentence, sizeof(sentence), "cannot execute itself again: %s",
             strerror(errno));
    wsub_startup_failed(program, sentence);
    return WSUB_EXIT_START;
}

int wsub_program_main(const struct wsub_program_options *options, int argc,
                      char *argv[])
{
    struct program program = {.o = options};
    struct wsub_hidden *hidden;
    int code;

    if (!wsub_startup(options->program, argc, argv, &program.config, &code)) {
        wsub_log_finish();
        return code;
    }
    wsub_layout_ask(&program.config);
    program.loop = wsub_loop_new(program.config.drain_timeout_ms);
    hidden = wsub_hide_settings(argv, environ);
    wsub_hide_memory(&program.config);
    code = run(&program);
    wsub_http_server_free(program.status);
    if (program.worker != NULL)
        options->free(program.worker);
    wsub_loop_free(program.loop);
    wsub_config_done(&program.config);
    wsub_log_finish();
    if (code == WSUB_EXIT_RESTART) {
        wsub_hidden_restore(hidden);
        code = execute_again(options->program, argv);
    }
    wsub_hidden_free(hidden);
    return code;
}
