#include "common/reshard/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/instance_list.h"

#define RETRY_MS 1000
#define TELL_MS 1000

/* What went wrong, the first time. */
void wsub_step_note(struct wsub_mover *mover, enum wsub_err err,
                    const char *why)
{
    if (err == WSUB_OK)
        return;
    if (!mover->is_broken)
        snprintf(mover->why, sizeof(mover->why), "%s", why);
    mover->is_broken = true;
    if (err == WSUB_ERR_REFUSED && mover->order.state == WSUB_RESHARD_MOVING)
        mover->is_hopeless = true;
}

void wsub_step_give_up(struct wsub_mover *mover, const char *why)
{
    wsub_step_note(mover, WSUB_ERR_REFUSED, why);
}

void wsub_step_replied(struct wsub_mover *mover)
{
    mover->waits--;
    wsub_step_proceed(mover);
}

void wsub_step_on_written(enum wsub_err err, const char *why, void *arg)
{
    struct wsub_mover *mover = arg;

    wsub_step_note(mover, err, why);
    wsub_step_replied(mover);
}

void wsub_step_begin_scan(struct wsub_mover *mover, wsub_step *next)
{
    snprintf(mover->cursor, sizeof(mover->cursor), "0");
    mover->found = false;
    mover->step = next;
}

static void on_scanned(enum wsub_err err,
                       const struct wsub_reshard_scanned *scanned, void *arg)
{
    struct wsub_mover *mover = arg;
    struct wsub_reshard_key key;

    wsub_step_note(mover, err, "");
    if (err == WSUB_OK) {
        snprintf(mover->cursor, sizeof(mover->cursor), "%s",
                 strcmp(scanned->next, "0") == 0 ? "" : scanned->next);
        for (size_t n = 0; n < scanned->count; n++)
            if (wsub_reshard_scanned_key(mover->o.store, scanned, n, &key))
                mover->look(mover, &key);
    }
    wsub_step_replied(mover);
}

void wsub_step_scan(struct wsub_mover *mover, wsub_step_look *look)
{
    mover->look = look;
    mover->waits++;
    wsub_reshard_scan(mover->o.store, mover->cursor, on_scanned, mover);
}

bool wsub_step_scanned(struct wsub_mover *mover)
{
    if (mover->cursor[0] != '\0')
        return false;
    if (!mover->found)
        return true;
    wsub_step_begin_scan(mover, mover->step);
    return false;
}

unsigned wsub_step_all_shards(const struct wsub_mover *mover)
{
    return mover->order.from > mover->order.to ? mover->order.from
                                               : mover->order.to;
}

void wsub_step_end(struct wsub_mover *mover, enum wsub_mover_end how)
{
    mover->is_over = true;
    wsub_timer_stop(&mover->tell);
    wsub_timer_stop(&mover->retry);
    mover->o.on_end(how, mover->why, mover->o.arg);
}

static struct wsub_reshard_note note_of(const struct wsub_mover *mover,
                                        enum wsub_reshard_state state)
{
    return (struct wsub_reshard_note){
        .state = state,
        .keys = mover->keys < mover->of ? mover->keys : mover->of,
        .of = mover->of,
        .why = state == WSUB_RESHARD_FAILED ? mover->why : "",
    };
}

static void on_noted(enum wsub_err err, void *arg)
{
    struct wsub_mover *mover = arg;

    if (err == WSUB_ERR_FENCED)
        snprintf(mover->why, sizeof(mover->why), "another one moves them");
    wsub_step_note(mover, err, mover->why);
    wsub_step_replied(mover);
}

void wsub_step_tell(struct wsub_mover *mover, enum wsub_reshard_state state)
{
    struct wsub_reshard_note note = note_of(mover, state);

    mover->order.state = state;
    if (mover->o.on_progress != NULL)
        mover->o.on_progress(&note, mover->o.arg);
    mover->waits++;
    wsub_reshard_note(mover->o.store, mover->token, &note, on_noted, mover);
}

static void on_tell(void *arg)
{
    struct wsub_mover *mover = arg;

    wsub_timer_start_ms(&mover->tell, TELL_MS);
    if (!mover->is_over && mover->order.to != 0 &&
        wsub_store_up(mover->o.store))
        wsub_step_tell(mover, mover->order.state);
}

/* All that was sent is replied to, and some of it went wrong. */
static void recover(struct wsub_mover *mover)
{
    mover->is_broken = false;
    if (mover->is_hopeless) {
        mover->is_hopeless = false;
        mover->step = mover->fail;
        return;
    }
    wsub_log_warn("reshard-waits", WSUB_KE("why", mover->why));
    mover->step = mover->begin;
    mover->order = (struct wsub_reshard_order){0}; /* nothing is told of it */
    wsub_timer_start_ms(&mover->retry, RETRY_MS);
}

/* Goes on once nothing is on its way. */
void wsub_step_proceed(struct wsub_mover *mover)
{
    if (mover->is_proceeding)
        return;
    mover->is_proceeding = true;
    while (mover->waits == 0 && !mover->is_over &&
           !wsub_timer_runs(&mover->retry)) {
        if (mover->is_broken)
            recover(mover);
        else
            mover->step(mover);
    }
    mover->is_proceeding = false;
}

bool wsub_step_lives(const struct wsub_mover *mover,
                     const struct wsub_instance_row *row)
{
    int64_t timeout_ms =
        wsub_store_config(mover->o.store)->heartbeat_timeout_ms;

    return row->role != NULL && row->heartbeat_age_ms < timeout_ms &&
           row->heartbeat_age_ms > -timeout_ms;
}

void wsub_step_pause(struct wsub_mover *mover, uint64_t ms)
{
    wsub_timer_start_ms(&mover->retry, ms);
}

static void on_retry(void *arg)
{
    struct wsub_mover *mover = arg;

    if (wsub_store_up(mover->o.store))
        wsub_step_proceed(mover);
}

void wsub_steps_init(struct wsub_mover *mover,
                     const struct wsub_mover_options *options, wsub_step *begin,
                     wsub_step *fail, wsub_step *after)
{
    mover->o = *options;
    mover->step = mover->begin = begin;
    mover->fail = fail;
    mover->after = after;
    mover->has_ended = WSUB_MOVER_NOTHING;
    wsub_random_hex((WSUB_RESHARD_TOKEN_BYTES - 1) / 2, mover->token);
    mover->room = wsub_calloc(WSUB_RESHARD_WORDS_MAX, sizeof(*mover->room));
    wsub_timer_init(&mover->retry, options->base, on_retry, mover);
    wsub_timer_init(&mover->tell, options->base, on_tell, mover);
    wsub_timer_start_ms(&mover->tell, TELL_MS);
}

void wsub_steps_done(struct wsub_mover *mover)
{
    wsub_timer_done(&mover->retry);
    wsub_timer_done(&mover->tell);
    free(mover->room);
}
