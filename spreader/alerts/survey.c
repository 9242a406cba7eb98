#include "spreader/alerts/survey.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/base/mem.h"
#include "common/store/gaps.h"
#include "common/store/instance_list.h"
#include "common/store/shard_status.h"
#include "common/store/store.h"
#include "common/store/subscription_count.h"
#include "spreader/health/pace.h"

#define RECENT_MS 300000 /* for which something that comes is an alert */

struct spread_alert_survey {
    struct spread_alert_survey_options o;
    struct spread_pace pace;
    bool is_under_way;
    unsigned shard;               /* that is looked at */
    struct wsub_waiting *waiting; /* owned; of each shard */
    bool *unowned, *was_unowned;  /* owned; at this look, and both */
    struct spread_facts facts;
    struct spread_failed *failed; /* owned */
    char **names;                 /* owned; theirs */
    size_t failed_count;
};

static void clear_names(struct spread_alert_survey *survey)
{
    for (size_t i = 0; i < survey->failed_count; i++)
        free(survey->names[i]);
    free(survey->names);
    free(survey->failed);
    survey->names = NULL;
    survey->failed = NULL;
    survey->failed_count = 0;
}

static void finish(struct spread_alert_survey *survey,
                   const struct spread_facts *facts)
{
    survey->is_under_way = false;
    survey->o.on_facts(facts, survey->o.arg);
}

static bool letters_come(const struct spread_alert_survey *survey)
{
    for (unsigned i = 0; i < survey->facts.shards; i++)
        if (survey->waiting[i].letter_ms >= 0 &&
            survey->waiting[i].letter_ms < RECENT_MS)
            return true;
    return false;
}

/* The looks; the last ones first. */

static void on_gaps(enum wsub_err err, const void *items, size_t count,
                    const struct wsub_place *next, void *arg)
{
    struct spread_alert_survey *survey = arg;
    const struct wsub_gap *gaps = items;

    (void)next;
    if (err != WSUB_OK) {
        finish(survey, NULL);
        return;
    }
    survey->facts.gaps_come = count > 0 && wsub_store_time_ms(survey->o.store) <
                                               gaps[0].place.ms + RECENT_MS;
    survey->facts.letters_come = letters_come(survey);
    finish(survey, &survey->facts);
}

static void add_failed(struct spread_alert_survey *survey, const char *name,
                       const char *why)
{
    size_t at = survey->failed_count++;

    survey->failed =
        wsub_realloc(survey->failed, (at + 1) * sizeof(*survey->failed));
    survey->names =
        wsub_realloc(survey->names, (at + 1) * sizeof(*survey->names));
    survey->names[at] = wsub_strdup(name);
    survey->failed[at] =
        (struct spread_failed){.name = survey->names[at], .why = why};
}

static bool says_failed(const struct wsub_instance_row *row)
{
    json_t *record =
        row->record != NULL ? json_loads(row->record, 0, NULL) : NULL;
    const char *health = json_string_value(json_object_get(record, "health"));
    bool has_failed = health != NULL && strcmp(health, "failed") == 0;

    json_decref(record);
    return has_failed;
}

static void note_row(struct spread_alert_survey *survey,
                     const struct wsub_instance_row *row)
{
    for (size_t i = 0; i < SPREAD_ROLES; i++)
        if (row->role != NULL && strcmp(row->role, spread_role_names[i]) == 0 &&
            row->heartbeat_age_ms < survey->o.heartbeat_timeout_ms)
            survey->facts.live[i]++;
    if (!says_failed(row))
        return;
    add_failed(survey, row->name, "it can't register");
}

static void on_instances(enum wsub_err err,
                         const struct wsub_instance_row *rows, size_t count,
                         void *arg)
{
    struct spread_alert_survey *survey = arg;

    if (err != WSUB_OK) {
        finish(survey, NULL);
        return;
    }
    clear_names(survey);
    memset(survey->facts.live, 0, sizeof(survey->facts.live));
    for (size_t i = 0; i < count; i++)
        note_row(survey, &rows[i]);
    survey->facts.failed = survey->failed;
    survey->facts.failed_count = survey->failed_count;
    wsub_gaps_list(survey->o.store, NULL, 1, on_gaps, survey);
}

static void on_subscriptions(enum wsub_err err, uint64_t sum, void *arg)
{
    struct spread_alert_survey *survey = arg;

    survey->facts.subscriptions = sum;
    if (err == WSUB_OK)
        wsub_instance_list(survey->o.store, on_instances, survey);
    else
        finish(survey, NULL);
}

static void on_info(enum wsub_err err, const struct wsub_server_info *info,
                    void *arg)
{
    struct spread_alert_survey *survey = arg;

    if (err != WSUB_OK) {
        finish(survey, NULL);
        return;
    }
    survey->facts.redis = *info;
    wsub_subscription_count(survey->o.store, on_subscriptions, survey);
}

static void on_status(enum wsub_err err, const struct wsub_shard_status *status,
                      void *arg)
{
    struct spread_alert_survey *survey = arg;
    bool is_unowned;

    if (err != WSUB_OK) {
        finish(survey, NULL);
        return;
    }
    is_unowned = status->owner == NULL;
    survey->unowned[survey->shard] =
        is_unowned && survey->was_unowned[survey->shard];
    survey->was_unowned[survey->shard] = is_unowned;
    survey->shard++;
    spread_pace_replied(&survey->pace);
}

static void on_waiting(enum wsub_err err, const struct wsub_waiting *waiting,
                       void *arg)
{
    struct spread_alert_survey *survey = arg;

    if (err != WSUB_OK) {
        finish(survey, NULL);
        return;
    }
    survey->waiting[survey->shard] = *waiting;
    wsub_shard_status(survey->o.store, survey->shard, on_status, survey);
}

static void on_next(void *arg)
{
    struct spread_alert_survey *survey = arg;

    if (survey->shard == survey->facts.shards) {
        wsub_server_info(survey->o.store, on_info, survey);
        return;
    }
    spread_pace_sent(&survey->pace);
    wsub_waiting(survey->o.store, survey->shard, on_waiting, survey);
}

struct spread_alert_survey *
spread_alert_survey_new(const struct spread_alert_survey_options *options)
{
    struct spread_alert_survey *survey = wsub_calloc(1, sizeof(*survey));
    unsigned shards = wsub_store_shards(options->store);

    survey->o = *options;
    survey->waiting = wsub_calloc(shards, sizeof(*survey->waiting));
    survey->unowned = wsub_calloc(shards, sizeof(*survey->unowned));
    survey->was_unowned = wsub_calloc(shards, sizeof(*survey->was_unowned));
    survey->facts.shards = shards;
    survey->facts.waiting = survey->waiting;
    survey->facts.unowned = survey->unowned;
    spread_pace_init(&survey->pace, options->base, on_next, survey);
    return survey;
}

void spread_alert_survey_free(struct spread_alert_survey *survey)
{
    if (survey == NULL)
        return;
    spread_pace_done(&survey->pace);
    clear_names(survey);
    free(survey->waiting);
    free(survey->unowned);
    free(survey->was_unowned);
    free(survey);
}

void spread_alert_survey_start(struct spread_alert_survey *survey)
{
    if (survey->is_under_way)
        return;
    survey->is_under_way = true;
    survey->shard = 0;
    on_next(survey);
}

void spread_alert_survey_follow(struct spread_alert_survey *survey,
                                bool is_told)
{
    for (unsigned i = 0; i < survey->facts.shards; i++)
        survey->was_unowned[i] = is_told;
}
