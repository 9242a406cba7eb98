#include "common/store/cluster_events.h"

#include <stdlib.h>
#include <string.h>

#include "common/store/store.h"
#include "common/store/stream_reader.h"

#define FORMAT_VERSION "1"

static const char *const names[WSUB_EVENT_KINDS + 1] = {
    [WSUB_EVENT_INSTANCE_REGISTERED] = "instance_registered",
    [WSUB_EVENT_REGISTRATION_FAILED] = "registration_failed",
    [WSUB_EVENT_INSTANCE_DEGRADED] = "instance_degraded",
    [WSUB_EVENT_INSTANCE_RECOVERED] = "instance_recovered",
    [WSUB_EVENT_INSTANCE_STOPPED] = "instance_stopped",
    [WSUB_EVENT_INSTANCE_REMOVED] = "instance_removed",
    [WSUB_EVENT_RESTART_REQUESTED] = "restart_requested",
    [WSUB_EVENT_LEADER_CHANGED] = "leader_changed",
    [WSUB_EVENT_SHARD_CLAIMED] = "shard_claimed",
    [WSUB_EVENT_SHARD_LOST] = "shard_lost",
    [WSUB_EVENT_BREAKER_OPENED] = "breaker_opened",
    [WSUB_EVENT_BREAKER_CLOSED] = "breaker_closed",
    [WSUB_EVENT_DELIVER_RESTARTED] = "deliver_restarted",
    [WSUB_EVENT_SUBSCRIPTION_CREATED] = "subscription_created",
    [WSUB_EVENT_SUBSCRIPTION_UPDATED] = "subscription_updated",
    [WSUB_EVENT_SUBSCRIPTION_DELETED] = "subscription_deleted",
    [WSUB_EVENT_ALERT] = "alert",
    [WSUB_EVENT_CONFIG_CHANGED] = "config_changed",
    [WSUB_EVENT_MACHINE_ADDED] = "machine_added",
    [WSUB_EVENT_MACHINE_REMOVED] = "machine_removed",
    [WSUB_EVENT_HEALTH_REQUESTED] = "health_requested",
    [WSUB_EVENT_HOST_ORDERED] = "host_ordered",
    [WSUB_EVENT_UNKNOWN] = "unknown",
};

const char *wsub_cluster_event_name(enum wsub_cluster_event_kind kind)
{
    return names[kind];
}

static enum wsub_cluster_event_kind kind_of(const char *name)
{
    unsigned kind = 0;

    while (kind < WSUB_EVENT_KINDS && strcmp(names[kind], name) != 0)
        kind++;
    return (enum wsub_cluster_event_kind)kind;
}

static void add_text(struct wsub_cmd *cmd, const char *field, const char *value)
{
    if (value == NULL)
        return;
    wsub_cmd_str(cmd, field);
    wsub_cmd_str(cmd, value);
}

static void add_number(struct wsub_cmd *cmd, const char *field, uint64_t value)
{
    wsub_cmd_str(cmd, field);
    wsub_cmd_u64(cmd, value);
}

static void add_fields(struct wsub_cmd *cmd,
                       const struct wsub_cluster_event *event)
{
    add_text(cmd, "v", FORMAT_VERSION);
    add_text(cmd, "k", names[event->kind]);
    add_text(cmd, "n", event->instance);
    if (event->incarnation != 0)
        add_number(cmd, "i", event->incarnation);
    add_text(cmd, "r", event->role);
    if (event->shard >= 0)
        add_number(cmd, "s", (uint64_t)event->shard);
    if (event->epoch != 0)
        add_number(cmd, "e", event->epoch);
    add_text(cmd, "w", event->detail);
}

void wsub_cluster_event_tell(struct wsub_store *store,
                             const struct wsub_cluster_event *event)
{
    const struct wsub_config *config = wsub_store_config(store);
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "XADD");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER,
                   config->cluster_events_topic, NULL);
    wsub_cmd_str(&cmd, "MAXLEN");
    wsub_cmd_str(&cmd, "~");
    wsub_cmd_u64(&cmd, config->cluster_events_kept);
    wsub_cmd_str(&cmd, "*");
    add_fields(&cmd, event);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, wsub_store_parse_done,
                    NULL, NULL);
}

static uint64_t number_of(const struct redisReply *fields, const char *name)
{
    const char *text = wsub_stream_field(fields, name, NULL);

    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

bool wsub_cluster_event_read(const char *id, const struct redisReply *fields,
                             struct wsub_cluster_event *ret_event)
{
    const char *version = wsub_stream_field(fields, "v", NULL);
    const char *kind = wsub_stream_field(fields, "k", NULL);
    const char *shard = wsub_stream_field(fields, "s", NULL);

    if (version == NULL || strcmp(version, FORMAT_VERSION) != 0 || kind == NULL)
        return false;
    *ret_event = (struct wsub_cluster_event){
        .id = id,
        .kind = kind_of(kind),
        .instance = wsub_stream_field(fields, "n", NULL),
        .incarnation = number_of(fields, "i"),
        .role = wsub_stream_field(fields, "r", NULL),
        .shard = shard != NULL ? (int)strtoul(shard, NULL, 10) : -1,
        .epoch = number_of(fields, "e"),
        .detail = wsub_stream_field(fields, "w", NULL),
        .td = wsub_stream_field(fields, "td", NULL),
        .cd = wsub_stream_field(fields, "cd", NULL),
        .group = wsub_stream_field(fields, "g", NULL),
        .version = number_of(fields, "gv"),
    };
    return true;
}
