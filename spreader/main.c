/* main.c - websub-spreader: fetches announced topics, fans events out.
 *
 * common/program has the order of things. */
#include "common/program/program.h"
#include "common/store/progress.h"
#include "spreader/spreader.h"

static enum wsub_err init(void *worker, const struct wsub_config *config,
                          struct wsub_loop *loop, char err_text[256])
{
    return spread_init(worker, config, loop, err_text);
}

static void done(void *worker)
{
    spread_done(worker);
}

static struct wsub_store *store(const void *worker)
{
    const struct spreader *spreader = worker;

    return spreader->store;
}

static bool ready(const void *worker, char reason[WSUB_STATUS_REASON_BYTES])
{
    const struct spreader *spreader = worker;

    return wsub_progress_ready(spreader->progress, reason);
}

int main(int argc, char *argv[])
{
    struct spreader spreader = {0};

    return wsub_program_main(
        &(struct wsub_program_options){
            .program = WSUB_PROGRAM_SPREADER,
            .worker = &spreader,
            .init = init,
            .drain = spread_drain,
            .done = done,
            .store = store,
            .ready = ready,
        },
        argc, argv);
}
