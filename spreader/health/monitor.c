#include "spreader/health/monitor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/calls.h"
#include "common/store/health/notes.h"
#include "common/store/store.h"
#include "spreader/health/findings.h"
#include "spreader/health/fsck.h"
#include "spreader/health/mender.h"
#include "spreader/health/report.h"
#include "spreader/health/survey.h"
#include "spreader/health/tally.h"
#include "spreader/health/walk.h"
#include "spreader/stats.h"

#define ATTEMPTS 3    /* to mend one thing */
#define RETRY_MS 1000 /* after Redis was away */
#define SOON_MS 10    /* behind what made it due */

/* What it is at; each step starts the next one. */
enum step {
    STEP_IDLE,
    STEP_WALK,
    STEP_LOOK_AGAIN,
    STEP_SURVEY,
    STEP_NOTE,
    STEP_MEND,
    STEP_ITEM, /* what an operator has asked for */
};

struct spread_monitor {
    struct spread_monitor_options o;
    struct wsub_timer check, again, orders;
    struct spread_walk *walk;
    struct spread_survey *survey;
    struct spread_tally *tally;
    struct spread_mender *mender;
    struct spread_findings findings;
    struct spread_fsck fsck;
    enum step step;
    uint64_t epoch;    /* 0: somebody else is the coordinator */
    bool is_check;     /* else it looks again */
    bool check_wanted; /* soon */
    bool reconciles;   /* nobody was told of its first check */
    bool asks;         /* the call for orders is on its way */
    uint64_t began_ms;
    uint64_t asked, checked;         /* numbers of checks that were asked for */
    uint64_t mended;                 /* since it leads */
    size_t open;                     /* to be looked at again */
    unsigned tallied;                /* the shard that was tallied last */
    struct wsub_health_issue *noted; /* owned; while the note is on its way */
    size_t noted_count;
    struct spread_findings asked_for; /* one item of an operator's */
    char *item;                       /* owned; as Redis has it; NULL: none */
    const char *item_done;            /* the same, once that is to be told */
};

static bool leads(const struct spread_monitor *monitor)
{
    return monitor->epoch != 0;
}

/* The end of a pass, however it ended. */

static void set_gauges(const struct spread_monitor *monitor)
{
    for (int i = 0; i < WSUB_HEALTH_KINDS; i++)
        wsub_metric_set(&spread_stats[SPREAD_STAT_STALE + i],
                        monitor->findings.counts[i]);
}

/* Whoever leads from now on compares with what was before: the first check, and
 * what it mended. */
static void tell_reconciled(struct spread_monitor *monitor)
{
    const struct wsub_health_totals *totals = spread_walk_totals(monitor->walk);
    const struct spread_survey_sums *sums = spread_survey_sums(monitor->survey);

    monitor->reconciles = false;
    wsub_log_info("replay-completed",
                  WSUB_KU("subscriptions", totals->subscriptions),
                  WSUB_KU("owned_shards", sums->owned_shards),
                  WSUB_KU("consumers", sums->consumers),
                  WSUB_KU("processes", sums->processes),
                  WSUB_KU("mended", monitor->mended),
                  WSUB_KU("issues", spread_findings_count(&monitor->findings)));
}

static void plan(struct spread_monitor *monitor)
{
    uint64_t interval_ms =
        (uint64_t)monitor->o.config->health_check_interval_s * 1000;

    if (spread_fsck_wants_check(&monitor->fsck) || monitor->check_wanted ||
        monitor->asked > monitor->checked)
        wsub_timer_start_ms(&monitor->check, SOON_MS);
    else
        wsub_timer_plan_ms(&monitor->check, interval_ms);
    if (monitor->open > 0)
        wsub_timer_plan_ms(&monitor->again,
                           monitor->o.config->cleanup_pause_ms + SOON_MS);
}

static void send_orders(struct spread_monitor *monitor);

/* A pass is over. */
static void end_pass(struct spread_monitor *monitor)
{
    monitor->step = STEP_IDLE;
    set_gauges(monitor);
    if (monitor->reconciles && monitor->open == 0)
        tell_reconciled(monitor);
    spread_fsck_passed(&monitor->fsck, monitor->is_check, monitor->noted_count,
                       monitor->open, wsub_store_time_ms(monitor->o.store));
    plan(monitor);
    send_orders(monitor);
}

/* Redis is away, or the process leads no more: it is all done again later. */
static void break_off(struct spread_monitor *monitor)
{
    if (monitor->step == STEP_ITEM) { /* Redis still has it */
        free(monitor->item);
        monitor->item = NULL;
        spread_findings_clear(&monitor->asked_for);
    }
    monitor->step = STEP_IDLE;
    free(monitor->noted);
    monitor->noted = NULL;
    if (leads(monitor))
        wsub_timer_start_ms(&monitor->check, RETRY_MS);
}

