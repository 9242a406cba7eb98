#include "hub/ctl/health.h"

#include <stdio.h>
#include <string.h>

#include "hub/ctl/list.h"
#include "hub/ctl/request.h"
#include "hub/ctl/table.h"
#include "hub/ctl/wait.h"

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(hub_ctl_member(object, name));
}

/* The report. */

static void print_issues(const json_t *report)
{
    static const struct hub_ctl_column columns[] = {
        {"KIND", "kind", HUB_CTL_TEXT},
        {"SHARD", "shard", HUB_CTL_NUMBER},
        {"KEY", "key", HUB_CTL_TEXT},
        {"MEMBER", "member", HUB_CTL_TEXT},
        {"ACTION", "action", HUB_CTL_TEXT},
        {"WHY", "why", HUB_CTL_TEXT},
        {0},
    };
    struct hub_ctl_table *table = hub_ctl_table_new(columns, 0);
    const char *kind;
    json_t *of, *sample;
    size_t i;

    json_object_foreach(json_object_get(report, "issues"), kind, of)
        json_array_foreach(json_object_get(of, "samples"), i, sample)
    {
        json_object_set_new(sample, "kind", json_string(kind));
        hub_ctl_table_add(table, sample);
    }
    if (hub_ctl_table_rows(table) > 0)
        hub_ctl_table_print(table, stdout, hub_ctl_width());
    hub_ctl_table_free(table);
}

static json_int_t issue_count(const json_t *report)
{
    const char *kind;
    json_int_t all = 0;
    json_t *of;

    json_object_foreach(json_object_get(report, "issues"), kind, of) all +=
        number(of, "count");
    return all;
}

static enum hub_ctl_exit print_report(struct hub_ctl *ctl, const json_t *report)
{
    enum hub_ctl_exit exit_code =
        issue_count(report) > 0 ? HUB_CTL_UNHEALTHY : HUB_CTL_DONE;

    if (ctl->as_json) {
        hub_ctl_print_json(report);
        return exit_code;
    }
    printf("%s: %s\n", json_string_value(json_object_get(report, "timestamp")),
           json_string_value(json_object_get(report, "summary")));
    print_issues(report);
    return exit_code;
}

static enum hub_ctl_exit last(struct hub_ctl *ctl)
{
    json_t *report = NULL;
    enum hub_ctl_exit exit_code =
        hub_ctl_get(ctl->client, "/admin/health/last", &report);

    if (exit_code == HUB_CTL_DONE)
        exit_code = print_report(ctl, report);
    json_decref(report);
    return exit_code;
}

/* A new one. */

/* Reads the report until it is of the check of that number, or a later one.
 * Before the first check there is none. */
static enum hub_ctl_exit wait_for_check(struct hub_ctl *ctl, json_int_t check)
{
    static const char path[] = "/admin/health/last";
    struct hub_ctl_wait wait = {0};
    json_t *report = NULL;
    enum hub_ctl_exit exit_code = hub_ctl_wait_get(ctl, path, true, &report);

    while (exit_code == HUB_CTL_DONE &&
           (report == NULL || number(report, "check") < check)) {
        json_decref(report);
        hub_ctl_wait_next(&wait, ctl, false);
        exit_code = hub_ctl_wait_get(ctl, path, true, &report);
    }
    if (exit_code == HUB_CTL_DONE)
        exit_code = print_report(ctl, report);
    json_decref(report);
    hub_ctl_wait_done(&wait);
    return exit_code;
}

static enum hub_ctl_exit check(struct hub_ctl *ctl)
{
    json_t *root = NULL;
    enum hub_ctl_exit exit_code =
        hub_ctl_order(ctl->client, "POST", "/admin/health/check", NULL, &root);

    if (exit_code == HUB_CTL_DONE)
        exit_code = wait_for_check(ctl, number(root, "check"));
    json_decref(root);
    return exit_code;
}

/* Everything. */

static bool is_done(const json_t *fsck)
{
    return strcmp(json_string_value(json_object_get(fsck, "state")), "done") ==
           0;
}

static void tell_fsck(const json_t *fsck)
{
    const json_t *phase = hub_ctl_member(fsck, "progress.phase");

    fprintf(stderr, "fsck %s: round %lld, %lld keys, %lld found, %lld mended\n",
            json_is_string(phase) ? json_string_value(phase) : "requested",
            (long long)number(fsck, "progress.rounds"),
            (long long)number(fsck, "progress.keys"),
            (long long)number(fsck, "progress.found"),
            (long long)number(fsck, "progress.mended"));
}

static enum hub_ctl_exit print_fsck(const struct hub_ctl *ctl,
                                    const json_t *fsck)
{
    if (ctl->as_json)
        hub_ctl_print_json(fsck);
    else
        printf("%lld found, %lld mended, %lld left\n",
               (long long)number(fsck, "progress.found"),
               (long long)number(fsck, "progress.mended"),
               (long long)number(fsck, "progress.left"));
    return number(fsck, "progress.left") > 0 ? HUB_CTL_UNHEALTHY : HUB_CTL_DONE;
}

static enum hub_ctl_exit wait_for_fsck(struct hub_ctl *ctl)
{
    struct hub_ctl_wait wait = {0};
    json_t *fsck = NULL;
    enum hub_ctl_exit exit_code;
    json_int_t keys = -1;

    for (;;) {
        exit_code = hub_ctl_wait_get(ctl, "/admin/fsck", false, &fsck);
        if (exit_code != HUB_CTL_DONE)
            break;
        if (!ctl->as_json &&
            (is_done(fsck) || number(fsck, "progress.keys") != keys))
            tell_fsck(fsck);
        if (is_done(fsck)) {
            exit_code = print_fsck(ctl, fsck);
            break;
        }
        hub_ctl_wait_next(&wait, ctl, number(fsck, "progress.keys") != keys);
        keys = number(fsck, "progress.keys");
        json_decref(fsck);
        fsck = NULL;
    }
    json_decref(fsck);
    hub_ctl_wait_done(&wait);
    return exit_code;
}

static enum hub_ctl_exit fsck(struct hub_ctl *ctl)
{
    bool repairs = hub_ctl_value(ctl, "no-repair") == NULL;
    json_t *root = NULL;
    enum hub_ctl_exit exit_code =
        hub_ctl_order(ctl->client, "POST", "/admin/fsck",
                      json_pack("{s:b}", "repair", (int)repairs), &root);

    json_decref(root);
    return exit_code == HUB_CTL_DONE ? wait_for_fsck(ctl) : exit_code;
}

enum hub_ctl_exit hub_ctl_health(struct hub_ctl *ctl)
{
    const char *what = ctl->words[0];

    if (what == NULL)
        return last(ctl);
    if (strcmp(what, "check") == 0)
        return check(ctl);
    if (strcmp(what, "fsck") == 0)
        return fsck(ctl);
    fputs("websub-hub ctl: health takes check, fsck or nothing.\n", stderr);
    return HUB_CTL_USAGE;
}
