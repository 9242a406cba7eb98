/* test_group_body.c - what an operator says of a topic group, and what holds
 * then. */
#include "common/groups/body.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/groups/fields.h"
#include "common/groups/group.h"
#include "common/program/config_table.h"
#include "tests/unit/suite.h"

static char site[] = "west";

static const struct wsub_config config = {
    .site = site,
    .lease_default_s = 500,
    .lease_min_s = 100,
    .lease_max_s = 1000,
    .verify = true,
    .max_body_bytes = 2000,
    .max_attempts = 8,
    .retry_base_ms = 50,
    .retry_cap_ms = 500,
    .per_host = 64,
    .retention_s = 3600,
};

static void on_wrong(const char *field, const char *what, void *arg)
{
    struct wsub_buf *out = arg;

    ck_assert_uint_gt(strlen(what), 0);
    wsub_buf_printf(out, "%s%s", out->len > 0 ? " " : "", field);
}

static const struct {
    const char *body, *wrong; /* the fields, in the order they are told */
} bodies[] = {
    {"{\"prefix\":\"a\"}", ""},
    {"{}", "prefix"},
    {"{\"prefix\":1}", "prefix"},
    {"{\"prefix\":\"a\\u0000b\"}", "prefix"},
    {"{\"prefix\":\"a\",\"id\":\"me\",\"version\":7,\"verify\":null}", ""},
    {"{\"prefix\":\"a\",\"id\":\"you\",\"x\":1,\"y\":2}", "id x y"},
    {"{\"prefix\":\"a\",\"max_attempts\":0,\"per_host\":65537}",
     "max_attempts per_host"},
    {"{\"prefix\":\"a\",\"max_attempts\":1.0}", "max_attempts"},
    {"{\"prefix\":\"a\",\"publish_rate\":0,\"delivery_deadline_s\":0}", ""},
    {"{\"prefix\":\"a\",\"verify\":0,\"validate_topic\":\"yes\"}",
     "verify validate_topic"},
    {"{\"prefix\":\"a\",\"publish_tokens\":[\"\"],\"subscribe_tokens\":{}}",
     "publish_tokens subscribe_tokens"},
    {"{\"prefix\":\"a\",\"publish_tokens\":[],\"sites\":[]}", ""},
    {"{\"prefix\":\"a\",\"sites\":[\"a b\"]}", "sites"},
    {"{\"prefix\":\"a\",\"lease_min_s\":9,\"lease_default_s\":8,"
     "\"lease_max_s\":7}",
     "lease_min_s lease_min_s lease_default_s"},
    {"{\"prefix\":\"a\",\"lease_max_s\":7}", ""},
    {"{\"prefix\":\"a\",\"retry_base_ms\":2,\"retry_cap_ms\":1}",
     "retry_base_ms"},
    {"{\"prefix\":\"a\",\"max_body_bytes\":2001}", "max_body_bytes"},
};

START_TEST(every_wrong_field_is_named)
{
    json_t *body = json_loads(bodies[_i].body, JSON_ALLOW_NUL, NULL);
    struct wsub_buf prefix = {0}, members = {0}, wrong = {0};
    bool is_fine;

    ck_assert_ptr_nonnull(body);
    is_fine = wsub_group_body(body, "me", &config, on_wrong, &wrong, &prefix,
                              &members);
    ck_assert_str_eq(wsub_buf_cstr(&wrong), bodies[_i].wrong);
    ck_assert_int_eq(is_fine, bodies[_i].wrong[0] == '\0');
    ck_assert_int_eq(is_fine, members.len > 0);
    json_decref(body);
    wsub_buf_done(&prefix);
    wsub_buf_done(&members);
    wsub_buf_done(&wrong);
}
END_TEST

/* The record of a body, as group_put.lua makes it, read. */
static void read_back(const char *text, struct wsub_group *ret_group)
{
    json_t *body = json_loads(text, 0, NULL);
    struct wsub_buf prefix = {0}, members = {0}, record = {0};

    ck_assert(wsub_group_body(body, "me", &config, on_wrong, NULL, &prefix,
                              &members));
    wsub_buf_printf(&record,
                    "{\"v\":1,\"version\":3,\"id\":\"me\",\"prefix\":\"%s\"%s",
                    prefix.data, members.data);
    ck_assert_int_eq(wsub_group_parse(record.data, &config, ret_group),
                     WSUB_OK);
    json_decref(body);
    wsub_buf_done(&prefix);
    wsub_buf_done(&members);
    wsub_buf_done(&record);
}

