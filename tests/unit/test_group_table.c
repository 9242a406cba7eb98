/* test_group_table.c - which topic group has a topic, and which version counts. */
#include "common/groups/table.h"

#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "tests/unit/suite.h"

#define MANY 10000

static char site[] = "west";
static const struct wsub_config config = {.site = site, .max_attempts = 8};
static struct wsub_group_table *table;
static struct wsub_buf told; /* what on_changed was called with */

static void setup(void)
{
    table = wsub_group_table_new(&config);
}

static void teardown(void)
{
    wsub_group_table_free(table);
    wsub_buf_done(&told);
}

static void on_changed(const struct wsub_policy *policy, const char *id,
                       uint64_t version, const char *prefix, void *arg)
{
    ck_assert_ptr_eq(arg, table);
    wsub_buf_printf(&told, "%s %u %s %s;", id, (unsigned)version, prefix,
                    policy->group != NULL ? policy->group : "-");
}

static const char *take_told(void)
{
    static char text[256];

    snprintf(text, sizeof(text), "%s", wsub_buf_cstr(&told));
    wsub_buf_clear(&told);
    return text;
}

static enum wsub_group_effect apply(const char *id, unsigned version,
                                    const char *prefix, const char *rest)
{
    struct wsub_buf record = {0};
    enum wsub_group_effect effect;

    wsub_buf_printf(
        &record, "{\"v\":1,\"version\":%u,\"id\":\"%s\",\"prefix\":\"%s\"%s}",
        version, id, prefix, rest);
    effect = wsub_group_table_apply(table, record.data, on_changed, table);
    wsub_buf_done(&record);
    return effect;
}

static const char *group_of(const char *topic)
{
    const char *group = wsub_group_table_find(table, topic)->group;

    return group != NULL ? group : "-";
}

static const struct {
    const char *topic, *group;
} topics[] = {
    {"a", "a"},
    {"a.b", "a"},
    {"a.b.c", "abc"},
    {"a.b.c.d.e", "abc"},
    {"a.b.cc", "a"},
    {"ab", "-"},
    {"b.a", "-"},
    {"*", "-"},
    {"", "-"},
    {"http://h/", "host"},
    {"http://h", "host"},
    {"http://H:80/x", "host"},
    {"http://h:81/x", "-"},
    {"https://h/x", "-"},
    {"http://h.x/", "-"},
    {"http://h/p", "path"},
    {"http://h/p/", "path"},
    {"http://h/p/q/r", "path"},
    {"http://h/p?q", "path"},
    {"http://h/pp", "host"},
    {"http://h/gone/x", "gone"},
};

START_TEST(the_longest_prefix_has_the_topic)
{
    apply("a", 1, "a", "");
    apply("abc", 1, "a.b.c", "");
    apply("elsewhere", 1, "a.b", ",\"sites\":[\"east\"]");
    apply("host", 1, "http://h", "");
    apply("path", 1, "http://h/p", "");
    apply("gone", 2, "http://h/gone", ",\"deleted\":true");
    ck_assert_str_eq(group_of(topics[_i].topic), topics[_i].group);
    ck_assert_int_eq(wsub_group_table_find(table, topics[_i].topic)->is_deleted,
                     strcmp(topics[_i].group, "gone") == 0);
}
END_TEST

START_TEST(only_a_greater_version_is_applied)
{
    ck_assert_int_eq(apply("a", 3, "a", ",\"max_attempts\":3"),
                     WSUB_GROUP_APPLIED);
    ck_assert_str_eq(take_told(), "a 3 a a;");
    ck_assert_int_eq(apply("a", 3, "a", ",\"max_attempts\":4"),
                     WSUB_GROUP_KNOWN);
    ck_assert_int_eq(apply("a", 2, "a", ""), WSUB_GROUP_OLD);
    ck_assert_str_eq(take_told(), "");
    ck_assert_uint_eq(wsub_group_table_find(table, "a.x")->max_attempts, 3);
    ck_assert_int_eq(apply("a", 5, "a", ",\"max_attempts\":5"),
                     WSUB_GROUP_APPLIED);
    ck_assert_uint_eq(wsub_group_table_find(table, "a.x")->max_attempts, 5);
    ck_assert_uint_eq(wsub_group_table_version(table, "a"), 5);
    ck_assert_uint_eq(wsub_group_table_version(table, "b"), 0);
    ck_assert_uint_eq(wsub_group_table_count(table), 1);
    ck_assert_int_eq(
        wsub_group_table_apply(table, "nonsense", on_changed, table),
        WSUB_GROUP_UNREADABLE);
}
END_TEST

