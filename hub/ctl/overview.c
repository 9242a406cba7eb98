#include "hub/ctl/overview.h"

#include <string.h>

#include "hub/ctl/list.h"
#include "hub/ctl/request.h"

/* What is worse than before. */
static void set_status(json_t *root, const char *status)
{
    const char *now = json_string_value(json_object_get(root, "status"));

    if (strcmp(now, "healthy") == 0 || strcmp(status, "unhealthy") == 0)
        json_object_set_new(root, "status", json_string(status));
}

static void add_problem(json_t *root, const char *status, const char *format,
                        ...) __attribute__((format(printf, 3, 4)));

static void add_problem(json_t *root, const char *status, const char *format,
                        ...)
{
    struct wsub_buf text = {0};
    va_list args;

    va_start(args, format);
    wsub_buf_vprintf(&text, format, args);
    va_end(args);
    set_status(root, status);
    json_array_append_new(json_object_get(root, "problems"),
                          json_string(text.data));
    wsub_buf_done(&text);
}

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* Processes. */

/* Whether none lives, which is a problem then. */
static bool is_missing(json_t *root, const json_t *counts, const char *role)
{
    const json_t *of = json_object_get(counts, role);

    if (number(of, "healthy") + number(of, "degraded") > 0)
        return false;
    add_problem(root, "unhealthy", "no %s lives", role);
    return true;
}

static void add_role(json_t *root, const json_t *counts, const char *role)
{
    const json_t *of = json_object_get(counts, role);
    json_int_t ill = number(of, "degraded") + number(of, "failed") +
                     number(of, "unreachable") + number(of, "error");

    if (!is_missing(root, counts, role) && ill > 0)
        add_problem(root, "degraded", "%lld of role %s do not do well",
                    (long long)ill, role);
}

static enum hub_ctl_exit read_instances(struct hub_ctl *ctl, json_t *root)
{
    static const char *const roles[] = {"hub", "spreader", "deliver"};
    json_t *counts = NULL;
    enum hub_ctl_exit exit_code =
        hub_ctl_get(ctl->client, "/admin/health/instances", &counts);

    if (exit_code != HUB_CTL_DONE)
        return exit_code;
    json_object_set_new(root, "instances", counts);
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        add_role(root, counts, roles[i]);
    return exit_code;
}

static enum hub_ctl_exit read_coordinator(struct hub_ctl *ctl, json_t *root)
{
    json_t *leader = NULL;
    const json_t *name;
    enum hub_ctl_exit exit_code =
        hub_ctl_get(ctl->client, "/admin/leader", &leader);

    if (exit_code != HUB_CTL_DONE)
        return exit_code;
    name = hub_ctl_member(leader, "leader.instance");
    if (name == NULL)
        add_problem(root, "degraded", "nobody is the coordinator");
    json_object_set_new(root, "coordinator",
                        name != NULL ? json_deep_copy(name) : json_null());
    json_decref(leader);
    return exit_code;
}

/* Shards. */

static void add_to(json_t *object, const char *name, json_int_t more)
{
    json_object_set_new(object, name,
                        json_integer(number(object, name) + more));
}

static bool add_shard(const json_t *row, void *arg)
{
    json_t *shards = arg;

    add_to(shards, "all", 1);
    add_to(shards, "owned", json_is_string(json_object_get(row, "owner")));
    add_to(shards, "begun", number(row, "begun"));
    return true;
}

static enum hub_ctl_exit read_shards(struct hub_ctl *ctl, json_t *root)
{
    json_t *shards = json_object();
    enum hub_ctl_exit exit_code =
        hub_ctl_each(ctl, "/admin/shards", "shards", add_shard, shards);

    json_object_set_new(root, "shards", shards);
    if (exit_code == HUB_CTL_DONE &&
        number(shards, "owned") < number(shards, "all"))
        add_problem(
            root, number(shards, "owned") > 0 ? "degraded" : "unhealthy",
            "%lld of %lld shards have no owner",
            (long long)(number(shards, "all") - number(shards, "owned")),
            (long long)number(shards, "all"));
    return exit_code;
}

/* What waits. */

static void add_queue(json_t *waiting, const char *name, const json_t *queue)
{
    json_t *sum = json_object_get(waiting, name);
    const json_t *oldest = json_object_get(queue, "oldest_ms");

    if (sum == NULL) {
        sum = json_pack("{s:i, s:n}", "entries", 0, "oldest_ms");
        json_object_set_new(waiting, name, sum);
    }
    add_to(sum, "entries", number(queue, "entries"));
    if (json_is_integer(oldest) &&
        (!json_is_integer(json_object_get(sum, "oldest_ms")) ||
         json_integer_value(oldest) > number(sum, "oldest_ms")))
        json_object_set_new(sum, "oldest_ms", json_deep_copy(oldest));
}

/* A shard's row has an object for each queue, beside its number. */
static bool add_queues(const json_t *row, void *arg)
{
    const char *name;
    json_t *queue;

    json_object_foreach((json_t *)(uintptr_t)row, name,
                        queue) if (json_is_object(queue))
        add_queue(arg, name, queue);
    return true;
}

static enum hub_ctl_exit read_waiting(struct hub_ctl *ctl, json_t *root)
{
    json_t *waiting = json_object();

    json_object_set_new(root, "waiting", waiting);
    return hub_ctl_each(ctl, "/admin/queues", "queues", add_queues, waiting);
}

/* Hosts. */

static bool add_host(const json_t *row, void *arg)
{
    json_array_append_new(arg, json_deep_copy(row));
    return true;
}

