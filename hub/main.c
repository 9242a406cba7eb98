/* main.c - websub-hub: the HTTP API of the hub.
 *
 * common/program has the order of things; the worker listens itself, as its
 * last step. */
#include "common/program/program.h"
#include "hub/worker.h"

static enum wsub_err make(const struct wsub_config *config,
                          struct wsub_loop *loop, char err_text[256],
                          void **ret_worker)
{
    struct hub_worker *worker;
    enum wsub_err err = hub_worker_new(config, loop, err_text, &worker);

    if (err == WSUB_OK)
        *ret_worker = worker;
    return err;
}

static void free_worker(void *worker)
{
    hub_worker_free(worker);
}

static const char *address(const void *worker)
{
    return hub_worker_address(worker);
}

int main(int argc, char *argv[])
{
    return wsub_program_main(
        &(struct wsub_program_options){
            .program = WSUB_PROGRAM_HUB,
            .make = make,
            .free = free_worker,
            .start = hub_worker_start,
            .drain = hub_worker_drain,
            .address = address,
        },
        argc, argv);
}
