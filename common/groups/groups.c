/* groups.c - see groups.h.
 *
 *   first read, event, watch, poll --> changes since the place --> apply
 *                                            ^   '-- there are more --.
 *                                            '------------------------'
 *
 * One look is under way at a time; what asks for one meanwhile gets another one
 * afterwards.  A poll is a look from the start.
 *
 * What was taken is not before the place until a look has come to it.  A Redis that
 * was emptied meanwhile looks to a place without revisions as it did before, so a
 * look that finds no revisions ends what was taken before it was sent. */
#include "common/groups/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/crypto/digest.h"
#include "common/groups/stats.h"
#include "common/store/cluster_events.h"
#include "common/store/groups.h"

#define PAGE_MAX 500
#define AGAIN_MS 500 /* after a look that failed before the first was through */
#define TELL_MAX 100 /* lines of the log about one look */
#define JITTER_PART 10 /* of the time between two polls, so much is random */

struct wsub_groups {
    struct wsub_groups_options o;
    struct wsub_group_table *table; /* owned */
    struct wsub_group_place place;
    struct wsub_timer watch, poll, again;
    enum wsub_groups_source source; /* of the look under way */
    bool looking;
    bool wanted; /* another look, once this one is through */
    enum wsub_groups_source wanted_source;
    bool taken;     /* something was, since the last look was sent */
    bool was_taken; /* before it was, and after the one before */
    bool resetting; /* the look is from the start of other revisions */
    bool is_ready;
    size_t told; /* lines about this look */
};

static const char *const sources[] = {
    [WSUB_GROUPS_EVENT] = "event",
    [WSUB_GROUPS_WATCH] = "watch",
    [WSUB_GROUPS_POLL] = "poll",
    [WSUB_GROUPS_MISS] = "miss",
};

static void on_changed(const struct wsub_policy *policy, const char *id,
                       uint64_t version, const char *prefix, void *arg)
{
    struct wsub_groups *groups = arg;
    bool is_told = groups->told++ < TELL_MAX;

    wsub_metric_add(&wsub_group_stats[WSUB_GROUP_STAT_EVENT + groups->source],
                    1);
    WSUB_LOG(is_told ? WSUB_LOG_INFO : WSUB_LOG_DEBUG, "config-applied",
             WSUB_KV("group", id), WSUB_KU("version", version),
             WSUB_KV("source", sources[groups->source]));
    if (groups->o.on_changed != NULL)
        groups->o.on_changed(policy, prefix, groups->o.arg);
}

static void apply(struct wsub_groups *groups, const char *id,
                  const char *record)
{
    enum wsub_group_effect effect =
        wsub_group_table_apply(groups->table, record, on_changed, groups);

    if (effect == WSUB_GROUP_OLD) {
        wsub_metric_add(&wsub_group_stats[WSUB_GROUP_STAT_STALE], 1);
        wsub_log_info(
            "ignored-stale", WSUB_KV("group", id),
            WSUB_KU("applied", wsub_group_table_version(groups->table, id)));
    } else if (effect == WSUB_GROUP_UNREADABLE) {
        wsub_metric_add(&wsub_group_stats[WSUB_GROUP_STAT_UNREADABLE], 1);
        wsub_log_error("group-unreadable", WSUB_KV("group", id));
    }
    wsub_metric_set(&wsub_group_stats[WSUB_GROUP_STAT_KNOWN],
                    wsub_group_table_count(groups->table));
}

static void on_changes(const struct wsub_group_changes *changes, void *arg);

static void look(struct wsub_groups *groups, enum wsub_groups_source source)
{
    if (groups->looking) {
        if (!groups->wanted)
            groups->wanted_source = source;
        groups->wanted = true;
        return;
    }
    groups->looking = true;
    groups->was_taken |= groups->taken;
    groups->taken = false;
    groups->source = groups->is_ready ? source : WSUB_GROUPS_MISS;
    groups->told = 0;
    if (source == WSUB_GROUPS_POLL)
        groups->place.revision = 0;
    wsub_group_changes(groups->o.store, &groups->place, PAGE_MAX, on_changes,
                       groups);
}

static void become_ready(struct wsub_groups *groups)
{
    if (groups->is_ready)
        return;
    groups->is_ready = true;
    wsub_log_info("groups-read",
                  WSUB_KU("groups", wsub_group_table_count(groups->table)));
    if (groups->o.on_ready != NULL)
        groups->o.on_ready(groups->o.arg);
}

/* The look is over; `err` tells how. */
static void finish(struct wsub_groups *groups, enum wsub_err err)
{
    groups->looking = false;
    if (err == WSUB_OK && groups->resetting) {
        groups->resetting = false;
        wsub_group_table_end_again(groups->table, on_changed, groups);
    }
    if (err == WSUB_OK) {
        groups->was_taken = false;
        become_ready(groups);
    } else if (!groups->is_ready || groups->resetting) {
        wsub_timer_plan_ms(&groups->again, AGAIN_MS);
    }
    if (!groups->wanted || err != WSUB_OK)
        return;
    groups->wanted = false;
    look(groups, groups->wanted_source);
}

