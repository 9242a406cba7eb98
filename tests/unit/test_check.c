/* test_check.c - which entries of `log` and `pings` can be used, by
 * spreader/check.h.  The store connects to nothing: its loop never runs. */
#include "spreader/check.h"

#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "common/store/store.h"
#include "common/store/topic.h"
#include "tests/unit/entry_fixture.h"
#include "tests/unit/suite.h"

#define FEED "https://publisher.example/feed"
#define SHARDS 16
#define WORDS_MAX 16

#define FEED_TD "z9W-yZYILAWx_6iFNsSKOA" /* checked below */
#define CD "0123456789abcdefghijkl"

static struct event_base *base;
static struct wsub_config config;
static struct wsub_store *store;
static char redis_url[] = "unix:///nowhere", empty[] = "";

static void set_up(void)
{
    char err_text[256];

    config.redis_url = redis_url;
    config.key_prefix = empty;
    config.public_url = empty;
    config.topic_deny = empty;
    config.shards = SHARDS;
    base = event_base_new();
    ck_assert_ptr_nonnull(base);
    ck_assert_int_eq(wsub_store_new(
                         &(struct wsub_store_options){
                             .base = base,
                             .config = &config,
                         },
                         err_text, &store),
                     WSUB_OK);
}

static void tear_down(void)
{
    wsub_store_free(store);
    event_base_free(base);
}

typedef enum spread_check check_fn(const struct wsub_store *store,
                                   const struct wsub_stream_entry *entry,
                                   char why[SPREAD_WHY_BYTES]);

/* Checks the entry in the shard of its topic, or in the next one.  `why` is
 * NULL for one that can be used. */
static void expect(check_fn *check, struct entry_fixture *e, bool next_shard,
                   const char *why)
{
    const char *topic = wsub_stream_field(&e->fields, "t", NULL);
    char said[SPREAD_WHY_BYTES] = "";
    const char *version = wsub_stream_field(&e->fields, "v", NULL);
    bool is_newer = version != NULL && strtoul(version, NULL, 10) > 1;
    enum spread_check found;

    if (topic != NULL)
        e->entry.shard =
            (wsub_topic_ref(store, topic).shard + (next_shard ? 1 : 0)) %
            SHARDS;
    found = check(store, &e->entry, said);
    ck_assert_str_eq(said, why != NULL ? why : "");
    ck_assert(found == SPREAD_CHECK_FINE || why != NULL);
    ck_assert((found == SPREAD_CHECK_NEWER) == is_newer);
    entry_done(e);
}

static const struct {
    const char *words[WORDS_MAX];
    const char *why;
} events[] = {
    {{"v", "1", "t", "a.b", "ct", "text/plain", "b", "x"}, NULL},
    {{"v", "1", "t", "a.b", "ct", "text/plain", "b", ""}, NULL},
    {{"b", "x", "ct", "text/plain", "t", FEED, "other", "y", "v", "1"}, NULL},
    {{"v", "1", "t", "a", "ct", "a/b", "b", "", "self", FEED}, NULL},
    {{"v", "1", "t", "a", "ct", "a/b", "b", "", "ce", "gzip, br"}, NULL},
    {{"v", "1", "t", "a", "ct", "a/b", "b", "", "ce", ""},
     "the content coding is not valid"},
    {{"v", "1", "t", "a", "ct", "a/b", "b", "", "ce", "gzip\r\nX: y"},
     "the content coding is not valid"},
    {{NULL}, "it has no field v"},
    {{"v", "2", "t", "a", "ct", "a/b", "b", "x"},
     "its format version is not 1"},
    {{"v", "10"}, "its format version is not 1"},
    {{"v", "0", "t", "a", "ct", "a/b", "b", "x"},
     "its format version is not 1"},
    {{"v", "", "t", "a", "ct", "a/b", "b", "x"}, "its format version is not 1"},
    {{"v", "x", "t", "a", "ct", "a/b", "b", "x"},
     "its format version is not 1"},
    {{"v", "1", "ct", "a/b", "b", "x"}, "it has no field t"},
    {{"v", "1", "t", "a..b", "ct", "a/b", "b", "x"},
     "the topic has an empty label"},
    {{"v", "1", "t", "A.b", "ct", "a/b", "b", "x"},
     "the topic is not in its normal spelling"},
    {{"v", "1", "t", "a", "b", "x"}, "it has no field ct"},
    {{"v", "1", "t", "a", "ct", "", "b", "x"}, "the content type is not valid"},
    {{"v", "1", "t", "a", "ct", " a/b", "b", "x"},
     "the content type is not valid"},
    {{"v", "1", "t", "a", "ct", "a/b\r\nX: y", "b", "x"},
     "the content type is not valid"},
    {{"v", "1", "t", "a", "ct", "a/b", "b", "x", "self", "a.b"},
     "self is no URL"},
    {{"v", "1", "t", "a", "ct", "a/b"}, "it has no field b"},
};