START_TEST(what_is_said_holds)
{
    struct wsub_group group;
    const struct wsub_policy *p = &group.policy;

    read_back("{\"prefix\":\"A.b\",\"publish_tokens\":[\"one\"],"
              "\"subscribe_tokens\":[],\"lease_default_s\":20,"
              "\"lease_min_s\":10,\"lease_max_s\":30,\"verify\":false,"
              "\"validate_topic\":true,\"max_body_bytes\":40,"
              "\"publish_rate\":5,\"max_attempts\":6,\"retry_base_ms\":7,"
              "\"retry_cap_ms\":8,\"delivery_deadline_s\":9,"
              "\"retention_s\":11,\"per_host\":12}",
              &group);
    ck_assert_str_eq(group.id, "me");
    ck_assert_str_eq(group.prefix, "a.b");
    ck_assert_uint_eq(group.version, 3);
    ck_assert(group.is_here && !group.is_deleted);
    ck_assert_str_eq(p->group, "me");
    ck_assert(p->publish.said && wsub_policy_tokens_have(&p->publish, "one"));
    ck_assert(!wsub_policy_tokens_have(&p->publish, "on"));
    ck_assert(p->subscribe.said && !wsub_policy_tokens_have(&p->subscribe, ""));
    ck_assert_uint_eq(p->lease_default_s, 20);
    ck_assert_uint_eq(p->lease_min_s, 10);
    ck_assert_uint_eq(p->lease_max_s, 30);
    ck_assert(!p->verify && p->validate_topic);
    ck_assert_uint_eq(p->max_body_bytes, 40);
    ck_assert_uint_eq(p->publish_rate, 5);
    ck_assert_uint_eq(p->max_attempts, 6);
    ck_assert_uint_eq(p->retry_base_ms, 7);
    ck_assert_uint_eq(p->retry_cap_ms, 8);
    ck_assert_uint_eq(p->delivery_deadline_s, 9);
    ck_assert(p->retention_said && p->per_host_said);
    ck_assert_uint_eq(p->retention_s, 11);
    ck_assert_uint_eq(p->per_host, 12);
    wsub_group_done(&group);
}
END_TEST

START_TEST(what_is_not_said_is_as_the_settings_say)
{
    struct wsub_policy settings;
    struct wsub_group group;
    const struct wsub_policy *p = &group.policy;

    wsub_policy_of_config(&config, &settings);
    ck_assert_ptr_null(settings.group);
    read_back("{\"prefix\":\"a\"}", &group);
    ck_assert(!p->publish.said && !p->subscribe.said);
    ck_assert(!p->retention_said && !p->per_host_said && p->verify);
    ck_assert_uint_eq(p->lease_default_s, settings.lease_default_s);
    ck_assert_uint_eq(p->max_attempts, 8);
    ck_assert_uint_eq(p->per_host, 64);
    ck_assert_uint_eq(p->publish_rate, 0);
    wsub_group_done(&group);
}
END_TEST

static const struct {
    const char *body;
    uint32_t min_s, default_s, max_s, base_ms, cap_ms;
} agreeing[] = {
    {"{\"prefix\":\"a\",\"lease_max_s\":50}", 50, 50, 50, 50, 500},
    {"{\"prefix\":\"a\",\"lease_min_s\":2000}", 2000, 2000, 2000, 50, 500},
    {"{\"prefix\":\"a\",\"lease_min_s\":600}", 600, 600, 1000, 50, 500},
    {"{\"prefix\":\"a\",\"lease_max_s\":300}", 100, 300, 300, 50, 500},
    {"{\"prefix\":\"a\",\"retry_cap_ms\":5}", 100, 500, 1000, 5, 5},
    {"{\"prefix\":\"a\",\"retry_base_ms\":900}", 100, 500, 1000, 900, 900},
};

