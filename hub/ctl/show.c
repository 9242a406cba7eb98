#include "hub/ctl/show.h"

#include <stdio.h>
#include <string.h>

#include "common/http/url.h"
#include "hub/ctl/list.h"
#include "hub/ctl/request.h"
#include "hub/ctl/table.h"

#define NAME_WIDTH 22

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);

    return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

/* By the names that the API gives to units. */
static enum hub_ctl_kind kind_of(const char *name)
{
    if (ends_with(name, "duration_ms") || ends_with(name, "age_ms"))
        return HUB_CTL_AGE;
    if (ends_with(name, "_ms"))
        return HUB_CTL_TIME;
    if (ends_with(name, "_at") || strcmp(name, "at") == 0)
        return HUB_CTL_DATE;
    if (strcmp(name, "size") == 0 || strcmp(name, "bytes") == 0)
        return HUB_CTL_BYTES;
    return HUB_CTL_NUMBER;
}

/* A line for each member; those of an object behind its name. */
static void print_members(const json_t *object, const char *prefix)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        struct wsub_buf title = {0}, text = {0};

        wsub_buf_printf(&title, "%s%s", prefix, name);
        if (json_is_object(value)) {
            wsub_buf_char(&title, '.');
            print_members(value, title.data);
        } else if (!json_is_array(value)) {
            hub_ctl_add_value(&text, value, kind_of(name), hub_ctl_now_ms());
            printf("%-*s %s\n", NAME_WIDTH, title.data, wsub_buf_cstr(&text));
        }
        wsub_buf_done(&title);
        wsub_buf_done(&text);
    }
}

static const struct hub_ctl_column attempts[] = {
    {"WHEN", "at_ms", HUB_CTL_TIME},
    {"EVENT", "event", HUB_CTL_TEXT},
    {"ATTEMPT", "attempt", HUB_CTL_NUMBER},
    {"STATUS", "status", HUB_CTL_NUMBER},
    {"ERROR", "error", HUB_CTL_TEXT},
    {"TOOK", "duration_ms", HUB_CTL_AGE},
    {"SIZE", "bytes", HUB_CTL_BYTES},
    {"RESPONSE", "body", HUB_CTL_TEXT},
    {0},
};

/* A response that is no text has `body_base64` instead of `body`. */
static void add_attempt(struct hub_ctl_table *table, json_t *row)
{
    const char *base64 = json_string_value(json_object_get(row, "body_base64"));

    if (base64 != NULL)
        json_object_set_new(row, "body", json_sprintf("base64: %s", base64));
    hub_ctl_table_add(table, row);
}

static void print_attempts(const json_t *root)
{
    const json_t *list = json_object_get(root, "attempts");
    struct hub_ctl_table *table;
    json_t *row;
    size_t i;

    if (json_array_size(list) == 0)
        return;
    table = hub_ctl_table_new(attempts, hub_ctl_now_ms());
    json_array_foreach(list, i, row) add_attempt(table, row);
    putchar('\n');
    hub_ctl_table_print(table, stdout, hub_ctl_width());
    hub_ctl_table_free(table);
}

static enum hub_ctl_exit show(struct hub_ctl *ctl, const char *path)
{
    json_t *root = NULL;
    enum hub_ctl_exit exit_code = hub_ctl_get(ctl->client, path, &root);

    if (exit_code != HUB_CTL_DONE)
        return exit_code;
    if (ctl->as_json) {
        hub_ctl_print_json(root);
    } else {
        print_members(root, "");
        print_attempts(root);
    }
    json_decref(root);
    return exit_code;
}

enum hub_ctl_exit hub_ctl_show_subscription(struct hub_ctl *ctl)
{
    struct wsub_buf path = {0};
    enum hub_ctl_exit exit_code;

