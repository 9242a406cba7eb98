/* test_lane_entry.c - what an entry of a lane says, and which are malformed:
 * deliver/lane_entry.h. */
#include "deliver/lane_entry.h"

#include <stdio.h>
#include <string.h>

#include "common/store/topic.h"
#include "tests/unit/entry_fixture.h"

#define EVENT "1700000000000-0"
#define TD "TTTTTTTTTTTTTTTTTTTTTT"
#define CD "CCCCCCCCCCCCCCCCCCCCCC"
#define CD2 "DDDDDDDDDDDDDDDDDDDDDD"
#define FOUR CD " " CD " " CD " " CD

static struct entry_fixture e;
static struct deliver_lane_entry entry;

static bool parse(const char *const words[])
{
    bool fine;

    entry_make(&e, "1-0", words);
    fine = deliver_lane_entry_parse(&e.fields, &entry);
    return fine;
}

static void tear_down(void)
{
    entry_done(&e);
}

START_TEST(an_entry_has_jobs_of_an_event)
{
    const char *words[] = {"e", EVENT, "c", CD " " CD2 ":3 " CD ":*", NULL};

    ck_assert(parse(words));
    ck_assert(!entry.is_cursor);
    ck_assert_str_eq(entry.event, EVENT);
    ck_assert_uint_eq(entry.target_count, 3);
    ck_assert_int_eq(entry.targets[0].level, 0);
    ck_assert_mem_eq(entry.targets[1].cd, CD2, WSUB_DIGEST_LEN);
    ck_assert_int_eq(entry.targets[1].level, 3);
    ck_assert_int_eq(entry.targets[2].level, WSUB_LEVEL_ALL);
    ck_assert(!entry.retried && !entry.handed_over);
    ck_assert_uint_eq(entry.failures, 0);
    ck_assert_uint_eq(entry.crashes, 0);
}
END_TEST

START_TEST(a_job_that_was_tried_says_how_often)
{
    const char *words[] = {"e", EVENT, "c", CD, "n", "2", "k", "1", NULL};

    ck_assert(parse(words));
    ck_assert(entry.retried);
    ck_assert_uint_eq(entry.failures, 2);
    ck_assert_uint_eq(entry.crashes, 1);
}
END_TEST

START_TEST(a_cursor_job_names_its_subscription)
{
    const char *words[] = {"f", TD, "c", CD, "u", "18446744073709551615", NULL};

    ck_assert(parse(words));
    ck_assert(entry.is_cursor);
    ck_assert_str_eq(entry.cursor_td, TD);
    ck_assert_mem_eq(entry.targets[0].cd, CD, WSUB_DIGEST_LEN);
    ck_assert_uint_eq(entry.number, UINT64_MAX);
}
END_TEST

START_TEST(an_entry_may_be_handed_over)
{
    const char *words[] = {"e", EVENT, "c", CD, "x", "1", NULL};

    ck_assert(parse(words));
    ck_assert(entry.handed_over);
    ck_assert(!entry.retried);
}
END_TEST

START_TEST(unknown_fields_are_skipped)
{
    const char *words[] = {"z", "?", "ee", "?", "e", EVENT, "c", CD, NULL};

    ck_assert(parse(words));
    ck_assert_str_eq(entry.event, EVENT);
}
END_TEST

START_TEST(an_entry_has_up_to_sixteen_jobs)
{
    const char *words[] = {"e", EVENT, "c", FOUR " " FOUR " " FOUR " " FOUR,
                           NULL};

    ck_assert(parse(words));
    ck_assert_uint_eq(entry.target_count, DELIVER_BUNDLE_MAX);
}
END_TEST

