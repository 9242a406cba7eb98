#include "common/reshard/switching.h"

#include <string.h>

static void on_opened(enum wsub_err err, void *arg)
{
    struct wsub_mover *mover = arg;

    wsub_step_note(mover, err, "");
    wsub_step_replied(mover);
}

static void step_end(struct wsub_mover *mover)
{
    wsub_step_end(mover, mover->has_ended);
}

/* Everybody may come back. */
void wsub_switching_open(struct wsub_mover *mover)
{
    mover->step = step_end;
    mover->waits++;
    wsub_reshard_open(mover->o.store, on_opened, mover);
}

static void step_done(struct wsub_mover *mover)
{
    mover->step = wsub_switching_open;
    mover->has_ended = WSUB_MOVER_DONE;
    mover->keys = mover->of;
    wsub_step_tell(mover, WSUB_RESHARD_DONE);
}

static void step_switch(struct wsub_mover *mover)
{
    mover->step = step_done;
    mover->waits++;
    wsub_reshard_switch(mover->o.store, mover->order.to, on_opened, mover);
}

/* Unless another one is the mover by now. */
static void step_before_switch(struct wsub_mover *mover)
{
    mover->step = step_switch;
    wsub_step_tell(mover, WSUB_RESHARD_RENAMING);
}

static void rename_key(struct wsub_mover *mover,
                       const struct wsub_reshard_key *key)
{
    if (!key->is_staged)
        return;
    mover->found = true;
    mover->keys++;
    mover->waits++;
    if (key->epoch == mover->order.epoch &&
        strcmp(key->name, WSUB_RESHARD_MARK) != 0)
        wsub_reshard_rename(mover->o.store, key, wsub_step_on_written, mover);
    else
        wsub_reshard_unstage(mover->o.store, key, wsub_step_on_written, mover);
}

/* A scan may miss what gets another name meanwhile: the last one finds nothing. */
static void step_rename(struct wsub_mover *mover)
{
    if (wsub_step_scanned(mover))
        mover->step = step_before_switch;
    else
        wsub_step_scan(mover, rename_key);
}

/* From now on nobody drops anything. */
void wsub_switching_rename(struct wsub_mover *mover)
{
    unsigned shards = wsub_step_all_shards(mover);

    wsub_step_begin_scan(mover, step_rename);
    mover->waits += shards + 1;
    for (unsigned shard = 0; shard < shards; shard++)
        wsub_reshard_unstage(
            mover->o.store,
            &(struct wsub_reshard_key){.shard = shard,
                                       .epoch = mover->order.epoch,
                                       .name = WSUB_RESHARD_MARK},
            wsub_step_on_written, mover);
    wsub_reshard_forget_owners(mover->o.store, wsub_step_on_written, mover);
}

static void step_begin_rename(struct wsub_mover *mover)
{
    mover->step = wsub_switching_rename;
    wsub_step_tell(mover, WSUB_RESHARD_RENAMING);
}

static void drop_key(struct wsub_mover *mover,
                     const struct wsub_reshard_key *key)
{
    if (key->is_staged)
        return;
    mover->found = true;
    mover->keys++;
    mover->waits++;
    wsub_reshard_drop(mover->o.store, key, mover->order.epoch,
                      wsub_step_on_written, mover);
}

static void step_drop(struct wsub_mover *mover)
{
    if (wsub_step_scanned(mover))
        mover->step = step_begin_rename;
    else
        wsub_step_scan(mover, drop_key);
}

void wsub_switching_drop(struct wsub_mover *mover)
{
    wsub_step_begin_scan(mover, step_drop);
}

void wsub_switching_begin(struct wsub_mover *mover)
{
    wsub_switching_drop(mover);
    wsub_step_tell(mover, WSUB_RESHARD_DROPPING);
}