START_TEST(a_group_may_come_to_other_sites_and_back)
{
    apply("a", 1, "a", "");
    apply("a", 2, "a", ",\"sites\":[\"east\"]");
    ck_assert_str_eq(take_told(), "a 1 a a;a 2 a -;");
    ck_assert_str_eq(group_of("a.b"), "-");
    apply("a", 3, "a", ",\"sites\":[\"west\"]");
    ck_assert_str_eq(group_of("a.b"), "a");
}
END_TEST

START_TEST(other_revisions_replace_all)
{
    apply("same", 7, "same", "");
    apply("other", 7, "other", "");
    apply("lost", 7, "lost", "");
    take_told();
    wsub_group_table_begin_again(table);
    ck_assert_str_eq(group_of("lost"), "lost");
    ck_assert_int_eq(apply("same", 7, "same", ""), WSUB_GROUP_KNOWN);
    ck_assert_int_eq(apply("other", 1, "other", ""), WSUB_GROUP_APPLIED);
    ck_assert_str_eq(take_told(), "other 1 other other;");
    wsub_group_table_end_again(table, on_changed, table);
    ck_assert_str_eq(take_told(), "lost 0 lost -;");
    ck_assert_uint_eq(wsub_group_table_count(table), 2);
    ck_assert_int_eq(apply("same", 6, "same", ""), WSUB_GROUP_OLD);
}
END_TEST

static bool note(const struct wsub_policy *policy, void *arg)
{
    ck_assert_ptr_eq(arg, table);
    wsub_buf_printf(&told, "%s;", policy->group);
    return strcmp(policy->group, "stop") != 0;
}

static const struct {
    const char *topic, *guarded;
} broad[] = {
    {"a", "ab;"}, {"a.b", ""},       {"a.b.c", ""},
    {"aa", ""},   {"*", "ab;b;"},    {"", "ab;b;url;"},
    {"c", ""},    {"http://h/", ""}, {"c.plain", ""},
};

START_TEST(guarded_groups_below_a_topic_are_found)
{
    apply("ab", 1, "a.b", ",\"subscribe_tokens\":[]");
    apply("b", 1, "b", ",\"subscribe_tokens\":[]");
    apply("url", 1, "http://h/p", ",\"subscribe_tokens\":[]");
    apply("plain", 1, "c.plain", ",\"publish_tokens\":[]");
    apply("east", 1, "c.east", ",\"subscribe_tokens\":[],\"sites\":[\"east\"]");
    apply("was", 1, "c.was", ",\"subscribe_tokens\":[]");
    apply("was", 2, "c.was", "");
    take_told();
    ck_assert(wsub_group_table_guarded(table, broad[_i].topic, note, table));
    ck_assert_str_eq(take_told(), broad[_i].guarded);
    apply("stop", 1, "x.y", ",\"subscribe_tokens\":[]");
    ck_assert(!wsub_group_table_guarded(table, "x", note, table));
}
END_TEST

/* SHA-256 of `one`. */
#define ONE                                                                    \
    "\"sha256:7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431"  \
    "ed\""

START_TEST(tokens_of_all_are_known)
{
    ck_assert(!wsub_group_table_knows(table, "one"));
    apply("a", 1, "a", ",\"subscribe_tokens\":[" ONE "]");
    ck_assert(wsub_group_table_knows(table, "one"));
    ck_assert(!wsub_group_table_knows(table, "two"));
    apply("a", 2, "a", "");
    ck_assert(!wsub_group_table_knows(table, "one"));
}
END_TEST

/* All are found, and each look costs at most one comparison a label: what it does
 * does not depend on their number (table.h). */
START_TEST(there_may_be_many)
{
    char id[16], prefix[32];

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(id, sizeof(id), "g%u", i);
        snprintf(prefix, sizeof(prefix), "p%u.x", i);
        ck_assert_int_eq(apply(id, 1, prefix, ""), WSUB_GROUP_APPLIED);
    }
    wsub_buf_clear(&told);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(id, sizeof(id), "g%u", i);
        snprintf(prefix, sizeof(prefix), "p%u.x.y.z", i);
        ck_assert_str_eq(group_of(prefix), id);
    }
    ck_assert_str_eq(group_of("q.x"), "-");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("group_table");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, the_longest_prefix_has_the_topic, 0,
                        COUNT(topics));
    tcase_add_test(tests, only_a_greater_version_is_applied);
    tcase_add_test(tests, a_group_may_come_to_other_sites_and_back);
    tcase_add_test(tests, other_revisions_replace_all);
    tcase_add_loop_test(tests, guarded_groups_below_a_topic_are_found, 0,
                        COUNT(broad));
    tcase_add_test(tests, tokens_of_all_are_known);
    tcase_add_test(tests, there_may_be_many);
    return suite_run("group_table", tests);
}
