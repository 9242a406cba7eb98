#include "spreader/health/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/store/calls.h"

#define SAMPLES_MAX 10 /* of a kind */

/* Any bytes: those that are no printable ASCII are shown as \xHH. */
static json_t *text_json(const struct wsub_health_text *text)
{
    struct wsub_buf shown = {0};
    json_t *string = json_stringn(text->data, text->len);

    if (string != NULL)
        return string;
    for (size_t i = 0; i < text->len; i++) {
        unsigned char byte = (unsigned char)text->data[i];

        if (byte >= ' ' && byte < 0x7f)
            wsub_buf_char(&shown, (char)byte);
        else
            wsub_buf_printf(&shown, "\\x%02x", byte);
    }
    string = json_string(wsub_buf_cstr(&shown));
    wsub_buf_done(&shown);
    return string;
}

static json_t *sample_json(const struct wsub_health_issue *issue)
{
    json_t *shard = issue->shard == WSUB_SHARD_CLUSTER
                        ? json_null()
                        : json_integer(issue->shard);

    return json_pack("{s:o, s:o, s:o, s:s, s:s}", "shard", shard, "key",
                     text_json(&issue->key), "member",
                     text_json(&issue->member), "action", issue->action, "why",
                     issue->why);
}

static json_t *kind_json(const struct spread_report *report,
                         const struct wsub_health_issue *list, size_t count,
                         enum wsub_health_kind kind)
{
    json_t *samples = json_array();

    for (size_t i = 0; i < count && json_array_size(samples) < SAMPLES_MAX; i++)
        if (list[i].kind == kind)
            json_array_append_new(samples, sample_json(&list[i]));
    return json_pack("{s:I, s:o}", "count",
                     (json_int_t)report->findings->counts[kind], "samples",
                     samples);
}

static json_t *issues_json(const struct spread_report *report)
{
    json_t *issues = json_object();
    size_t count;
    struct wsub_health_issue *list =
        spread_findings_list(report->findings, NULL, &count);

    for (unsigned kind = 0; kind < WSUB_HEALTH_KINDS; kind++)
        json_object_set_new(
            issues, wsub_health_kind_name((enum wsub_health_kind)kind),
            kind_json(report, list, count, (enum wsub_health_kind)kind));
    free(list);
    return issues;
}

static void write_time(uint64_t time_ms, char ret_text[40])
{
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm parts = {0};
    char text[24];

    gmtime_r(&seconds, &parts);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(ret_text, 40, "%s.%03uZ", text, (unsigned)(time_ms % 1000));
}

static void write_summary(const struct spread_findings *findings,
                          char ret_text[160])
{
    const uint64_t *counts = findings->counts;
    uint64_t sum = spread_findings_count(findings);

    if (sum == 0)
        snprintf(ret_text, 160, "all is well");
    else
        snprintf(ret_text, 160,
                 "%" PRIu64 " issues: %" PRIu64 " stale, %" PRIu64
                 " orphaned, %" PRIu64 " missing, %" PRIu64 " corrupt",
                 sum, counts[WSUB_HEALTH_STALE], counts[WSUB_HEALTH_ORPHANED],
                 counts[WSUB_HEALTH_MISSING], counts[WSUB_HEALTH_CORRUPT]);
}

static json_t *totals_json(const struct spread_report *report)
{
    const struct wsub_health_totals *totals = &report->totals;
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"keys", report->keys},
        {"subscriptions", totals->subscriptions},
        {"suspended", totals->suspended},
        {"pull_subscriptions", totals->pull_subscriptions},
        {"requests", totals->requests},
        {"dead_letters", totals->dead_letters},
        {"shards", report->shards},
        {"owned_shards", report->owned_shards},
        {"uncounted_shards", report->uncounted_shards},
        {"processes", report->processes},
        {"consumers", report->consumers},
    };
    json_t *object = json_object();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        json_object_set_new(object, rows[i].name,
                            json_integer((json_int_t)rows[i].value));
    return object;
}

char *spread_report_json(const struct spread_report *report)
{
    char time_text[40], summary[160], *text;
    json_t *root;

    write_time(report->time_ms, time_text);
    write_summary(report->findings, summary);
    root = json_pack("{s:s, s:s, s:b, s:I, s:I, s:o, s:o, s:s}", "timestamp",
                     time_text, "site", report->site, "is_leader", 1, "check",
                     (json_int_t)report->number, "check_duration_ms",
                     (json_int_t)report->duration_ms, "totals",
                     totals_json(report), "issues", issues_json(report),
                     "summary", summary);
    text = json_dumps(root, JSON_COMPACT);
    if (text == NULL)
        wsub_panic("out of memory (JSON)");
    json_decref(root);
    return text;
}
