#include "spreader/health/survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/mem.h"
#include "common/store/calls.h"
#include "common/store/instance_list.h"
#include "common/store/owners.h"
#include "common/store/store.h"
#include "spreader/health/tally.h"

#define CURSORS_MAX 500 /* of a shard: with its entries a few ms of Redis */
#define CONSUMERS_MAX 10000

struct expected {
    char *td, *cd, *number; /* owned */
};

struct consumer {
    unsigned shard;
    const char *lane; /* const; of the three */
    char *name;       /* owned */
};

struct shard {
    struct expected *cursors; /* owned; CURSORS_MAX, or NULL */
    size_t cursor_count;
    bool has_deliver_work;
};

struct spread_survey {
    struct spread_survey_options o;
    struct shard *shards; /* owned */
    unsigned count, at;
    unsigned tallied;
    struct consumer *consumers; /* owned */
    size_t consumer_count;
    struct spread_survey_sums sums;
};

static const char *const lanes[] = {"outbox", "bulk", "verify"};

static struct wsub_health_text text(const char *string)
{
    return (struct wsub_health_text){string, strlen(string)};
}

static void note(struct spread_survey *survey, enum wsub_health_kind kind,
                 unsigned shard, const char *action, const char *key,
                 const char *member, const char *why)
{
    survey->o.on_issue(&(struct wsub_health_issue){kind, shard, action,
                                                   text(key), text(member),
                                                   why},
                       survey->o.arg);
}

/* Consumers. */

static void drop_consumers(struct spread_survey *survey)
{
    for (size_t i = 0; i < survey->consumer_count; i++)
        free(survey->consumers[i].name);
    free(survey->consumers);
    survey->consumers = NULL;
    survey->consumer_count = 0;
}

static const char *lane_named(const char *name)
{
    for (size_t i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++)
        if (strcmp(lanes[i], name) == 0)
            return lanes[i];
    return lanes[0];
}

static void take_consumers(struct spread_survey *survey,
                           const struct wsub_health_slot *slot)
{
    size_t count = survey->consumer_count;

    survey->consumers =
        wsub_realloc(survey->consumers, (count + slot->consumer_count + 1) *
                                            sizeof(*survey->consumers));
    for (size_t i = 0; i < slot->consumer_count && count < CONSUMERS_MAX; i++)
        survey->consumers[count++] =
            (struct consumer){survey->at, lane_named(slot->consumers[i].lane),
                              wsub_strdup(slot->consumers[i].name)};
    survey->consumer_count = count;
}

/* The number behind "incarnation" in a record; 0 when it can't be read. */
static uint64_t incarnation_of(const char *record)
{
    static const char field[] = "\"incarnation\":";
    const char *at = record != NULL ? strstr(record, field) : NULL;

    return at != NULL ? strtoull(at + sizeof(field) - 1, NULL, 10) : 0;
}

static int compare_name(const void *name, const void *row)
{
    return strcmp(name, ((const struct wsub_instance_row *)row)->name);
}

/* NAME:INCARNATION of a life that is registered. */
static bool is_registered(const char *consumer,
                          const struct wsub_instance_row *rows, size_t count)
{
    const char *colon = strrchr(consumer, ':');
    char name[WSUB_INSTANCE_NAME_BYTES];
    const struct wsub_instance_row *row;

    snprintf(name, sizeof(name), "%.*s", (int)(colon - consumer), consumer);
    row = bsearch(name, rows, count, sizeof(*rows), compare_name);
    return row != NULL &&
           incarnation_of(row->record) == strtoull(colon + 1, NULL, 10);
}

static bool has_incarnation(const char *consumer)
{
    const char *colon = strrchr(consumer, ':');

    return colon != NULL && colon[1] != '\0' &&
           colon[1 + strspn(colon + 1, "0123456789")] == '\0';
}