static bool goes_on(struct spread_monitor *monitor, enum wsub_err err)
{
    if (err == WSUB_OK && leads(monitor))
        return true;
    break_off(monitor);
    return false;
}

/* Mending. */

static void on_result(const struct wsub_health_issue *issue,
                      enum wsub_health_result result, void *arg)
{
    struct spread_monitor *monitor = arg;

    if (monitor->step == STEP_LOOK_AGAIN) {
        if (result == WSUB_HEALTH_WELL)
            spread_findings_remove(&monitor->findings, issue);
        return;
    }
    if (result != WSUB_HEALTH_MENDED)
        return;
    monitor->mended++;
    spread_fsck_mended(&monitor->fsck);
    wsub_metric_add(&spread_stats[SPREAD_STAT_MENDED], 1);
    wsub_log_info("health-mended", WSUB_KV("action", issue->action),
                  WSUB_KV("key", issue->key.data),
                  WSUB_KU("shard", issue->shard == WSUB_SHARD_CLUSTER
                                       ? -1
                                       : (long long)issue->shard),
                  WSUB_KV("was", issue->why));
}

static void give_up(const struct wsub_health_issue *issue)
{
    wsub_metric_add(&spread_stats[SPREAD_STAT_GIVEN_UP], 1);
    wsub_log_error(
        "health-alert", WSUB_KV("kind", wsub_health_kind_name(issue->kind)),
        WSUB_KV("action", issue->action), WSUB_KV("key", issue->key.data),
        WSUB_KU("shard", issue->shard == WSUB_SHARD_CLUSTER
                             ? -1
                             : (long long)issue->shard),
        WSUB_KE("why", issue->why));
}

static void start_survey(struct spread_monitor *monitor);
static void end_item(struct spread_monitor *monitor);

static void on_mended(enum wsub_err err, void *arg)
{
    struct spread_monitor *monitor = arg;

    if (!goes_on(monitor, err))
        return;
    if (monitor->step == STEP_LOOK_AGAIN)
        start_survey(monitor);
    else if (monitor->step == STEP_ITEM)
        end_item(monitor);
    else
        end_pass(monitor);
}

static struct wsub_health_issue *chosen(const struct spread_monitor *monitor,
                                        const struct wsub_health_noted *noted)
{
    struct wsub_health_issue *due =
        wsub_calloc(noted->due_count + 1, sizeof(*due));

    for (size_t i = 0; i < noted->due_count; i++)
        due[i] = monitor->noted[noted->due[i]];
    return due;
}

/* Noting. */

static void on_noted(enum wsub_err err, const struct wsub_health_noted *noted,
                     void *arg)
{
    struct spread_monitor *monitor = arg;
    struct wsub_health_issue *due;

    if (!goes_on(monitor, err))
        return;
    for (size_t i = 0; i < noted->given_up_count; i++)
        give_up(&monitor->noted[noted->given_up[i]]);
    due = chosen(monitor, noted);
    free(monitor->noted);
    monitor->noted = NULL;
    monitor->open = noted->open;
    monitor->step = STEP_MEND;
    spread_mender_start(monitor->mender, true, due, noted->due_count);
}

static bool is_ours(const struct wsub_health_issue *issue)
{
    return strcmp(issue->action, WSUB_HEALTH_UNKNOWN) != 0;
}

static char *make_report(const struct spread_monitor *monitor)
{
    const struct spread_survey_sums *sums = spread_survey_sums(monitor->survey);
    uint64_t duration_ms = wsub_now_ms() - monitor->began_ms;

    wsub_metric_set(&spread_stats[SPREAD_STAT_CHECK_MS], duration_ms);
    return spread_report_json(&(struct spread_report){
        .time_ms = wsub_store_time_ms(monitor->o.store),
        .site = monitor->o.config->site,
        .number = monitor->checked,
        .duration_ms = duration_ms,
        .totals = *spread_walk_totals(monitor->walk),
        .keys = spread_walk_keys(monitor->walk),
        .shards = wsub_store_shards(monitor->o.store),
        .owned_shards = sums->owned_shards,
        .uncounted_shards = sums->uncounted_shards,
        .processes = sums->processes,
        .consumers = sums->consumers,
        .findings = &monitor->findings,
    });
}

