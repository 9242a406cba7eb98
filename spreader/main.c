/* main.c - websub-spreader: fetches announced topics, fans events out.
 *
 * common/program has the order of things. */
#include "common/program/program.h"
#include "spreader/worker.h"

static enum wsub_err make(const struct wsub_config *config,
                          struct wsub_loop *loop, char err_text[256],
                          void **ret_worker)
{
    struct spread_worker *worker;
    enum wsub_err err = spread_worker_new(config, loop, err_text, &worker);

    if (err == WSUB_OK)
        *ret_worker = worker;
    return err;
}

static void free_worker(void *worker)
{
    spread_worker_free(worker);
}

int main(int argc, char *argv[])
{
    return wsub_program_main(
        &(struct wsub_program_options){
            .program = WSUB_PROGRAM_SPREADER,
            .make = make,
            .free = free_worker,
            .start = spread_worker_start,
            .drain = spread_worker_drain,
            .ready = spread_worker_ready,
        },
        argc, argv);
}