static const struct {
    const char *words[7];
} malformed[] = {
    {{NULL}},
    {{"e", EVENT, NULL}},
    {{"c", CD, NULL}},
    {{"e", EVENT, "c", "", NULL}},
    {{"e", EVENT, "c", "short", NULL}},
    {{"e", EVENT, "c", CD "x", NULL}},
    {{"e", EVENT, "c", " " CD, NULL}},
    {{"e", EVENT, "c", CD " ", NULL}},
    {{"e", EVENT, "c", CD "  " CD2, NULL}},
    {{"e", EVENT, "c", CD " short", NULL}},
    {{"e", EVENT, "c", CD ":", NULL}},
    {{"e", EVENT, "c", CD ": 2", NULL}},
    {{"e", EVENT, "c", CD ":-1", NULL}},
    {{"e", EVENT, "c", CD ":-2", NULL}},
    {{"e", EVENT, "c", CD ":+2", NULL}},
    {{"e", EVENT, "c", CD ":2x", NULL}},
    {{"e", EVENT, "c", CD ":x", NULL}},
    {{"e", EVENT, "c", CD ":**", NULL}},
    {{"e", EVENT, "c", CD ":2048", NULL}},
    {{"e", EVENT, "c", CD ":4294967298", NULL}},
    {{"e", EVENT, "c", CD ":99999999999999999999999", NULL}},
    {{"e", EVENT, "c", FOUR " " FOUR " " FOUR " " FOUR " " CD, NULL}},
    {{"e", "", "c", CD, NULL}},
    {{"e", "1", "c", CD, NULL}},
    {{"e", "1-", "c", CD, NULL}},
    {{"e", "-1", "c", CD, NULL}},
    {{"e", "1-0x", "c", CD, NULL}},
    {{"e", "1-0-0", "c", CD, NULL}},
    {{"e", "123456789012345678901234567890-12345678901234567", "c", CD, NULL}},
    {{"f", TD, "u", "1", NULL}},
    {{"f", "short", "c", CD, "u", "1", NULL}},
    {{"f", TD "x", "c", CD, "u", "1", NULL}},
    {{"f", TD, "c", CD " " CD2, "u", "1", NULL}},
};

START_TEST(a_malformed_entry_is_none)
{
    ck_assert(!parse(malformed[_i].words));
}
END_TEST

START_TEST(the_longest_event_id_fits)
{
    char id[WSUB_ENTRY_ID_BYTES];
    const char *words[] = {"e", id, "c", CD, NULL};

    memset(id, '7', sizeof(id));
    id[20] = '-';
    id[sizeof(id) - 1] = '\0';
    ck_assert(parse(words));
}
END_TEST

START_TEST(an_entry_that_was_deleted_has_no_fields)
{
    struct redisReply nothing = {.type = REDIS_REPLY_NIL};

    ck_assert(!deliver_lane_entry_parse(&nothing, &entry));
}
END_TEST

static const struct {
    int level;
    bool is_replay;
    const char *text;
} targets[] = {
    {0, false, CD},
    {1, false, CD ":1"},
    {2047, false, CD ":2047"},
    {WSUB_LEVEL_ALL, false, CD ":*"},
    {0, true, CD "!"},
    {2047, true, CD ":2047!"},
    {WSUB_LEVEL_ALL, true, CD ":*!"},
};

START_TEST(a_target_is_read_as_it_was_written)
{
    char text[DELIVER_TARGET_MAX];
    const char *words[] = {"e", EVENT, "c", text, NULL};

    deliver_target_write(CD, targets[_i].level, targets[_i].is_replay, text);
    ck_assert_str_eq(text, targets[_i].text);
    ck_assert(parse(words));
    ck_assert_int_eq(entry.targets[0].level, targets[_i].level);
    ck_assert_int_eq(entry.targets[0].is_replay, targets[_i].is_replay);
}
END_TEST

START_TEST(lanes_are_named_like_their_streams)
{
    ck_assert_str_eq(deliver_lane_name(DELIVER_LANE_OUTBOX), "outbox");
    ck_assert_str_eq(deliver_lane_name(DELIVER_LANE_BULK), "bulk");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("lane_entry");

    tcase_add_checked_fixture(cases, NULL, tear_down);
    tcase_add_test(cases, an_entry_has_jobs_of_an_event);
    tcase_add_test(cases, a_job_that_was_tried_says_how_often);
    tcase_add_test(cases, a_cursor_job_names_its_subscription);
    tcase_add_test(cases, an_entry_may_be_handed_over);
    tcase_add_test(cases, unknown_fields_are_skipped);
    tcase_add_test(cases, an_entry_has_up_to_sixteen_jobs);
    tcase_add_loop_test(cases, a_malformed_entry_is_none, 0, COUNT(malformed));
    tcase_add_test(cases, the_longest_event_id_fits);
    tcase_add_test(cases, an_entry_that_was_deleted_has_no_fields);
    tcase_add_loop_test(cases, a_target_is_read_as_it_was_written, 0,
                        COUNT(targets));
    tcase_add_test(cases, lanes_are_named_like_their_streams);
    return suite_run("lane_entry", cases);
}