START_TEST(settings_move_to_agree_with_what_is_said)
{
    struct wsub_group group;

    read_back(agreeing[_i].body, &group);
    ck_assert_uint_eq(group.policy.lease_min_s, agreeing[_i].min_s);
    ck_assert_uint_eq(group.policy.lease_default_s, agreeing[_i].default_s);
    ck_assert_uint_eq(group.policy.lease_max_s, agreeing[_i].max_s);
    ck_assert_uint_eq(group.policy.retry_base_ms, agreeing[_i].base_ms);
    ck_assert_uint_eq(group.policy.retry_cap_ms, agreeing[_i].cap_ms);
    wsub_group_done(&group);
}
END_TEST

#define HEAD "{\"v\":1,\"version\":3,\"id\":\"me\",\"prefix\":\"a\""

static const struct {
    const char *record;
    bool is_read, is_here, is_deleted;
} records[] = {
    {HEAD "}", true, true, false},
    {HEAD ",\"deleted\":true}", true, true, true},
    {HEAD ",\"sites\":[\"east\",\"west\"]}", true, true, false},
    {HEAD ",\"sites\":[\"east\"]}", true, false, false},
    {HEAD ",\"sites\":[]}", true, false, false},
    {HEAD ",\"max_attempts\":0,\"new\":{},\"verify\":1}", true, true, false},
    {HEAD ",\"publish_tokens\":[1,\"sha256:zz\"]}", true, true, false},
    {"{\"v\":2,\"version\":3,\"id\":\"me\",\"prefix\":\"a\"}", false, false,
     false},
    {"{\"v\":1,\"version\":0,\"id\":\"me\",\"prefix\":\"a\"}", false, false,
     false},
    {"{\"v\":1,\"version\":3,\"prefix\":\"a\"}", false, false, false},
    {"", false, false, false},
    {"[]", false, false, false},
};

START_TEST(records_are_read)
{
    struct wsub_group group;

    if (!records[_i].is_read) {
        ck_assert_int_eq(wsub_group_parse(records[_i].record, &config, &group),
                         WSUB_ERR_INVALID);
        return;
    }
    ck_assert_int_eq(wsub_group_parse(records[_i].record, &config, &group),
                     WSUB_OK);
    ck_assert_int_eq(group.is_here, records[_i].is_here);
    ck_assert_int_eq(group.is_deleted, records[_i].is_deleted);
    ck_assert_uint_eq(group.policy.max_attempts, 8);
    ck_assert_uint_eq(group.policy.publish.count, 0);
    wsub_group_done(&group);
}
END_TEST

/* publish_rate has no setting of its own. */
START_TEST(ranges_are_those_of_the_settings)
{
    const struct wsub_group_field *field = &wsub_group_fields[_i];
    const struct wsub_setting *setting =
        wsub_setting_find(field->name, strlen(field->name));

    if (field->kind != WSUB_GROUP_NUMBER ||
        strcmp(field->name, "publish_rate") == 0)
        return;
    ck_assert_ptr_nonnull(setting);
    ck_assert_uint_eq(field->min, setting->min);
    ck_assert_uint_eq(field->max, setting->max);
}
END_TEST

START_TEST(the_sites_are_last)
{
    ck_assert_int_eq(wsub_group_fields[wsub_group_field_count - 1].kind,
                     WSUB_GROUP_SITES);
}
END_TEST

START_TEST(ids_are_plain)
{
    char text[130];

    memset(text, 'a', sizeof(text) - 1);
    text[129] = '\0';
    ck_assert(!wsub_group_is_id(text));
    text[128] = '\0';
    ck_assert(wsub_group_is_id(text) && wsub_group_is_id("A.b_c-9"));
    ck_assert(!wsub_group_is_id("") && !wsub_group_is_id("a b") &&
              !wsub_group_is_id("a\"b"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("group_body");

    tcase_add_loop_test(tests, every_wrong_field_is_named, 0, COUNT(bodies));
    tcase_add_test(tests, what_is_said_holds);
    tcase_add_test(tests, what_is_not_said_is_as_the_settings_say);
    tcase_add_loop_test(tests, settings_move_to_agree_with_what_is_said, 0,
                        COUNT(agreeing));
    tcase_add_loop_test(tests, records_are_read, 0, COUNT(records));
    tcase_add_loop_test(tests, ranges_are_those_of_the_settings, 0,
                        (int)wsub_group_field_count);
    tcase_add_test(tests, the_sites_are_last);
    tcase_add_test(tests, ids_are_plain);
    return suite_run("group_body", tests);
}
