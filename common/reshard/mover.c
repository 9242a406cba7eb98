#include "common/reshard/mover.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/reshard/draining.h"
#include "common/reshard/staging.h"
#include "common/reshard/switching.h"
#include "common/store/instance_list.h"
#include "common/store/shard_status.h"

static void on_status(enum wsub_err err, const struct wsub_shard_status *status,
                      void *arg)
{
    struct wsub_mover *mover = arg;
    char why[160];

    wsub_step_note(mover, err, "");
    if (err == WSUB_OK && status->lag + status->open > 0) {
        snprintf(why, sizeof(why),
                 "shard %u has %llu events that are not fanned out: start a "
                 "spreader, publish nothing, and try again",
                 mover->shard - 1,
                 (unsigned long long)(status->lag + status->open));
        wsub_step_give_up(mover, why);
    }
    wsub_step_replied(mover);
}

static void step_status(struct wsub_mover *mover)
{
    if (mover->shard == mover->order.from) {
        mover->step = wsub_staging_begin;
        return;
    }
    mover->waits++;
    mover->shard++;
    wsub_shard_status(mover->o.store, mover->shard - 1, on_status, mover);
}

static void on_instances(enum wsub_err err,
                         const struct wsub_instance_row *rows, size_t count,
                         void *arg)
{
    struct wsub_mover *mover = arg;
    char why[160];

    wsub_step_note(mover, err, "");
    for (size_t n = 0; n < count && !mover->is_broken; n++) {
        if (!wsub_step_lives(mover, &rows[n]))
            continue;
        snprintf(why, sizeof(why), "%.60s (%s) runs: stop all programs first",
                 rows[n].name, rows[n].role);
        wsub_step_give_up(mover, why);
    }
    wsub_step_replied(mover);
}

static void step_instances(struct wsub_mover *mover)
{
    mover->step = step_status;
    mover->waits++;
    wsub_instance_list(mover->o.store, on_instances, mover);
}

static void on_closed(enum wsub_err err, void *arg)
{
    struct wsub_mover *mover = arg;

    wsub_step_note(mover, err, "");
    wsub_step_replied(mover);
}

static void step_close(struct wsub_mover *mover)
{
    mover->step = mover->o.waits ? wsub_draining_wait_for_all : step_instances;
    mover->waits++;
    wsub_reshard_close(mover->o.store, mover->order.to, on_closed, mover);
}

static void choose_step(struct wsub_mover *mover)
{
    wsub_staging_reset(mover);
    mover->layouts = (struct wsub_layouts){mover->order.from, mover->order.to};
    mover->has_looked = false;
    if (mover->order.state == WSUB_RESHARD_DRAINING)
        mover->step = wsub_draining_begin;
    else if (mover->order.state == WSUB_RESHARD_DROPPING)
        mover->step = wsub_switching_drop;
    else if (mover->order.state == WSUB_RESHARD_RENAMING)
        mover->step = wsub_switching_rename;
    else
        mover->step = step_close;
}

/* A mover that was here before may have died when all but the last step was done, and
 * one that stood still may have made everybody stay away since: where no order stands
 * nobody needs to. */
static void on_order(enum wsub_err err, const struct wsub_reshard_order *order,
                     void *arg)
{
    struct wsub_mover *mover = arg;

    if (err == WSUB_ERR_FULL) {
        wsub_step_end(mover, WSUB_MOVER_BUSY);
        return;
    }
    if (err == WSUB_ERR_INVALID) {
        snprintf(mover->why, sizeof(mover->why),
                 "there is another number of shards by now");
        mover->has_ended = WSUB_MOVER_FAILED;
        mover->step = wsub_switching_open;
    } else if (err == WSUB_ERR_NOT_FOUND) {
        mover->step = wsub_switching_open;
    } else if (err == WSUB_OK) {
        mover->order = *order;
        mover->o.to = 0;
        choose_step(mover);
    } else {
        wsub_step_note(mover, err, "");
    }
    wsub_step_replied(mover);
}

static void step_order(struct wsub_mover *mover)
{
    mover->waits++;
    wsub_reshard_order(mover->o.store, mover->token, mover->o.to, on_order,
                       mover);
}

void wsub_mover_up(struct wsub_mover *mover)
{
    wsub_timer_stop(&mover->retry);
    wsub_step_proceed(mover);
}

struct wsub_mover *wsub_mover_new(const struct wsub_mover_options *options)
{
    struct wsub_mover *mover = wsub_calloc(1, sizeof(*mover));

    wsub_steps_init(mover, options, step_order, wsub_staging_fail, step_status);
    return mover;
}

void wsub_mover_free(struct wsub_mover *mover)
{
    if (mover == NULL)
        return;
    wsub_staging_reset(mover);
    wsub_steps_done(mover);
    free(mover);
}
