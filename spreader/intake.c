#include "spreader/intake.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/groups/groups.h"
#include "common/store/entry_id.h"
#include "common/store/fetches.h"
#include "common/store/held.h"
#include "common/store/keys.h"
#include "common/store/owner_feed.h"
#include "common/store/rejected.h"
#include "common/store/stream_reader.h"
#include "spreader/check.h"
#include "spreader/fanout.h"
#include "spreader/shard.h"
#include "spreader/stats.h"
#include "spreader/unusable.h"

#define ANNOUNCED_MAX 16 /* announcements in one call */

struct shard {
    struct spread_intake *intake;
    struct spread_shard *shard;   /* borrowed; while it has a feed */
    struct wsub_owner_feed *feed; /* owned; NULL: the shard is not open */
    struct {
        struct wsub_entry_id id;
        char *topic;            /* owned */
    } announced[ANNOUNCED_MAX]; /* not sent so far */
    size_t announced_count;
};

struct spread_intake {
    struct spread_intake_options o;
    struct shard *shards; /* owned */
};

static void on_announced(enum wsub_err err, void *arg)
{
    struct shard *shard = arg;

    (void)spread_shard_replied(shard->shard, err);
}

static void forget_announced(struct shard *shard)
{
    for (size_t i = 0; i < shard->announced_count; i++)
        free(shard->announced[i].topic);
    shard->announced_count = 0;
}

static void send_announced(struct shard *shard)
{
    const char *entries[ANNOUNCED_MAX], *topics[ANNOUNCED_MAX];

    if (shard->announced_count == 0)
        return;
    for (size_t i = 0; i < shard->announced_count; i++) {
        entries[i] = shard->announced[i].id.text;
        topics[i] = shard->announced[i].topic;
    }
    spread_shard_sent(shard->shard);
    wsub_fetches_announced(shard->intake->o.store, &shard->shard->owned,
                           entries, topics, shard->announced_count,
                           on_announced, shard);
    forget_announced(shard);
}

static void on_rejected(enum wsub_err err, bool moved, const char *position,
                        void *arg)
{
    struct shard *shard = arg;

    (void)position;
    if (spread_shard_replied(shard->shard, err) && moved)
        wsub_metric_add(&spread_stats[SPREAD_STAT_REJECTED], 1);
}

static void reject(struct shard *shard, const char *id, const char *why)
{
    spread_shard_sent(shard->shard);
    spread_unusable_reject(
        &(struct spread_unusable){
            .store = shard->intake->o.store,
            .owned = &shard->shard->owned,
            .stream = WSUB_KEY_PINGS,
            .entry = id,
            .why = why,
        },
        on_rejected, shard);
}

static void on_held(enum wsub_err err, enum wsub_held held,
                    const char *position, void *arg)
{
    struct shard *shard = arg;

    (void)position;
    if (spread_shard_replied(shard->shard, err))
        spread_stats_held(held);
}

static void hold(struct shard *shard, const char *id, const char *why)
{
    spread_shard_sent(shard->shard);
    spread_unusable_hold(
        &(struct spread_unusable){
            .store = shard->intake->o.store,
            .owned = &shard->shard->owned,
            .stream = WSUB_KEY_PINGS,
            .entry = id,
            .why = why,
        },
        on_held, shard);
}

static void on_announcement(const struct wsub_stream_entry *entry, void *arg)
{
    struct shard *shard = arg;
    char why[SPREAD_WHY_BYTES];
    size_t at = shard->announced_count;

    switch (spread_check_ping(shard->intake->o.store, entry, why)) {
    case SPREAD_CHECK_FINE:
        break;
    case SPREAD_CHECK_WRONG:
        reject(shard, entry->id, why);
        return;
    case SPREAD_CHECK_NEWER:
        hold(shard, entry->id, why);
        return;
    }
    snprintf(shard->announced[at].id.text, sizeof(shard->announced[at].id.text),
             "%s", entry->id);
    shard->announced[at].topic =
        wsub_strdup(wsub_stream_field(entry->fields, "t", NULL));
    shard->announced_count++;
    if (shard->announced_count == ANNOUNCED_MAX)
        send_announced(shard);
}

/* Also whether its topic group was deleted. */
static enum spread_check check_event(const struct spread_intake_options *o,
                                     const struct wsub_stream_entry *entry,
                                     char why[SPREAD_WHY_BYTES])
{
    enum spread_check found = spread_check_event(o->store, entry, why);

    if (found != SPREAD_CHECK_FINE ||
        !wsub_groups_find(o->groups,
                          wsub_stream_field(entry->fields, "t", NULL))
             ->is_deleted)
        return found;
    snprintf(why, SPREAD_WHY_BYTES, "the topic has ended");
    return SPREAD_CHECK_WRONG;
}

static void on_event(const struct wsub_stream_entry *entry, void *arg)
{
    const struct shard *shard = arg;
    const struct spread_intake_options *o = &shard->intake->o;
    char why[SPREAD_WHY_BYTES];
    enum spread_check found = check_event(o, entry, why);
    const struct spread_fanout_entry read = {
        .id = entry->id,
        .topic = found == SPREAD_CHECK_FINE
                     ? wsub_stream_field(entry->fields, "t", NULL)
                     : NULL,
        .digest = spread_check_digest(entry),
        .is_newer = found == SPREAD_CHECK_NEWER,
        .why = why,
    };

    spread_fanout_add(o->fanout, shard->shard->owned.shard, &read);
}

static void on_given(void *arg)
{
    send_announced(arg);
}

static void on_wake(void *arg)
{
    const struct shard *shard = arg;
    const struct spread_intake_options *o = &shard->intake->o;

    o->on_wake(shard->shard, o->arg);
}

static size_t on_capacity(void *arg)
{
    const struct shard *shard = arg;

    return spread_fanout_capacity(shard->intake->o.fanout,
                                  shard->shard->owned.shard);
}

struct spread_intake *
spread_intake_new(const struct spread_intake_options *options)
{
    struct spread_intake *intake = wsub_calloc(1, sizeof(*intake));

    intake->o = *options;
    intake->shards = wsub_calloc(options->shards, sizeof(*intake->shards));
    for (unsigned i = 0; i < options->shards; i++)
        intake->shards[i].intake = intake;
    return intake;
}

void spread_intake_free(struct spread_intake *intake)
{
    if (intake == NULL)
        return;
    for (unsigned i = 0; i < intake->o.shards; i++)
        spread_intake_close(intake, i);
    free(intake->shards);
    free(intake);
}

void spread_intake_open(struct spread_intake *intake,
                        struct spread_shard *open_shard, const char *position)
{
    struct shard *shard = &intake->shards[open_shard->owned.shard];

    if (shard->feed != NULL) {
        wsub_owner_feed_restart(shard->feed, position);
        return;
    }
    shard->shard = open_shard;
    shard->feed = wsub_owner_feed_new(
        &(struct wsub_owner_feed_options){
            .base = intake->o.base,
            .store = intake->o.store,
            .shard = open_shard->owned.shard,
            .capacity = on_capacity,
            .on_event = on_event,
            .on_announcement = on_announcement,
            .on_given = on_given,
            .on_wake = on_wake,
            .arg = shard,
        },
        position);
}

void spread_intake_close(struct spread_intake *intake, unsigned number)
{
    struct shard *shard = &intake->shards[number];

    wsub_owner_feed_free(shard->feed);
    shard->feed = NULL;
    forget_announced(shard);
}

void spread_intake_kick(struct spread_intake *intake, unsigned number)
{
    if (intake->shards[number].feed != NULL)
        wsub_owner_feed_kick(intake->shards[number].feed);
}
