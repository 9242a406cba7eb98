#include "hub/vital_rules.h"

#include "hub/instance_record.h"

#define MEMORY_WARNS_PERCENT 75
#define MEMORY_ERROR_PERCENT 90

static const char *const names[] = {"healthy", "degraded", "unhealthy"};

const char *hub_vital_name(enum hub_vital vital)
{
    return names[vital];
}

static enum hub_vital worse(enum hub_vital a, enum hub_vital b)
{
    return a > b ? a : b;
}

static json_t *part(enum hub_vital vital)
{
    return json_pack("{s:s}", "status", names[vital]);
}

static unsigned percent(const struct wsub_server_info *info)
{
    if (info->maxmemory_bytes == 0)
        return 0;
    return (unsigned)(info->used_bytes * 100 / info->maxmemory_bytes);
}

static enum hub_vital of_memory(const struct wsub_server_info *info)
{
    unsigned used = percent(info);

    if (used >= MEMORY_ERROR_PERCENT)
        return HUB_UNHEALTHY;
    return used >= MEMORY_WARNS_PERCENT ? HUB_DEGRADED : HUB_HEALTHY;
}

static enum hub_vital of_persistence(const struct wsub_server_info *info)
{
    return (info->aof && !info->aof_ok) || !info->rdb_ok ? HUB_DEGRADED
                                                         : HUB_HEALTHY;
}

enum hub_vital hub_vital_of_redis(const struct wsub_server_info *info,
                                  json_t **ret_json)
{
    enum hub_vital memory = HUB_UNHEALTHY, persistence = HUB_UNHEALTHY;
    json_t *json;

    if (info == NULL) {
        *ret_json = part(HUB_UNHEALTHY);
        return HUB_UNHEALTHY;
    }
    memory = of_memory(info);
    persistence = of_persistence(info);
    json = part(worse(memory, persistence));
    json_object_set_new(json, "version", json_string(info->version));
    json_object_set_new(json, "persistence",
                        json_pack("{s:s, s:b, s:b, s:b}", "status",
                                  names[persistence], "append_only_file",
                                  info->aof, "append_only_file_ok",
                                  info->aof_ok, "snapshot_ok", info->rdb_ok));
    json_object_set_new(json, "memory",
                        json_pack("{s:s, s:o}", "status", names[memory],
                                  "used_percent",
                                  info->maxmemory_bytes > 0
                                      ? json_integer((json_int_t)percent(info))
                                      : json_null()));
    *ret_json = json;
    return worse(memory, persistence);
}

/* How many of a role have each health. */
static json_int_t count_of(const json_t *counts, const char *role,
                           const char *health)
{
    return json_integer_value(
        json_object_get(json_object_get(counts, role), health));
}

static enum hub_vital of_role(const json_t *counts, const char *role)
{
    json_int_t well = count_of(counts, role, "healthy");
    json_int_t ill =
        count_of(counts, role, "degraded") + count_of(counts, role, "failed") +
        count_of(counts, role, "unreachable") + count_of(counts, role, "error");

    if (well + count_of(counts, role, "degraded") == 0)
        return HUB_UNHEALTHY;
    return ill > 0 ? HUB_DEGRADED : HUB_HEALTHY;
}

enum hub_vital hub_vital_of_instances(const struct wsub_instance_row *rows,
                                      size_t count, uint32_t timeout_ms,
                                      json_t **ret_json)
{
    static const char *const roles[] = {"hub", "spreader", "deliver"};
    json_t *counts = hub_instance_counts(rows, count, timeout_ms);
    enum hub_vital vital = HUB_HEALTHY;

    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        vital = worse(vital, of_role(counts, roles[i]));
    json_object_set_new(counts, "status", json_string(names[vital]));
    *ret_json = counts;
    return vital;
}

enum hub_vital hub_vital_of_shards(unsigned shards, unsigned owned,
                                   json_t **ret_json)
{
    enum hub_vital vital = owned == 0       ? HUB_UNHEALTHY
                           : owned < shards ? HUB_DEGRADED
                                            : HUB_HEALTHY;
    json_t *json = part(vital);

    json_object_set_new(json, "all", json_integer(shards));
    json_object_set_new(json, "owned", json_integer(owned));
    *ret_json = json;
    return vital;
}
