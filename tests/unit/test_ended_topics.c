/* test_ended_topics.c - the walk over the topics of a deleted group, by
 * spreader/ended_topics.h. */
#include "spreader/ended_topics.h"

#include "spreader/pace.h"
#include "tests/unit/shard_fixture.h"

#define NOT_NOTED "*1\r\n$-1\r\n"
#define NOTED "*1\r\n$1\r\n1\r\n"

static struct spread_pace *pace;
static struct spread_ended_topics *topics;

static void on_closing(unsigned number)
{
    spread_ended_topics_close(topics, number);
}

static void set_up(void)
{
    redis_set_up_store();
    redis_held = "HMGET subscribed_topics";
    shard_set_up(on_closing);
    pace = spread_pace_new(base);
    topics = spread_ended_topics_new(pace, store, NULL, 1);
    spread_ended_topics_open(topics, shard);
}

static void tear_down(void)
{
    wsub_store_close(store);
    spread_ended_topics_free(topics);
    spread_pace_free(pace);
    shard_tear_down();
    redis_tear_down();
}

static void close_shard(void)
{
    on_closing(0);
    spread_shards_close(shards, 0);
}

START_TEST(what_is_noted_is_not_walked_again)
{
    spread_ended_topics_add(topics, "eu");
    redis_reply(redis_wait("HMGET"), NOTED);
    WAIT_FOR(base, shard->under_way == 0);
    redis_turn_ms(30);
    ck_assert_ptr_null(redis_find("subscribed_topics"));
}
END_TEST

START_TEST(what_is_not_noted_is_walked)
{
    spread_ended_topics_add(topics, "eu");
    redis_reply(redis_wait("HMGET"), NOT_NOTED);
    redis_wait("subscribed_topics");
}
END_TEST

START_TEST(a_reply_after_the_shard_was_closed_ends_the_walk)
{
    struct redis_command *look;

    spread_ended_topics_add(topics, "eu");
    look = redis_wait("HMGET");
    close_shard();
    ck_assert_uint_eq(ended, 0);
    redis_reply(look, NOT_NOTED);
    WAIT_FOR(base, ended == 1);
    redis_turn_ms(30);
    ck_assert_ptr_null(redis_find("subscribed_topics"));
}
END_TEST

START_TEST(a_group_that_is_deleted_later_waits_for_the_next_owner)
{
    close_shard();
    spread_ended_topics_add(topics, "eu");
    redis_turn_ms(30);
    ck_assert_ptr_null(redis_find("HMGET"));
    shard = spread_shards_open(shards, &(struct wsub_owned){0, 6});
    spread_ended_topics_open(topics, shard);
    redis_wait("HMGET");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("ended topics");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, what_is_noted_is_not_walked_again);
    tcase_add_test(cases, what_is_not_noted_is_walked);
    tcase_add_test(cases, a_reply_after_the_shard_was_closed_ends_the_walk);
    tcase_add_test(cases,
                   a_group_that_is_deleted_later_waits_for_the_next_owner);
    return suite_run("ended topics", cases);
}
