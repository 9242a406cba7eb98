/* test_cluster_events.c - how events are told and read:
 * common/store/cluster_events.h. */
#include "common/store/cluster_events.h"

#include "tests/unit/redis_fixture.h"

static char topic[] = "events";

static void set_up(void)
{
    redis_set_up_store();
    redis_held = "XADD";
    config.cluster_events_topic = topic;
    config.cluster_events_kept = 500;
}

START_TEST(an_event_is_told_with_the_fields_that_it_has)
{
    wsub_cluster_event_tell(store, &(struct wsub_cluster_event){
                                       .kind = WSUB_EVENT_SHARD_CLAIMED,
                                       .instance = "s1",
                                       .incarnation = 7,
                                       .role = "spreader",
                                       .shard = 0,
                                       .epoch = 12,
                                       .detail = "few words",
                                   });
    redis_check_args(redis_wait("XADD"), (const char *[]){"w:{c}:events",
                                                          "MAXLEN",
                                                          "~",
                                                          "500",
                                                          "*",
                                                          "v",
                                                          "1",
                                                          "k",
                                                          "shard_claimed",
                                                          "n",
                                                          "s1",
                                                          "i",
                                                          "7",
                                                          "r",
                                                          "spreader",
                                                          "s",
                                                          "0",
                                                          "e",
                                                          "12",
                                                          "w",
                                                          "few words",
                                                          NULL});
}
END_TEST

START_TEST(what_an_event_lacks_is_left_out)
{
    wsub_cluster_event_tell(store, &(struct wsub_cluster_event){
                                       .kind = WSUB_EVENT_ALERT, .shard = -1});
    redis_check_args(redis_wait("XADD"),
                     (const char *[]){"w:{c}:events", "MAXLEN", "~", "500", "*",
                                      "v", "1", "k", "alert", NULL});
}
END_TEST

static struct redisReply texts[16], *elements[16];

/* The fields of an entry, up to NULL. */
static struct redisReply fields_of(const char *const words[])
{
    struct redisReply fields = {.type = REDIS_REPLY_ARRAY, .element = elements};

    for (; words[fields.elements] != NULL; fields.elements++) {
        char *word = wsub_strdup(words[fields.elements]);

        texts[fields.elements] = (struct redisReply){
            .type = REDIS_REPLY_STRING, .str = word, .len = strlen(word)};
        elements[fields.elements] = &texts[fields.elements];
    }
    return fields;
}

static void drop(const struct redisReply *fields)
{
    for (size_t i = 0; i < fields->elements; i++)
        free(texts[i].str);
}

START_TEST(an_event_is_read_as_it_was_told)
{
    struct wsub_cluster_event event;
    struct redisReply fields = fields_of(
        (const char *[]){"v", "1", "k", "shard_lost", "n", "s1", "i", "7", "s",
                         "0", "e", "18446744073709551615", NULL});

    ck_assert(wsub_cluster_event_read("5-1", &fields, &event));
    ck_assert_str_eq(event.id, "5-1");
    ck_assert_int_eq(event.kind, WSUB_EVENT_SHARD_LOST);
    ck_assert_str_eq(event.instance, "s1");
    ck_assert_uint_eq(event.incarnation, 7);
    ck_assert_int_eq(event.shard, 0);
    ck_assert_uint_eq(event.epoch, UINT64_MAX);
    ck_assert_ptr_null(event.role);
    ck_assert_ptr_null(event.detail);
    ck_assert_ptr_null(event.td);
    drop(&fields);
}
END_TEST

START_TEST(a_change_of_a_subscription_names_it)
{
    struct wsub_cluster_event event;
    struct redisReply fields = fields_of((const char *[]){
        "v", "1", "k", "subscription_deleted", "td", "T", "cd", "C", NULL});

    ck_assert(wsub_cluster_event_read("5-1", &fields, &event));
    ck_assert_int_eq(event.kind, WSUB_EVENT_SUBSCRIPTION_DELETED);
    ck_assert_int_eq(event.shard, -1);
    ck_assert_str_eq(event.td, "T");
    ck_assert_str_eq(event.cd, "C");
    drop(&fields);
}
END_TEST

START_TEST(a_kind_of_a_later_version_is_unknown)
{
    struct wsub_cluster_event event;
    struct redisReply fields =
        fields_of((const char *[]){"v", "1", "k", "a_new_one", NULL});

    ck_assert(wsub_cluster_event_read("5-1", &fields, &event));
    ck_assert_int_eq(event.kind, WSUB_EVENT_UNKNOWN);
    drop(&fields);
}
END_TEST

static const char *const unreadable[][5] = {
    {"v", "2", "k", "alert", NULL},
    {"k", "alert", NULL},
    {"v", "1", NULL},
    {NULL},
};

START_TEST(an_entry_of_another_version_is_not_read)
{
    struct wsub_cluster_event event;
    struct redisReply fields = fields_of(unreadable[_i]);

    ck_assert(!wsub_cluster_event_read("5-1", &fields, &event));
    drop(&fields);
}
END_TEST

START_TEST(every_kind_has_a_name_of_its_own)
{
    for (int i = 0; i < WSUB_EVENT_KINDS; i++)
        for (int k = 0; k <= i; k++)
            ck_assert_int_eq(
                strcmp(wsub_cluster_event_name((enum wsub_cluster_event_kind)i),
                       wsub_cluster_event_name(
                           (enum wsub_cluster_event_kind)k)) == 0,
                i == k);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("cluster_events");

    tcase_add_checked_fixture(cases, set_up, redis_tear_down);
    tcase_add_test(cases, an_event_is_told_with_the_fields_that_it_has);
    tcase_add_test(cases, what_an_event_lacks_is_left_out);
    tcase_add_test(cases, an_event_is_read_as_it_was_told);
    tcase_add_test(cases, a_change_of_a_subscription_names_it);
    tcase_add_test(cases, a_kind_of_a_later_version_is_unknown);
    tcase_add_loop_test(cases, an_entry_of_another_version_is_not_read, 0,
                        COUNT(unreadable));
    tcase_add_test(cases, every_kind_has_a_name_of_its_own);
    return suite_run("cluster_events", cases);
}
