/* test_vital_rules.c - when the system is healthy, by hub/vital_rules.h, and what
 * INFO says, by common/store/server_info.h. */
#include "hub/vital_rules.h"

#include "tests/unit/suite.h"

static const struct {
    const char *text;
    struct wsub_server_info info;
} infos[] = {
    {"", {.aof_ok = true, .rdb_ok = true}},
    {"# Server\r\nredis_version:7.0.15\r\nused_memory:900\r\n"
     "maxmemory:1000\r\naof_enabled:1\r\naof_last_write_status:ok\r\n"
     "aof_last_bgrewrite_status:ok\r\nrdb_last_bgsave_status:ok\r\n",
     {.version = "7.0.15",
      .aof = true,
      .aof_ok = true,
      .rdb_ok = true,
      .used_bytes = 900,
      .maxmemory_bytes = 1000}},
    {"\naof_enabled:1\r\naof_last_write_status:err\r\n",
     {.aof = true, .rdb_ok = true}},
    {"\nrdb_last_bgsave_status:err\r\n", {.aof_ok = true}},
};

START_TEST(the_text_of_info_is_read)
{
    const struct wsub_server_info *expected = &infos[_i].info;
    struct wsub_server_info info;

    wsub_server_info_read(infos[_i].text, &info);
    ck_assert_str_eq(info.version, expected->version);
    ck_assert_int_eq(info.aof, expected->aof);
    ck_assert_int_eq(info.aof_ok, expected->aof_ok);
    ck_assert_int_eq(info.rdb_ok, expected->rdb_ok);
    ck_assert_uint_eq(info.used_bytes, expected->used_bytes);
    ck_assert_uint_eq(info.maxmemory_bytes, expected->maxmemory_bytes);
}
END_TEST

static const struct {
    struct wsub_server_info info;
    enum hub_vital vital;
} servers[] = {
    {{.aof = true, .aof_ok = true, .rdb_ok = true}, HUB_HEALTHY},
    {{.aof_ok = false, .rdb_ok = true}, HUB_HEALTHY},
    {{.aof = true, .aof_ok = false, .rdb_ok = true}, HUB_DEGRADED},
    {{.aof_ok = true, .rdb_ok = false}, HUB_DEGRADED},
    {{.aof_ok = true, .rdb_ok = true, .used_bytes = 74, .maxmemory_bytes = 100},
     HUB_HEALTHY},
    {{.aof_ok = true, .rdb_ok = true, .used_bytes = 75, .maxmemory_bytes = 100},
     HUB_DEGRADED},
    {{.aof_ok = true, .rdb_ok = true, .used_bytes = 89, .maxmemory_bytes = 100},
     HUB_DEGRADED},
    {{.aof_ok = true, .rdb_ok = true, .used_bytes = 90, .maxmemory_bytes = 100},
     HUB_UNHEALTHY},
};

START_TEST(redis_is_judged_by_memory_and_persistence)
{
    json_t *json = NULL;

    ck_assert_int_eq(hub_vital_of_redis(&servers[_i].info, &json),
                     servers[_i].vital);
    ck_assert_str_eq(json_string_value(json_object_get(json, "status")),
                     hub_vital_name(servers[_i].vital));
    json_decref(json);
}
END_TEST

START_TEST(redis_that_can_not_be_reached_is_unhealthy)
{
    json_t *json = NULL;

    ck_assert_int_eq(hub_vital_of_redis(NULL, &json), HUB_UNHEALTHY);
    json_decref(json);
}
END_TEST

#define RECORD(role_, health_)                                                 \
    "{\"v\":1,\"incarnation\":1,\"role\":\"" role_ "\",\"health\":\"" health_  \
    "\"}"

static const struct wsub_instance_row rows[] = {
    {"d", RECORD("deliver", "healthy"), "deliver", 10},
    {"h", RECORD("hub", "healthy"), "hub", 10},
    {"s", RECORD("spreader", "healthy"), "spreader", 10},
    {"x", RECORD("deliver", "healthy"), "deliver", 9000},
};

START_TEST(one_healthy_process_of_each_role_is_needed)
{
    static const enum hub_vital expected[] = {
        HUB_UNHEALTHY, HUB_UNHEALTHY, HUB_UNHEALTHY, HUB_HEALTHY, HUB_DEGRADED};
    json_t *json = NULL;

    ck_assert_int_eq(hub_vital_of_instances(rows, (size_t)_i, 5000, &json),
                     expected[_i]);
    json_decref(json);
}
END_TEST

START_TEST(each_shard_is_to_be_owned)
{
    static const enum hub_vital expected[] = {HUB_UNHEALTHY, HUB_DEGRADED,
                                              HUB_HEALTHY};
    json_t *json = NULL;

    ck_assert_int_eq(hub_vital_of_shards(2, (unsigned)_i, &json), expected[_i]);
    json_decref(json);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("vital_rules");

    tcase_add_loop_test(cases, the_text_of_info_is_read, 0,
                        sizeof(infos) / sizeof(infos[0]));
    tcase_add_loop_test(cases, redis_is_judged_by_memory_and_persistence, 0,
                        sizeof(servers) / sizeof(servers[0]));
    tcase_add_test(cases, redis_that_can_not_be_reached_is_unhealthy);
    tcase_add_loop_test(cases, one_healthy_process_of_each_role_is_needed, 0,
                        5);
    tcase_add_loop_test(cases, each_shard_is_to_be_owned, 0, 3);
    return suite_run("vital_rules", cases);
}
