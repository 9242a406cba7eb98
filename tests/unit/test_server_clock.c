/* test_server_clock.c - the clock of Redis, told by ours. */
#include <stdio.h>

#include <hiredis/hiredis.h>

#include "common/base/loop.h"
#include "common/store/server_clock.h"
#include "tests/unit/suite.h"

#define AHEAD_S 1000

static struct wsub_server_clock server_clock;
static char seconds[24], us[] = "250000";
static redisReply parts[2], *elements[2] = {&parts[0], &parts[1]}, reply;

static void set_up(void)
{
    server_clock = (struct wsub_server_clock){0};
    snprintf(seconds, sizeof(seconds), "%llu",
             (unsigned long long)(wsub_now_us() / 1000000 + AHEAD_S));
    parts[0] = (redisReply){.type = REDIS_REPLY_STRING, .str = seconds};
    parts[1] = (redisReply){.type = REDIS_REPLY_STRING, .str = us};
    reply = (redisReply){
        .type = REDIS_REPLY_ARRAY, .elements = 2, .element = elements};
    wsub_server_clock_asked(&server_clock);
}

START_TEST(it_is_not_known_at_first)
{
    ck_assert_uint_eq(wsub_server_clock_ms(&server_clock), 0);
}
END_TEST

START_TEST(it_is_as_far_from_ours_as_it_was)
{
    uint64_t ours_ms = wsub_now_ms();

    wsub_server_clock_take(&server_clock, &reply);
    ck_assert_uint_gt(wsub_server_clock_ms(&server_clock),
                      ours_ms + (AHEAD_S - 2) * 1000);
    ck_assert_uint_lt(wsub_server_clock_ms(&server_clock),
                      ours_ms + (AHEAD_S + 60) * 1000);
}
END_TEST

START_TEST(another_reply_changes_nothing)
{
    reply.elements = 1;
    wsub_server_clock_take(&server_clock, &reply);
    ck_assert_uint_eq(wsub_server_clock_ms(&server_clock), 0);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("server clock");

    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_test(cases, it_is_not_known_at_first);
    tcase_add_test(cases, it_is_as_far_from_ours_as_it_was);
    tcase_add_test(cases, another_reply_changes_nothing);
    return suite_run("server clock", cases);
}
