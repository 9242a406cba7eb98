/* main.c - websub-deliver: verifies subscribers' intent and POSTs events.
 *
 * common/program has the order of things. */
#include "common/program/program.h"
#include "deliver/worker.h"

static enum wsub_err make(const struct wsub_config *config,
                          struct wsub_loop *loop, char err_text[256],
                          void **ret_worker)
{
    struct deliver_worker *worker;
    enum wsub_err err = deliver_worker_new(config, loop, err_text, &worker);

    if (err == WSUB_OK)
        *ret_worker = worker;
    return err;
}

static void free_worker(void *worker)
{
    deliver_worker_free(worker);
}

int main(int argc, char *argv[])
{
    return wsub_program_main(
        &(struct wsub_program_options){
            .program = WSUB_PROGRAM_DELIVER,
            .make = make,
            .free = free_worker,
            .start = deliver_worker_start,
            .drain = deliver_worker_drain,
            .ready = deliver_worker_ready,
        },
        argc, argv);
}
