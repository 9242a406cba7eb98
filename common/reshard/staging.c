#include "common/reshard/staging.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/reshard/switching.h"
#include "common/store/topic.h"

#define PAGE_BYTES_ALL ((uint64_t)16 * 1024 * 1024) /* of all shards' pages */
#define PAGE_BYTES_MIN 65536
#define PASSES 3 /* a key is moved, dropped, and renamed */

static const char *const streams[] = {
    "log",  "pings",    "outbox",   "bulk",    "verify", "held",
    "dead", "departed", "rejected", "damaged", "gaps",   "verifications",
};
#define STREAMS (sizeof(streams) / sizeof(streams[0]))

/* A key of which a page was read. */
struct reading {
    struct wsub_mover *mover;
    unsigned shard;
    char *name; /* owned */
};

static void send_out(struct wsub_mover *mover)
{
    /* The replies may come during the call. */
    mover->waits++;
    mover->waits += wsub_outgoing_send(mover->out, wsub_step_on_written, mover);
    mover->waits--;
}

static struct wsub_reshard_word word(const char *text)
{
    return (struct wsub_reshard_word){text, strlen(text)};
}

static void step_finish(struct wsub_mover *mover)
{
    struct wsub_reshard_word finish = word("finish");

    for (unsigned shard = 0; shard < mover->order.to; shard++)
        wsub_outgoing_add(mover->out, shard, &finish, 1);
    mover->step = wsub_switching_begin;
    send_out(mover);
}

static struct wsub_reshard_ids ids_of(const struct wsub_mover *mover,
                                      unsigned shard)
{
    return (struct wsub_reshard_ids){
        .factor = wsub_layouts_factor(&mover->layouts),
        .part = wsub_layouts_part(&mover->layouts, shard),
    };
}

static void add_row(struct wsub_mover *mover, unsigned shard,
                    const struct wsub_reshard_row *row)
{
    if (!wsub_outgoing_row(mover->out, shard, row))
        wsub_step_give_up(mover, "a row of an old shard can't be placed");
}

static void read_key(struct reading *reading, const char *next);

static void on_key_page(enum wsub_err err, const struct wsub_reshard_page *page,
                        const char *why, void *arg)
{
    struct reading *reading = arg;
    struct wsub_mover *mover = reading->mover;
    bool goes_on = err == WSUB_OK && page->next[0] != '\0' && !mover->is_broken;

    wsub_step_note(mover, err, why);
    for (size_t n = 0; err == WSUB_OK && n < page->count; n++) {
        struct wsub_reshard_row row = wsub_reshard_row(page, n, mover->room);

        add_row(mover, reading->shard, &row);
    }
    if (wsub_outgoing_is_full(mover->out))
        send_out(mover);
    if (goes_on) {
        read_key(reading, page->next);
    } else {
        free(reading->name);
        free(reading);
    }
    wsub_step_replied(mover);
}

static void read_key(struct reading *reading, const char *next)
{
    struct wsub_mover *mover = reading->mover;
    struct wsub_reshard_ids ids = ids_of(mover, reading->shard);

    mover->waits++;
    wsub_reshard_read_key(mover->o.store, reading->shard, reading->name, next,
                          &ids, on_key_page, reading);
}

static void move_key(struct wsub_mover *mover,
                     const struct wsub_reshard_key *key)
{
    struct reading *reading;

    if (key->is_staged)
        return;
    if (key->shard >= mover->order.from) {
        wsub_step_give_up(mover, "there is a key of a shard that there is not");
        return;
    }
    mover->keys++;
    reading = wsub_calloc(1, sizeof(*reading));
    *reading = (struct reading){mover, key->shard, wsub_strdup(key->name)};
    read_key(reading, "");
}

static void step_keys(struct wsub_mover *mover)
{
    if (mover->cursor[0] != '\0') {
        wsub_step_scan(mover, move_key);
        return;
    }
    mover->step = step_finish;
    send_out(mover);
}

static void on_stream_page(enum wsub_err err,
                           const struct wsub_reshard_page *page,
                           const char *why, void *arg)
{
    struct wsub_mover *mover = arg;

    wsub_step_note(mover, err, why);
    if (err == WSUB_OK)
        wsub_merge_page(mover->merge, mover->asked, page);
    wsub_step_replied(mover);
}

