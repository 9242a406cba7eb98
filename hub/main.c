/* main.c - websub-hub: the HTTP API of the hub.
 *
 * common/program has the order of things; the worker listens itself, as its
 * last step. */
#include "common/program/program.h"
#include "hub/worker.h"

static enum wsub_err init(void *worker, const struct wsub_config *config,
                          struct wsub_loop *loop, char err_text[256])
{
    return hub_worker_init(worker, config, loop, err_text);
}

static void drain(void *worker)
{
    hub_worker_drain(worker);
}

static void done(void *worker)
{
    hub_worker_done(worker);
}

static const char *address(const void *worker)
{
    return hub_worker_address(worker);
}

int main(int argc, char *argv[])
{
    struct hub_worker worker = {0};

    return wsub_program_main(
        &(struct wsub_program_options){
            .program = WSUB_PROGRAM_HUB,
            .worker = &worker,
            .init = init,
            .drain = drain,
            .done = done,
            .address = address,
        },
        argc, argv);
}
