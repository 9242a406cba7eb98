#include "hub/ctl/status.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hub/ctl/list.h"
#include "hub/ctl/overview.h"
#include "hub/ctl/table.h"

#define INTERVAL_S 2
#define INTERVAL_MAX_S 3600
#define COUNT_MAX 1000000
#define HOSTS_SHOWN 10
#define HOME_AND_CLEAR "\033[H\033[J"

static volatile sig_atomic_t is_interrupted;

static json_int_t number(const json_t *root, const char *name)
{
    return json_integer_value(hub_ctl_member(root, name));
}

static void print_head(const json_t *root)
{
    const json_t *problem;
    size_t i, alerts = json_array_size(json_object_get(root, "alerts"));

    printf("websubd at %s is %s",
           json_string_value(json_object_get(root, "url")),
           json_string_value(json_object_get(root, "status")));
    if (alerts > 0)
        printf(", with %zu alert%s", alerts, alerts > 1 ? "s" : "");
    putchar('\n');
    json_array_foreach(json_object_get(root, "problems"), i, problem)
        printf("!            %s\n", json_string_value(problem));
}

static void print_alerts(const json_t *root)
{
    const json_t *alert;
    size_t i;

    json_array_foreach(json_object_get(root, "alerts"), i, alert)
    {
        const char *subject =
            json_string_value(json_object_get(alert, "subject"));
        struct wsub_buf text = {0};

        hub_ctl_add_value(&text, json_object_get(alert, "kind"), HUB_CTL_TEXT,
                          0);
        if (subject != NULL && subject[0] != '\0') {
            wsub_buf_char(&text, ' ');
            hub_ctl_add_text(&text, subject);
        }
        wsub_buf_str(&text, ", began ");
        hub_ctl_add_value(&text, json_object_get(alert, "since_ms"),
                          HUB_CTL_TIME, hub_ctl_now_ms());
        wsub_buf_str(&text, ": ");
        hub_ctl_add_value(&text, json_object_get(alert, "detail"), HUB_CTL_TEXT,
                          0);
        printf("%-12s %s\n", i == 0 ? "Alerts" : "", text.data);
        wsub_buf_done(&text);
    }
}

static void print_processes(const json_t *root)
{
    const char *role, *health;
    json_t *counts, *count;
    struct wsub_buf line = {0};

    json_object_foreach(json_object_get(root, "instances"), role, counts)
    {
        struct wsub_buf part = {0};

        json_object_foreach(counts, health,
                            count) if (json_integer_value(count) > 0)
            wsub_buf_printf(&part, "%s%lld %s", part.len > 0 ? ", " : "",
                            (long long)json_integer_value(count), health);
        if (part.len > 0 || strcmp(role, "unknown") != 0)
            wsub_buf_printf(&line, "%s%s: %s", line.len > 0 ? "; " : "", role,
                            part.len > 0 ? part.data : "none");
        wsub_buf_done(&part);
    }
    printf("Processes    %s\n", wsub_buf_cstr(&line));
    wsub_buf_done(&line);
}

static void print_shards(const json_t *root, double events_s)
{
    const char *coordinator =
        json_string_value(json_object_get(root, "coordinator"));

    printf("Shards       %lld of %lld owned, coordinator %s\n",
           (long long)number(root, "shards.owned"),
           (long long)number(root, "shards.all"),
           coordinator != NULL ? coordinator : "none");
    if (events_s >= 0)
        printf("Events       %.1f a second\n", events_s);
}

static void print_waiting(const json_t *root)
{
    const char *name;
    json_t *queue;
    size_t shown = 0;

    json_object_foreach(json_object_get(root, "waiting"), name, queue)
    {
        const json_t *oldest = json_object_get(queue, "oldest_ms");
        struct wsub_buf text = {0};

        if (number(queue, "entries") == 0)
            continue;
        if (json_is_integer(oldest)) {
            wsub_buf_str(&text, ", the oldest for ");
            hub_ctl_add_value(&text, oldest, HUB_CTL_AGE, 0);
        }
        printf("%-12s %-12s %lld%s\n", shown++ == 0 ? "Waiting" : "", name,
               (long long)number(queue, "entries"), wsub_buf_cstr(&text));
        wsub_buf_done(&text);
    }
    if (shown == 0)
        puts("Waiting      nothing");
}