static void look_at_consumer(struct spread_survey *survey,
                             const struct consumer *consumer,
                             const struct wsub_instance_row *rows, size_t count)
{
    if (!has_incarnation(consumer->name))
        note(survey, WSUB_HEALTH_ORPHANED, consumer->shard,
             WSUB_HEALTH_DROP_CONSUMER, consumer->lane, consumer->name,
             "a consumer that is no process");
    else if (!is_registered(consumer->name, rows, count))
        note(survey, WSUB_HEALTH_ORPHANED, consumer->shard,
             WSUB_HEALTH_HAND_OVER, consumer->lane, consumer->name,
             "a consumer whose process is gone");
}

static bool is_live(const struct spread_survey *survey,
                    const struct wsub_instance_row *row, const char *role)
{
    int64_t limit_ms = survey->o.config->heartbeat_timeout_ms;

    return row->role != NULL && strcmp(row->role, role) == 0 &&
           row->heartbeat_age_ms <= limit_ms &&
           row->heartbeat_age_ms >= -limit_ms;
}

static void look_at_lanes(struct spread_survey *survey,
                          const struct wsub_instance_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_live(survey, &rows[i], "deliver"))
            return;
    for (unsigned i = 0; i < survey->count; i++)
        if (survey->shards[i].has_deliver_work)
            note(survey, WSUB_HEALTH_MISSING, i, WSUB_HEALTH_NONE, "outbox", "",
                 "there is work, and no deliver lives");
}

static void on_instances(enum wsub_err err,
                         const struct wsub_instance_row *rows, size_t count,
                         void *arg)
{
    struct spread_survey *survey = arg;

    if (err == WSUB_OK) {
        survey->sums.processes = count;
        survey->sums.consumers = survey->consumer_count;
        for (size_t i = 0; i < survey->consumer_count; i++)
            look_at_consumer(survey, &survey->consumers[i], rows, count);
        look_at_lanes(survey, rows, count);
    }
    survey->o.on_done(err, survey->o.arg);
}

/* Shards. */

static void next_shard(struct spread_survey *survey);

static void end_shard(struct spread_survey *survey)
{
    survey->at++;
    next_shard(survey);
}

static void on_tallied(enum wsub_err err, bool changed, uint64_t wrong,
                       void *arg)
{
    struct spread_survey *survey = arg;

    (void)changed; /* the next check counts them */
    if (err != WSUB_OK) {
        survey->o.on_done(err, survey->o.arg);
        return;
    }
    if (wrong > 0)
        note(survey, WSUB_HEALTH_CORRUPT, survey->at,
             WSUB_HEALTH_COUNT_SUBSCRIPTIONS, "counts", "s",
             "counts of subscriptions do not add up");
    end_shard(survey);
}

static void on_counted(enum wsub_err err, bool skipped,
                       const struct wsub_health_issue *issues, size_t count,
                       void *arg)
{
    struct spread_survey *survey = arg;

    if (err != WSUB_OK) {
        survey->o.on_done(err, survey->o.arg);
        return;
    }
    survey->sums.uncounted_shards += skipped;
    for (size_t i = 0; i < count; i++)
        survey->o.on_issue(&issues[i], survey->o.arg);
    if (survey->tallied == SPREAD_TALLY_ALL || survey->tallied == survey->at)
        spread_tally_start(survey->o.tally, survey->at, false, on_tallied,
                           survey);
    else
        end_shard(survey);
}

static void count_shard(struct spread_survey *survey)
{
    const struct shard *shard = &survey->shards[survey->at];
    struct wsub_health_cursor *cursors =
        wsub_calloc(shard->cursor_count + 1, sizeof(*cursors));

    for (size_t i = 0; i < shard->cursor_count; i++)
        cursors[i] = (struct wsub_health_cursor){
            text(shard->cursors[i].td), text(shard->cursors[i].cd),
            text(shard->cursors[i].number)};
    wsub_health_count(survey->o.store, survey->at, cursors, shard->cursor_count,
                      on_counted, survey);
    free(cursors);
}

static void on_slot(enum wsub_err err, const struct wsub_health_slot *slot,
                    void *arg)
{
    struct spread_survey *survey = arg;

    if (err != WSUB_OK) {
        survey->o.on_done(err, survey->o.arg);
        return;
    }
    survey->sums.owned_shards += slot->owned;
    survey->shards[survey->at].has_deliver_work = slot->deliver_work;
    if (!slot->owned && slot->owner_work)
        note(survey, WSUB_HEALTH_MISSING, survey->at, WSUB_HEALTH_OWN, "owner",
             "", "there is work, and nobody owns the shard");
    take_consumers(survey, slot);
    count_shard(survey);
}