static bool is_emptied(const struct wsub_groups *groups,
                       const struct wsub_group_changes *changes)
{
    return groups->was_taken && changes->place.born[0] == '\0';
}

static void on_changes(const struct wsub_group_changes *changes, void *arg)
{
    struct wsub_groups *groups = arg;

    if (changes->err != WSUB_OK) {
        finish(groups, changes->err);
        return;
    }
    if (changes->is_reset || is_emptied(groups, changes)) {
        groups->resetting = true;
        wsub_group_table_begin_again(groups->table);
    }
    for (size_t i = 0; i < changes->count; i++)
        apply(groups, changes->list[i].id, changes->list[i].record);
    groups->place = changes->place;
    if (changes->more)
        wsub_group_changes(groups->o.store, &groups->place, PAGE_MAX,
                           on_changes, groups);
    else
        finish(groups, WSUB_OK);
}

static void on_watch(void *arg)
{
    struct wsub_groups *groups = arg;

    wsub_timer_start_ms(&groups->watch,
                        groups->o.config->group_watch_interval_ms);
    look(groups, WSUB_GROUPS_WATCH);
}

static void on_again(void *arg)
{
    look(arg, WSUB_GROUPS_WATCH);
}

/* Not all processes at the same time. */
static void plan_poll(struct wsub_groups *groups)
{
    uint64_t ms = 1000 * (uint64_t)groups->o.config->group_poll_interval_s;
    uint32_t random;

    wsub_random(&random, sizeof(random));
    wsub_timer_start_ms(&groups->poll, ms - ms / JITTER_PART / 2 +
                                           random % (ms / JITTER_PART + 1));
}

static void on_poll(void *arg)
{
    struct wsub_groups *groups = arg;

    plan_poll(groups);
    look(groups, WSUB_GROUPS_POLL);
}

struct wsub_groups *wsub_groups_new(const struct wsub_groups_options *options)
{
    struct wsub_groups *groups = wsub_calloc(1, sizeof(*groups));

    groups->o = *options;
    groups->table = wsub_group_table_new(options->config);
    wsub_metrics_register(wsub_group_stats, WSUB_GROUP_STAT_MAX_);
    wsub_timer_init(&groups->watch, options->base, on_watch, groups);
    wsub_timer_init(&groups->poll, options->base, on_poll, groups);
    wsub_timer_init(&groups->again, options->base, on_again, groups);
    wsub_timer_start_ms(&groups->watch,
                        options->config->group_watch_interval_ms);
    plan_poll(groups);
    return groups;
}

void wsub_groups_free(struct wsub_groups *groups)
{
    if (groups == NULL)
        return;
    wsub_timer_done(&groups->watch);
    wsub_timer_done(&groups->poll);
    wsub_timer_done(&groups->again);
    wsub_group_table_free(groups->table);
    free(groups);
}

void wsub_groups_redis_up(struct wsub_groups *groups)
{
    look(groups, WSUB_GROUPS_WATCH);
}

void wsub_groups_event(struct wsub_groups *groups,
                       const struct wsub_cluster_event *event)
{
    if (event != NULL && event->kind == WSUB_EVENT_CONFIG_CHANGED)
        look(groups, WSUB_GROUPS_EVENT);
}

bool wsub_groups_ready(const struct wsub_groups *groups)
{
    return groups->is_ready;
}

bool wsub_groups_ready_why(const struct wsub_groups *groups,
                           char reason[WSUB_STATUS_REASON_BYTES])
{
    if (!groups->is_ready)
        snprintf(reason, WSUB_STATUS_REASON_BYTES,
                 "the topic groups are not read yet");
    return groups->is_ready;
}

const struct wsub_policy *wsub_groups_find(const struct wsub_groups *groups,
                                           const char *topic)
{
    return wsub_group_table_find(groups->table, topic);
}

void wsub_groups_take(struct wsub_groups *groups, const char *id,
                      const char *record, enum wsub_groups_source source)
{
    enum wsub_groups_source before = groups->source;

    groups->source = source;
    groups->told = 0;
    groups->taken = true;
    apply(groups, id, record);
    groups->source = before;
}

void wsub_groups_look(struct wsub_groups *groups)
{
    look(groups, WSUB_GROUPS_WATCH);
}

uint64_t wsub_groups_version(const struct wsub_groups *groups, const char *id)
{
    return wsub_group_table_version(groups->table, id);
}

const char *wsub_groups_born(const struct wsub_groups *groups)
{
    return groups->place.born;
}

const struct wsub_group_table *
wsub_groups_table(const struct wsub_groups *groups)
{
    return groups->table;
}
