#include "deliver/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/redis/redis.h"
#include "deliver/claim.h"
#include "deliver/deliver.h"
#include "deliver/verify.h"

#define LOOK_MS 2000 /* between looks at what is unread in Redis */

struct deliver_progress {
    struct deliver *d; /* borrowed; outlives this */
    uint64_t note_ms;  /* the last progress, on our own clock */
    uint64_t look_ms;  /* the last question about unread jobs */
    unsigned due;      /* its answers that are still to come */
    bool unread;       /* so far in these answers */
    bool unready;
};

struct deliver_progress *deliver_progress_new(struct deliver *d)
{
    struct deliver_progress *progress = wsub_calloc(1, sizeof(*progress));

    progress->d = d;
    progress->note_ms = wsub_now_ms();
    return progress;
}

void deliver_progress_free(struct deliver_progress *progress)
{
    free(progress);
}

void deliver_progress_note(struct deliver_progress *progress)
{
    progress->note_ms = wsub_now_ms();
}

/* Whether one of the stream's groups, there is only ours, has unread
 * entries. */
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

static bool holds_nothing(const struct deliver *d)
{
    return HASH_COUNT(d->claim->held) == 0 && deliver_verify_held(d) == 0;
}

static void on_groups(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct deliver_progress *progress = arg;

    if (err == WSUB_OK && has_unread(reply))
        progress->unread = true;
    if (--progress->due == 0 && !progress->unread && holds_nothing(progress->d))
        deliver_progress_note(progress);
}

static void ask(struct deliver_progress *progress, unsigned shard,
                const char *stream)
{
    struct wsub_redis *redis = progress->d->redis;
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "XINFO");
    wsub_cmd_str(&cmd, "GROUPS");
    wsub_cmd_key(&cmd, redis, shard, stream, NULL);
    if (wsub_redis_send(redis, shard, &cmd, on_groups, progress) == WSUB_OK)
        progress->due++;
}

static void judge(struct deliver_progress *progress, uint64_t now_ms)
{
    uint64_t limit_ms = deliver_takeover_idle_ms(progress->d->config);
    bool unready = now_ms - progress->note_ms > limit_ms;

    if (unready && !progress->unready)
        wsub_log_error("no-progress",
                       WSUB_KU("ms", now_ms - progress->note_ms));
    if (!unready && progress->unready)
        wsub_log_info("progress-again");
    progress->unready = unready;
}

void deliver_progress_look(struct deliver_progress *progress)
{
    static const char *const streams[] = {"verify", "outbox", "bulk"};
    const struct deliver *d = progress->d;
    uint64_t now_ms = wsub_now_ms();

    if (!wsub_redis_up(d->redis) || d->user_agent == NULL) {
        deliver_progress_note(progress); /* not ready for another reason */
        return;
    }
    judge(progress, now_ms);
    if (progress->due > 0 || now_ms - progress->look_ms < LOOK_MS)
        return;
    progress->look_ms = now_ms;
    progress->unread = false;
    for (unsigned i = 0; i < wsub_redis_shards(d->redis); i++)
        for (size_t s = 0; s < sizeof(streams) / sizeof(streams[0]); s++)
            ask(progress, i, streams[s]);
}

bool deliver_progress_ready(const struct deliver_progress *progress,
                            char reason[WSUB_STATUS_REASON_BYTES])
{
    if (progress->unready)
        snprintf(reason, WSUB_STATUS_REASON_BYTES,
                 "work waits, and none was settled for %llu s",
                 (unsigned long long)(wsub_now_ms() - progress->note_ms) /
                     1000);
    return !progress->unready;
}
