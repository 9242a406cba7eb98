#include "common/store/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/countdown.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/store.h"

#define LOOK_MS 5000 /* between two looks, at most */
#define LOOKS 3      /* at least, within the limit */

struct wsub_progress {
    struct wsub_progress_options o;
    struct wsub_timer timer;
    uint64_t note_ms;          /* the last progress, on our own clock */
    struct wsub_countdown all; /* replies of one look */
    bool unread;               /* so far in these replies */
    bool stuck;
};

void wsub_progress_note(struct wsub_progress *progress)
{
    progress->note_ms = wsub_now_ms();
}

static bool has_unread(const struct redisReply *groups)
{
    for (size_t g = 0; g < groups->elements; g++) {
        const struct redisReply *fields = groups->element[g];

        for (size_t i = 0; i + 1 < fields->elements; i += 2)
            if (strcmp(fields->element[i]->str, "lag") == 0)
                return fields->element[i + 1]->integer > 0;
    }
    return false;
}

/* A refusal means that there is no such stream, so nothing to be read. */
static void on_groups(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct wsub_progress *progress = arg;

    if (err == WSUB_OK && has_unread(reply))
        progress->unread = true;
    wsub_countdown_off(&progress->all);
}

static void on_looked(void *arg)
{
    struct wsub_progress *progress = arg;

    if (!progress->unread && !progress->o.holds_work(progress->o.arg))
        wsub_progress_note(progress);
}

static void look_at(struct wsub_progress *progress, unsigned shard,
                    const char *stream)
{
    struct wsub_store *store = progress->o.store;
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "XINFO");
    wsub_cmd_str(&cmd, "GROUPS");
    wsub_store_key(&cmd, store, shard, stream, NULL);
    if (wsub_store_send(store, shard, &cmd, on_groups, progress) == WSUB_OK)
        wsub_countdown_add(&progress->all);
}

static void judge(struct wsub_progress *progress)
{
    uint64_t ms = wsub_now_ms() - progress->note_ms;
    bool stuck = ms > progress->o.limit_ms;

    if (stuck && !progress->stuck)
        wsub_log_error("no-progress", WSUB_KU("ms", ms),
                       WSUB_KV("meaning", "work waits and none is done"));
    if (!stuck && progress->stuck)
        wsub_log_info("progress-again");
    progress->stuck = stuck;
}

static void look(struct wsub_progress *progress)
{
    progress->unread = false;
    wsub_countdown_start(&progress->all, on_looked, progress);
    for (unsigned i = 0; i < wsub_store_shards(progress->o.store); i++)
        for (size_t s = 0; s < progress->o.stream_count; s++)
            look_at(progress, i, progress->o.streams[s]);
    wsub_countdown_off(&progress->all);
}

static void on_timer(void *arg)
{
    struct wsub_progress *progress = arg;

    if (!wsub_store_up(progress->o.store))
        wsub_progress_note(progress);
    judge(progress);
    if (progress->all.due == 0) /* else the look before is not over */
        look(progress);
}

struct wsub_progress *
wsub_progress_new(const struct wsub_progress_options *options)
{
    struct wsub_progress *progress = wsub_calloc(1, sizeof(*progress));

    progress->o = *options;
    wsub_timer_every_ms(&progress->timer, options->base,
                        options->limit_ms / LOOKS < LOOK_MS
                            ? options->limit_ms / LOOKS
                            : LOOK_MS,
                        on_timer, progress);
    wsub_progress_note(progress);
    return progress;
}

void wsub_progress_free(struct wsub_progress *progress)
{
    if (progress == NULL)
        return;
    wsub_timer_done(&progress->timer);
    free(progress);
}

bool wsub_progress_ready(const struct wsub_progress *progress,
                         char reason[WSUB_STATUS_REASON_BYTES])
{
    if (progress->stuck)
        snprintf(reason, WSUB_STATUS_REASON_BYTES,
                 "work waits, and none was done for %" PRIu64 " s",
                 (wsub_now_ms() - progress->note_ms) / 1000);
    return !progress->stuck;
}