static void next_shard(struct spread_survey *survey)
{
    if (survey->at < survey->count)
        wsub_health_slot(survey->o.store, survey->at, on_slot, survey);
    else
        wsub_instance_list(survey->o.store, on_instances, survey);
}

struct spread_survey *
spread_survey_new(const struct spread_survey_options *options)
{
    struct spread_survey *survey = wsub_calloc(1, sizeof(*survey));

    survey->o = *options;
    survey->count = wsub_store_shards(options->store);
    survey->shards = wsub_calloc(survey->count, sizeof(*survey->shards));
    return survey;
}

void spread_survey_free(struct spread_survey *survey)
{
    if (survey == NULL)
        return;
    spread_survey_forget(survey);
    drop_consumers(survey);
    free(survey->shards);
    free(survey);
}

void spread_survey_start(struct spread_survey *survey, unsigned tallied)
{
    survey->tallied = tallied;
    drop_consumers(survey);
    survey->sums = (struct spread_survey_sums){0};
    survey->at = 0;
    next_shard(survey);
}

/* Cursor jobs. */

void spread_survey_expect(struct spread_survey *survey, unsigned number,
                          const struct wsub_health_cursor *cursor)
{
    struct shard *shard = &survey->shards[number];

    if (shard->cursors == NULL)
        shard->cursors = wsub_calloc(CURSORS_MAX, sizeof(*shard->cursors));
    if (shard->cursor_count < CURSORS_MAX)
        shard->cursors[shard->cursor_count++] = (struct expected){
            wsub_memdup(cursor->td.data, cursor->td.len),
            wsub_memdup(cursor->cd.data, cursor->cd.len),
            wsub_memdup(cursor->number.data, cursor->number.len)};
}

void spread_survey_forget(struct spread_survey *survey)
{
    for (unsigned i = 0; i < survey->count; i++) {
        struct shard *shard = &survey->shards[i];

        for (size_t k = 0; k < shard->cursor_count; k++) {
            free(shard->cursors[k].td);
            free(shard->cursors[k].cd);
            free(shard->cursors[k].number);
        }
        free(shard->cursors);
        shard->cursors = NULL;
        shard->cursor_count = 0;
    }
}

bool spread_survey_find(const struct spread_survey *survey, unsigned number,
                        const struct wsub_health_issue *issue,
                        struct wsub_health_cursor *ret_cursor)
{
    static const char prefix[] = "cursor:";
    const struct shard *shard = &survey->shards[number];

    if (strncmp(issue->key.data, prefix, sizeof(prefix) - 1) != 0)
        return false;
    for (size_t i = 0; i < shard->cursor_count; i++) {
        const struct expected *cursor = &shard->cursors[i];

        if (strcmp(cursor->td, issue->key.data + sizeof(prefix) - 1) == 0 &&
            strcmp(cursor->cd, issue->member.data) == 0) {
            *ret_cursor = (struct wsub_health_cursor){
                text(cursor->td), text(cursor->cd), text(cursor->number)};
            return true;
        }
    }
    return false;
}

bool spread_survey_finds(const struct wsub_health_issue *issue)
{
    static const char *const actions[] = {
        WSUB_HEALTH_COUNT, WSUB_HEALTH_OWN, WSUB_HEALTH_HAND_OVER,
        WSUB_HEALTH_DROP_CONSUMER, WSUB_HEALTH_COUNT_SUBSCRIPTIONS};

    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
        if (strcmp(actions[i], issue->action) == 0)
            return true;
    /* Of NONE, what is found at a shard. */
    return issue->shard != WSUB_SHARD_CLUSTER &&
           strcmp(issue->action, WSUB_HEALTH_NONE) == 0;
}

const struct spread_survey_sums *
spread_survey_sums(const struct spread_survey *survey)
{
    return &survey->sums;
}