static enum hub_ctl_exit read_hosts(struct hub_ctl *ctl, json_t *root)
{
    json_t *hosts = json_array();

    json_object_set_new(root, "failing_hosts", hosts);
    return hub_ctl_each(ctl, "/admin/hosts?breaker=open", "hosts", add_host,
                        hosts);
}

/* Alerts. */

static enum hub_ctl_exit read_alerts(struct hub_ctl *ctl, json_t *root)
{
    json_t *alerts = NULL;
    enum hub_ctl_exit exit_code =
        hub_ctl_get(ctl->client, "/admin/alerts?limit=1", &alerts);

    if (exit_code == HUB_CTL_DONE)
        json_object_set(root, "alerts", json_object_get(alerts, "active"));
    json_decref(alerts);
    return exit_code;
}

/* The hub's own report.  Of its processes and shards the admin API has said more
 * already. */

static const char *status_of(const json_t *report, const char *name)
{
    return json_string_value(hub_ctl_member(report, name));
}

static void add_redis(json_t *root, const json_t *redis)
{
    const char *memory = status_of(redis, "memory.status");

    if (json_object_get(redis, "version") == NULL)
        add_problem(root, "unhealthy", "Redis is not reached");
    if (memory != NULL && strcmp(memory, "healthy") != 0)
        add_problem(root, memory, "Redis uses %lld%% of its maxmemory",
                    (long long)json_integer_value(
                        hub_ctl_member(redis, "memory.used_percent")));
    if (json_is_false(hub_ctl_member(redis, "persistence.snapshot_ok")))
        add_problem(root, "degraded", "Redis' last snapshot failed");
    if (json_is_true(hub_ctl_member(redis, "persistence.append_only_file")) &&
        json_is_false(hub_ctl_member(redis, "persistence.append_only_file_ok")))
        add_problem(root, "degraded",
                    "Redis' last write of the append-only file failed");
}

/* Such as "3 jobs wait in 1 shard, and no deliver lives": that may be known. */
static void add_work(json_t *root, const char *reason)
{
    const json_t *problem;
    size_t i;

    json_array_foreach(json_object_get(root, "problems"), i, problem)
    {
        if (strstr(reason, json_string_value(problem)) != NULL)
            return;
    }
    add_problem(root, "degraded", "%s", reason);
}

static void add_report(json_t *root, const json_t *report)
{
    const char *subscriptions = status_of(report, "subscriptions.status");
    const char *reason = status_of(report, "work.reason");

    add_redis(root, json_object_get(report, "redis"));
    if (subscriptions != NULL && strcmp(subscriptions, "healthy") != 0)
        add_problem(root, subscriptions, "subscriptions can't be counted");
    if (reason != NULL)
        add_work(root, reason);
    set_status(root, status_of(report, "status"));
}

/* An unhealthy hub sends it with 503. */
static enum hub_ctl_exit read_report(struct hub_ctl *ctl, json_t *root)
{
    struct hub_ctl_response response;
    enum hub_ctl_exit exit_code = hub_ctl_send(
        ctl->client, "GET", "/healthz?verbose=1", NULL, NULL, 0, &response);
    json_t *report;

    if (exit_code != HUB_CTL_DONE)
        return exit_code;
    report =
        json_loadb(wsub_buf_cstr(&response.body), response.body.len, 0, NULL);
    if ((response.status == 200 || response.status == 503) &&
        status_of(report, "status") != NULL)
        add_report(root, report);
    else
        exit_code = hub_ctl_tell(&response);
    json_decref(report);
    hub_ctl_response_done(&response);
    return exit_code;
}

enum hub_ctl_exit hub_ctl_overview(struct hub_ctl *ctl, json_t **ret_root)
{
    static enum hub_ctl_exit (*const parts[])(struct hub_ctl *, json_t *) = {
        read_instances, read_coordinator, read_shards, read_waiting,
        read_hosts,     read_alerts,      read_report};
    json_t *root = json_pack("{s:s, s:s, s:[], s:[]}", "url",
                             hub_ctl_client_url(ctl->client), "status",
                             "healthy", "problems", "alerts");
    enum hub_ctl_exit exit_code = HUB_CTL_DONE;

    for (size_t i = 0;
         i < sizeof(parts) / sizeof(parts[0]) && exit_code == HUB_CTL_DONE; i++)
        exit_code = parts[i](ctl, root);
    if (exit_code == HUB_CTL_DONE)
        *ret_root = root;
    else
        json_decref(root);
    return exit_code;
}

/* Of all processes, only whether a spreader is there. */
static enum hub_ctl_exit read_spreaders(struct hub_ctl *ctl, json_t *root)
{
    json_t *counts = NULL;
    enum hub_ctl_exit exit_code =
        hub_ctl_get(ctl->client, "/admin/health/instances", &counts);

    if (exit_code == HUB_CTL_DONE)
        is_missing(root, counts, "spreader");
    json_decref(counts);
    return exit_code;
}

bool hub_ctl_spreaders_rest(struct hub_ctl *ctl, struct wsub_buf *reason)
{
    static enum hub_ctl_exit (*const parts[])(struct hub_ctl *, json_t *) = {
        read_spreaders, read_coordinator, read_shards};
    json_t *root = json_pack("{s:s, s:[]}", "status", "healthy", "problems");
    const json_t *problem = NULL;

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && problem == NULL;
         i++) {
        parts[i](ctl, root); /* what is not known is no reason */
        problem = json_array_get(json_object_get(root, "problems"), 0);
    }
    if (problem != NULL)
        wsub_buf_str(reason, json_string_value(problem));
    json_decref(root);
    return problem != NULL;
}