static void note(struct spread_monitor *monitor)
{
    char *report = monitor->is_check ? make_report(monitor) : NULL;

    monitor->step = STEP_NOTE;
    monitor->noted = spread_findings_list(&monitor->findings, is_ours,
                                          &monitor->noted_count);
    wsub_health_note(monitor->o.store,
                     &(struct wsub_health_note){
                         .epoch = monitor->epoch,
                         .report = report,
                         .forced = spread_fsck_repairs(&monitor->fsck),
                         .attempts = ATTEMPTS,
                         .issues = monitor->noted,
                         .count = monitor->noted_count,
                     },
                     on_noted, monitor);
    free(report);
}

/* Looking. */

static void on_issue(const struct wsub_health_issue *issue, void *arg)
{
    struct spread_monitor *monitor = arg;

    spread_findings_add(&monitor->findings, issue);
}

static void on_cursor(unsigned shard, const struct wsub_health_cursor *cursor,
                      void *arg)
{
    struct spread_monitor *monitor = arg;

    spread_survey_expect(monitor->survey, shard, cursor);
}

static void on_surveyed(enum wsub_err err, void *arg)
{
    struct spread_monitor *monitor = arg;

    if (goes_on(monitor, err))
        note(monitor);
}

/* Counting all subscriptions anew takes Redis half as long as all else: a check
 * does so for one shard, the first one and those of an fsck for all.  What was
 * wrong is looked at again. */
static unsigned tallied(struct spread_monitor *monitor)
{
    if (monitor->reconciles || spread_fsck_is_active(&monitor->fsck))
        return SPREAD_TALLY_ALL;
    if (monitor->is_check)
        monitor->tallied =
            (monitor->tallied + 1) % wsub_store_shards(monitor->o.store);
    return monitor->tallied;
}

static void start_survey(struct spread_monitor *monitor)
{
    monitor->step = STEP_SURVEY;
    spread_survey_start(monitor->survey, tallied(monitor));
}

static void on_walked(enum wsub_err err, void *arg)
{
    struct spread_monitor *monitor = arg;

    if (goes_on(monitor, err))
        start_survey(monitor);
}

static void on_check(void *arg)
{
    struct spread_monitor *monitor = arg;

    if (!leads(monitor))
        return;
    monitor->check_wanted = monitor->step != STEP_IDLE;
    if (monitor->check_wanted)
        return; /* the end of what is under way plans it */
    wsub_timer_stop(&monitor->again);
    monitor->is_check = true;
    monitor->began_ms = wsub_now_ms();
    monitor->checked = monitor->asked;
    spread_findings_clear(&monitor->findings);
    spread_survey_forget(monitor->survey);
    spread_fsck_begins_check(&monitor->fsck);
    monitor->step = STEP_WALK;
    spread_walk_start(monitor->walk);
}

static void on_again(void *arg)
{
    struct spread_monitor *monitor = arg;
    struct wsub_health_issue *issues;
    size_t count;

    if (!leads(monitor) || monitor->step != STEP_IDLE)
        return;
    monitor->is_check = false;
    spread_findings_drop(&monitor->findings, spread_survey_finds);
    issues = spread_findings_list(&monitor->findings, is_ours, &count);
    monitor->step = STEP_LOOK_AGAIN;
    spread_mender_start(monitor->mender, false, issues, count);
}

static void on_unowned(void *arg)
{
    const struct spread_monitor *monitor = arg;

    monitor->o.on_unowned(monitor->o.arg);
}

/* Orders. */

static void on_orders(enum wsub_err err,
                      const struct wsub_health_orders *orders, void *arg);

/* Says how far the fsck is, and which item is done. */
static void send_orders(struct spread_monitor *monitor)
{
    const char *state = spread_fsck_state(&monitor->fsck);
    char *progress = NULL;

    if (!leads(monitor) || monitor->asks)
        return;
    if (state != NULL)
        progress =
            spread_fsck_json(&monitor->fsck, spread_walk_keys(monitor->walk),
                             monitor->o.config->instance_name);
    monitor->asks = true;
    wsub_health_orders(monitor->o.store,
                       &(struct wsub_health_progress){
                           .epoch = monitor->epoch,
                           .item_done = monitor->item_done,
                           .state = state,
                           .progress = progress,
                           .number = monitor->fsck.number,
                       },
                       on_orders, monitor);
    free(progress);
}

static void on_orders_due(void *arg)
{
    send_orders(arg);
}

static void end_item(struct spread_monitor *monitor)
{
    monitor->step = STEP_IDLE;
    monitor->item_done = monitor->item;
    spread_findings_clear(&monitor->asked_for);
    wsub_timer_start_ms(&monitor->orders, SOON_MS);
    plan(monitor);
}