START_TEST(an_event_can_be_used_or_it_is_said_why_not)
{
    struct entry_fixture e;

    entry_make(&e, "1-0", events[_i].words);
    expect(spread_check_event, &e, false, events[_i].why);
}
END_TEST

static const struct {
    const char *words[WORDS_MAX];
    const char *why;
} pings[] = {
    {{"v", "1", "t", FEED}, NULL},
    {{"v", "3", "t", FEED}, "its format version is not 1"},
    {{"v", "1"}, "it has no field t"},
    {{"v", "1", "t", "a.b"},
     "the topic is not a URL; dotted topics are "
     "published by content push"},
};

START_TEST(an_announcement_can_be_used_or_it_is_said_why_not)
{
    struct entry_fixture e;

    entry_make(&e, "1-0", pings[_i].words);
    expect(spread_check_ping, &e, false, pings[_i].why);
}
END_TEST

START_TEST(a_dotted_topic_can_t_be_announced)
{
    static const char *const words[] = {"v", "1", "t", "a.b", NULL};
    char why[SPREAD_WHY_BYTES];
    struct entry_fixture e;

    entry_make(&e, "1-0", words);
    ck_assert(spread_check_ping(store, &e.entry, why) == SPREAD_CHECK_WRONG);
    entry_done(&e);
}
END_TEST

START_TEST(a_topic_of_another_shard_can_t_be_used)
{
    static const char *const words[] = {"v",   "1", "t", FEED, "ct",
                                        "a/b", "b", "x", NULL};
    struct entry_fixture e;

    entry_make(&e, "1-0", words);
    expect(spread_check_event, &e, true, "the topic belongs to another shard");
    entry_make(&e, "1-0", words);
    expect(spread_check_ping, &e, true, "the topic belongs to another shard");
}
END_TEST

static const struct {
    const char *name;
    check_fn *check;
    const char *why;
} zeros[] = {
    {"v", spread_check_event, "v holds a zero byte"},
    {"t", spread_check_event, "t holds a zero byte"},
    {"ct", spread_check_event, "ct holds a zero byte"},
    {"self", spread_check_event, "self is no URL"},
    {"b", spread_check_event, NULL},
    {"t", spread_check_ping, "t holds a zero byte"},
};

START_TEST(a_zero_byte_is_for_bodies_alone)
{
    static const struct {
        const char *name, *value;
    } fields[] = {
        {"v", "1"}, {"t", FEED}, {"ct", "a/b"}, {"b", "x"}, {"self", FEED}};
    struct entry_fixture e;
    char value[100];

    entry_make(&e, "1-0", (const char *const[]){NULL});
    for (int i = 0; i < COUNT(fields); i++) {
        bool ends_in_zero = strcmp(fields[i].name, zeros[_i].name) == 0;

        snprintf(value, sizeof(value), "%s", fields[i].value);
        entry_add(&e, fields[i].name, strlen(fields[i].name));
        entry_add(&e, value, strlen(value) + (ends_in_zero ? 1 : 0));
    }
    expect(zeros[_i].check, &e, false, zeros[_i].why);
}
END_TEST

START_TEST(a_content_type_is_bounded)
{
    char type[SPREAD_TYPE_MAX_BYTES + 2];

    memset(type, 'x', sizeof(type));
    type[SPREAD_TYPE_MAX_BYTES + 1] = '\0';
    ck_assert(!spread_check_type(type));
    type[SPREAD_TYPE_MAX_BYTES] = '\0';
    ck_assert(spread_check_type(type));
    ck_assert(spread_check_type("text/html; charset=\"\xc3\xa4\"\t"));
    ck_assert(!spread_check_type("text/html\x7f"));
    ck_assert(!spread_check_type("\ttext/html"));
}
END_TEST

START_TEST(the_digest_of_these_tests_is_that_of_their_topic)
{
    ck_assert_str_eq(wsub_topic_ref(store, FEED).digest, FEED_TD);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("check");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, an_event_can_be_used_or_it_is_said_why_not, 0,
                        COUNT(events));
    tcase_add_loop_test(cases,
                        an_announcement_can_be_used_or_it_is_said_why_not, 0,
                        COUNT(pings));
    tcase_add_test(cases, a_dotted_topic_can_t_be_announced);
    tcase_add_test(cases, a_topic_of_another_shard_can_t_be_used);
    tcase_add_loop_test(cases, a_zero_byte_is_for_bodies_alone, 0,
                        COUNT(zeros));
    tcase_add_test(cases, a_content_type_is_bounded);
    tcase_add_test(cases, the_digest_of_these_tests_is_that_of_their_topic);
    return suite_run("check", cases);
}