static void print_hosts(const json_t *root)
{
    static const struct hub_ctl_column columns[] = {
        {"FAILING HOST", "host", HUB_CTL_TEXT},
        {"SEEN BY", "instance", HUB_CTL_TEXT},
        {"BREAKER", "breaker", HUB_CTL_TEXT},
        {"TRIED IN", "closed_ms", HUB_CTL_AGE},
        {"LAST GOOD", "good_ms", HUB_CTL_AGE},
        {"LAST FAILURE", "last_failure", HUB_CTL_TEXT},
        {0},
    };
    const json_t *list = json_object_get(root, "failing_hosts"), *host, *seen;
    struct hub_ctl_table *table = hub_ctl_table_new(columns, 0);
    size_t i, k;

    json_array_foreach(list, i, host)
    {
        if (i == HOSTS_SHOWN)
            break;
        json_array_foreach(json_object_get(host, "processes"), k, seen)
        {
            json_t *row = json_deep_copy(seen);

            json_object_set(row, "host", json_object_get(host, "host"));
            hub_ctl_table_add(table, row);
            json_decref(row);
        }
    }
    if (hub_ctl_table_rows(table) > 0) {
        putchar('\n');
        hub_ctl_table_print(table, stdout, hub_ctl_width());
    }
    if (json_array_size(list) > HOSTS_SHOWN)
        printf("and %zu more: websub-hub ctl hosts --breaker=open\n",
               json_array_size(list) - HOSTS_SHOWN);
    hub_ctl_table_free(table);
}

static void print_overview(const json_t *root, double events_s)
{
    print_head(root);
    print_alerts(root);
    print_processes(root);
    print_shards(root, events_s);
    print_waiting(root);
    print_hosts(root);
}

static bool all_is_well(const json_t *root)
{
    return strcmp(json_string_value(json_object_get(root, "status")),
                  "healthy") == 0 &&
           json_array_size(json_object_get(root, "alerts")) == 0;
}

enum hub_ctl_exit hub_ctl_status(struct hub_ctl *ctl)
{
    json_t *root = NULL;
    enum hub_ctl_exit exit_code = hub_ctl_overview(ctl, &root);

    if (exit_code != HUB_CTL_DONE)
        return exit_code;
    if (ctl->as_json)
        hub_ctl_print_json(root);
    else
        print_overview(root, -1);
    exit_code = all_is_well(root) ? HUB_CTL_DONE : HUB_CTL_UNHEALTHY;
    json_decref(root);
    return exit_code;
}

/* Live. */

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    is_interrupted = 1;
}

static void catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* A look, and the wait for the next one. */
static enum hub_ctl_exit look(struct hub_ctl *ctl, long long interval_s,
                              json_int_t *begun)
{
    json_t *root = NULL;
    enum hub_ctl_exit exit_code = hub_ctl_overview(ctl, &root);
    json_int_t now;

    if (exit_code != HUB_CTL_DONE)
        return exit_code;
    now = number(root, "shards.begun");
    if (ctl->as_json) {
        hub_ctl_print_json(root);
    } else {
        if (isatty(STDOUT_FILENO))
            fputs(HOME_AND_CLEAR, stdout);
        print_overview(root, *begun >= 0 && now >= *begun
                                 ? (double)(now - *begun) / (double)interval_s
                                 : -1);
    }
    *begun = now;
    json_decref(root);
    return fflush(stdout) == 0 ? HUB_CTL_DONE : HUB_CTL_REFUSED;
}

enum hub_ctl_exit hub_ctl_top(struct hub_ctl *ctl)
{
    long long interval_s = INTERVAL_S, count = -1;
    json_int_t begun = -1;
    enum hub_ctl_exit exit_code = HUB_CTL_DONE;

    if (!hub_ctl_number(ctl, "interval", 1, INTERVAL_MAX_S, &interval_s) ||
        !hub_ctl_number(ctl, "count", 1, COUNT_MAX, &count))
        return HUB_CTL_USAGE;
    catch_interrupt();
    while (exit_code == HUB_CTL_DONE && !is_interrupted) {
        exit_code = look(ctl, interval_s, &begun);
        if (--count == 0)
            break;
        if (exit_code == HUB_CTL_DONE)
            sleep((unsigned)interval_s);
    }
    return exit_code;
}