static void ask_stream(struct wsub_mover *mover, const char *next)
{
    struct wsub_reshard_ids ids = ids_of(mover, mover->asked);
    uint64_t bytes = PAGE_BYTES_ALL / mover->order.from;

    mover->waits++;
    wsub_reshard_read_stream(
        mover->o.store, mover->asked, streams[mover->stream], next, &ids,
        bytes > PAGE_BYTES_MIN ? bytes : PAGE_BYTES_MIN, on_stream_page, mover);
}

static void end_stream(struct wsub_mover *mover)
{
    wsub_merge_free(mover->merge);
    mover->merge = NULL;
    mover->stream++;
    send_out(mover);
}

static void step_streams(struct wsub_mover *mover)
{
    struct wsub_reshard_row row;
    const char *next;
    unsigned shard;

    if (mover->stream == STREAMS) {
        wsub_step_begin_scan(mover, step_keys);
        return;
    }
    if (mover->merge == NULL)
        mover->merge = wsub_merge_new(mover->order.from);
    while (!wsub_outgoing_is_full(mover->out)) {
        if (wsub_merge_wants(mover->merge, &mover->asked, &next)) {
            ask_stream(mover, next);
            return;
        }
        if (!wsub_merge_next(mover->merge, &row, &shard)) {
            end_stream(mover);
            return;
        }
        add_row(mover, shard, &row);
    }
    send_out(mover);
}

/* A mark for each shard of both layouts, and where subscriptions to `*` are at
 * home. */
static void step_mark(struct wsub_mover *mover)
{
    const struct wsub_reshard_word mark[] = {
        word("set"), word(WSUB_RESHARD_MARK), word("1"), word("0")};
    const struct wsub_reshard_word home[] = {
        word("hash"), word("counts"), word("0"), word("home"), word("1")};
    unsigned shards = wsub_step_all_shards(mover);

    mover->out =
        wsub_outgoing_new(mover->o.store, &mover->layouts, mover->order.epoch);
    for (unsigned shard = 0; shard < shards; shard++)
        wsub_outgoing_add(mover->out, shard, mark, 4);
    wsub_outgoing_add(mover->out,
                      wsub_topic_shard_of(WSUB_TOPIC_ALL, mover->order.to),
                      home, 5);
    mover->stream = 0;
    mover->of *= PASSES;
    mover->step = step_streams;
    send_out(mover);
}

/* What an earlier mover has staged. */
static void clear_key(struct wsub_mover *mover,
                      const struct wsub_reshard_key *key)
{
    if (!key->is_staged) {
        mover->of++;
        return;
    }
    mover->found = true;
    mover->waits++;
    wsub_reshard_unstage(mover->o.store, key, wsub_step_on_written, mover);
}

/* Returns whether nothing is staged any more. */
static bool clear(struct wsub_mover *mover)
{
    if (wsub_step_scanned(mover))
        return true;
    if (strcmp(mover->cursor, "0") == 0)
        mover->of = 0;
    wsub_step_scan(mover, clear_key);
    return false;
}

static void step_clear(struct wsub_mover *mover)
{
    if (clear(mover))
        mover->step = step_mark;
}

void wsub_staging_begin(struct wsub_mover *mover)
{
    wsub_step_begin_scan(mover, step_clear);
}

static void step_tell_failure(struct wsub_mover *mover)
{
    mover->step = wsub_switching_open;
    mover->has_ended = WSUB_MOVER_FAILED;
    wsub_step_tell(mover, WSUB_RESHARD_FAILED);
}

static void step_unstage(struct wsub_mover *mover)
{
    if (clear(mover))
        mover->step = step_tell_failure;
}

void wsub_staging_fail(struct wsub_mover *mover)
{
    wsub_staging_reset(mover);
    wsub_step_begin_scan(mover, step_unstage);
}

void wsub_staging_reset(struct wsub_mover *mover)
{
    wsub_outgoing_free(mover->out);
    wsub_merge_free(mover->merge);
    mover->out = NULL;
    mover->merge = NULL;
    mover->shard = 0;
    mover->keys = 0;
}