    wsub_buf_str(&path, "/admin/subscription");
    hub_ctl_add_query(&path, "hub.topic", ctl->words[0]);
    hub_ctl_add_query(&path, "hub.callback", ctl->words[1]);
    exit_code = show(ctl, path.data);
    wsub_buf_done(&path);
    return exit_code;
}

enum hub_ctl_exit hub_ctl_show_topic(struct hub_ctl *ctl)
{
    struct wsub_buf path = {0};
    enum hub_ctl_exit exit_code;

    wsub_buf_str(&path, "/admin/topic");
    hub_ctl_add_query(&path, "hub.topic", ctl->words[0]);
    exit_code = show(ctl, path.data);
    wsub_buf_done(&path);
    return exit_code;
}

static enum hub_ctl_exit show_at(struct hub_ctl *ctl, const char *folder)
{
    struct wsub_buf path = {0};
    enum hub_ctl_exit exit_code;

    wsub_buf_str(&path, folder);
    wsub_url_encode(&path, ctl->words[0]);
    exit_code = show(ctl, path.data);
    wsub_buf_done(&path);
    return exit_code;
}

enum hub_ctl_exit hub_ctl_show_event(struct hub_ctl *ctl)
{
    return show_at(ctl, "/admin/topic-events/");
}

enum hub_ctl_exit hub_ctl_show_group(struct hub_ctl *ctl)
{
    return show_at(ctl, "/admin/groups/");
}

/* Hosts. */

static const struct hub_ctl_column hosts[] = {
    {"HOST", "host", HUB_CTL_TEXT},
    {"SEEN BY", "instance", HUB_CTL_TEXT},
    {"BREAKER", "breaker", HUB_CTL_TEXT},
    {"CLOSED FOR", "closed_ms", HUB_CTL_AGE},
    {"SENDING", "sending", HUB_CTL_NUMBER},
    {"LIMIT", "limit", HUB_CTL_NUMBER},
    {"WAITING", "waiting", HUB_CTL_NUMBER},
    {"PARKED", "parked", HUB_CTL_YES},
    {"LATENCY", "latency_ms", HUB_CTL_NUMBER},
    {"LAST GOOD", "good_ms", HUB_CTL_AGE},
    {"FAILS FOR", "failing_ms", HUB_CTL_AGE},
    {"LAST FAILURE", "last_failure", HUB_CTL_TEXT},
    {0},
};

static bool add_host(const json_t *row, void *table)
{
    const json_t *list = json_object_get(row, "processes"), *process;
    size_t i;

    json_array_foreach(list, i, process)
    {
        json_t *line = json_deep_copy(process);

        json_object_set(line, "host", json_object_get(row, "host"));
        hub_ctl_table_add(table, line);
        json_decref(line);
    }
    return true;
}

static bool print_host(const json_t *row, void *arg)
{
    (void)arg;
    hub_ctl_print_json(row);
    return true;
}

enum hub_ctl_exit hub_ctl_hosts(struct hub_ctl *ctl)
{
    const char *host = hub_ctl_value(ctl, "host");
    const char *breaker = hub_ctl_value(ctl, "breaker");
    struct hub_ctl_table *table = hub_ctl_table_new(hosts, hub_ctl_now_ms());
    struct wsub_buf path = {0};
    enum hub_ctl_exit exit_code;

    wsub_buf_str(&path, "/admin/hosts");
    if (host != NULL)
        hub_ctl_add_query(&path, "host", host);
    if (breaker != NULL)
        hub_ctl_add_query(&path, "breaker", breaker);
    exit_code = hub_ctl_each(ctl, path.data, "hosts",
                             ctl->as_json ? print_host : add_host, table);
    if (exit_code == HUB_CTL_DONE && !ctl->as_json) {
        if (hub_ctl_table_rows(table) > 0)
            hub_ctl_table_print(table, stdout, hub_ctl_width());
        else
            puts("No process has seen such a host lately.");
    }
    hub_ctl_table_free(table);
    wsub_buf_done(&path);
    return exit_code;
}