/* One thing at a time, and not within a pass. */
static void mend_item(struct spread_monitor *monitor,
                      const struct wsub_health_orders *orders)
{
    size_t count;

    if (orders->item[0] == '\0' || monitor->item != NULL ||
        monitor->step != STEP_IDLE)
        return;
    monitor->item = wsub_strdup(orders->item);
    monitor->step = STEP_ITEM;
    if (orders->issue.action[0] == '\0') {
        end_item(monitor);
        return;
    }
    spread_findings_add(&monitor->asked_for, &orders->issue);
    spread_mender_start(monitor->mender, true,
                        spread_findings_list(&monitor->asked_for, NULL, &count),
                        1);
}

/* What was told is told. */
static void forget_item(struct spread_monitor *monitor)
{
    if (monitor->item_done == NULL)
        return;
    free(monitor->item);
    monitor->item = NULL;
    monitor->item_done = NULL;
}

static void on_orders(enum wsub_err err,
                      const struct wsub_health_orders *orders, void *arg)
{
    struct spread_monitor *monitor = arg;

    monitor->asks = false;
    if (!leads(monitor))
        return;
    wsub_timer_start_ms(&monitor->orders,
                        monitor->o.config->heartbeat_interval_ms);
    if (err != WSUB_OK)
        return;
    forget_item(monitor);
    monitor->asked = orders->asked;
    if (strcmp(orders->fsck_state, "requested") == 0 ||
        strcmp(orders->fsck_state, "running") == 0)
        spread_fsck_begin(&monitor->fsck, orders->fsck, orders->fsck_repairs,
                          wsub_store_time_ms(monitor->o.store));
    mend_item(monitor, orders);
    if (monitor->step == STEP_IDLE)
        plan(monitor);
}

struct spread_monitor *
spread_monitor_new(const struct spread_monitor_options *options)
{
    struct spread_monitor *monitor = wsub_calloc(1, sizeof(*monitor));

    monitor->o = *options;
    wsub_timer_init(&monitor->check, options->base, on_check, monitor);
    wsub_timer_init(&monitor->again, options->base, on_again, monitor);
    wsub_timer_init(&monitor->orders, options->base, on_orders_due, monitor);
    monitor->walk =
        spread_walk_new(&(struct spread_walk_options){.base = options->base,
                                                      .store = options->store,
                                                      .on_issue = on_issue,
                                                      .on_cursor = on_cursor,
                                                      .on_done = on_walked,
                                                      .arg = monitor});
    monitor->tally = spread_tally_new(options->base, options->store);
    monitor->survey = spread_survey_new(
        &(struct spread_survey_options){.store = options->store,
                                        .config = options->config,
                                        .tally = monitor->tally,
                                        .on_issue = on_issue,
                                        .on_done = on_surveyed,
                                        .arg = monitor});
    monitor->mender = spread_mender_new(
        &(struct spread_mender_options){.store = options->store,
                                        .survey = monitor->survey,
                                        .tally = monitor->tally,
                                        .on_unowned = on_unowned,
                                        .on_result = on_result,
                                        .on_done = on_mended,
                                        .arg = monitor});
    return monitor;
}

void spread_monitor_free(struct spread_monitor *monitor)
{
    if (monitor == NULL)
        return;
    wsub_timer_done(&monitor->check);
    wsub_timer_done(&monitor->again);
    wsub_timer_done(&monitor->orders);
    spread_walk_free(monitor->walk);
    spread_survey_free(monitor->survey);
    spread_mender_free(monitor->mender);
    spread_tally_free(monitor->tally);
    spread_findings_clear(&monitor->findings);
    spread_findings_clear(&monitor->asked_for);
    free(monitor->noted);
    free(monitor->item);
    free(monitor);
}

void spread_monitor_lead(uint64_t epoch, void *arg)
{
    struct spread_monitor *monitor = arg;

    monitor->epoch = epoch;
    monitor->reconciles = true;
    monitor->mended = 0;
    monitor->open = 0;
    monitor->check_wanted = true;
    spread_fsck_forget(&monitor->fsck);
    send_orders(monitor);
    if (monitor->step == STEP_IDLE)
        wsub_timer_start_ms(&monitor->check, SOON_MS);
}

void spread_monitor_lost(void *arg)
{
    struct spread_monitor *monitor = arg;

    monitor->epoch = 0;
    wsub_timer_stop(&monitor->check);
    wsub_timer_stop(&monitor->again);
    wsub_timer_stop(&monitor->orders);
    spread_walk_stop(monitor->walk);
    spread_fsck_forget(&monitor->fsck);
}

void spread_monitor_wake(struct spread_monitor *monitor)
{
    send_orders(monitor);
}
