#include "common/reshard/draining.h"

#include <string.h>

#include "common/store/instance_list.h"
#include "common/store/instances.h"
#include "common/store/shard_status.h"

#define LOOK_MS 300
#define HUB "hub"

static void on_done(enum wsub_err err, void *arg)
{
    struct wsub_mover *mover = arg;

    wsub_step_note(mover, err, "");
    wsub_step_replied(mover);
}

/* WHO LIVES */

/* It may have been asked before, or be gone. */
static void on_asked(enum wsub_err err, uint64_t incarnation, void *arg)
{
    (void)err;
    (void)incarnation;
    wsub_step_replied(arg);
}

static void ask(struct wsub_mover *mover, const struct wsub_instance_row *row)
{
    mover->found = true;
    mover->waits++;
    wsub_instance_restart(mover->o.store, row->name, on_asked, mover);
}

static void on_instances(enum wsub_err err,
                         const struct wsub_instance_row *rows, size_t count,
                         void *arg)
{
    struct wsub_mover *mover = arg;
    bool hubs_only = mover->order.state == WSUB_RESHARD_DRAINING;

    wsub_step_note(mover, err, "");
    for (size_t n = 0; n < count; n++)
        if (wsub_step_lives(mover, &rows[n]) &&
            (!hubs_only || strcmp(rows[n].role, HUB) == 0))
            ask(mover, &rows[n]);
    mover->has_looked = true;
    wsub_step_replied(mover);
}

/* Whether nobody of those lives; else they are asked again, after a pause. */
static bool are_gone(struct wsub_mover *mover)
{
    bool looked = mover->has_looked;

    mover->has_looked = false;
    if (looked && !mover->found)
        return true;
    if (looked) {
        wsub_step_pause(mover, LOOK_MS);
        return false;
    }
    mover->found = false;
    mover->waits++;
    wsub_instance_list(mover->o.store, on_instances, mover);
    return false;
}

void wsub_draining_wait_for_all(struct wsub_mover *mover)
{
    if (are_gone(mover))
        mover->step = mover->after;
}

/* WHAT IS NOT FANNED OUT */

static void step_close(struct wsub_mover *mover)
{
    mover->step = wsub_draining_wait_for_all;
    wsub_step_tell(mover, WSUB_RESHARD_MOVING);
    mover->waits++;
    wsub_reshard_close(mover->o.store, mover->order.to, on_done, mover);
}

static void step_status(struct wsub_mover *mover);

static void step_pause(struct wsub_mover *mover)
{
    mover->step = step_status;
    wsub_step_pause(mover, LOOK_MS);
}

static void on_status(enum wsub_err err, const struct wsub_shard_status *status,
                      void *arg)
{
    struct wsub_mover *mover = arg;

    wsub_step_note(mover, err, "");
    if (err == WSUB_OK && status->lag + status->open > 0)
        mover->found = true;
    wsub_step_replied(mover);
}

/* All shards at once, until none has anything. */
static void step_look(struct wsub_mover *mover)
{
    mover->step = mover->found ? step_pause : step_close;
}

static void step_status(struct wsub_mover *mover)
{
    mover->step = step_look;
    mover->found = false;
    mover->waits += mover->order.from;
    for (unsigned shard = 0; shard < mover->order.from; shard++)
        wsub_shard_status(mover->o.store, shard, on_status, mover);
}

/* THE HUBS */

static void step_hubs(struct wsub_mover *mover)
{
    if (are_gone(mover))
        mover->step = step_status;
}

void wsub_draining_begin(struct wsub_mover *mover)
{
    mover->step = step_hubs;
    mover->waits++;
    wsub_reshard_drain(mover->o.store, mover->order.to, on_done, mover);
}
