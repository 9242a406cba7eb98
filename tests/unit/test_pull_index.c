/* test_pull_index.c - who wants which topics, and where they begin:
 * hub/pull/index.h, topics.h, start.h, places.h and slots.h. */
#include "hub/pull/index.h"

#include "hub/pull/places.h"
#include "hub/pull/shared.h"
#include "hub/pull/slots.h"
#include "hub/pull/start.h"
#include "tests/unit/redis_fixture.h"

#define SHARDS 8
#define URL "http://p.example/a"
#define PLACES_MAX 10000

static struct hub_pull_index *index_;
static char found_text[128];

static void set_up(void)
{
    redis_set_up_shards(SHARDS);
    index_ = hub_pull_index_new();
}

static void tear_down(void)
{
    hub_pull_index_free(index_);
    wsub_store_close(store);
    redis_tear_down();
}

static void on_found(void *owner, void *arg)
{
    (void)arg;
    strncat(found_text, owner, sizeof(found_text) - strlen(found_text) - 1);
}

static const char *find(const char *topic)
{
    found_text[0] = '\0';
    hub_pull_index_find(index_, topic, on_found, NULL);
    return found_text;
}

START_TEST(an_event_finds_who_wants_one_of_its_levels)
{
    static const char *const wanted[] = {"", "*", "a", "a.b", URL};
    static char names[][2] = {"e", "*", "a", "b", "u"};
    struct hub_pull_topics topics[COUNT(wanted)];
    struct hub_pull_wants wants[COUNT(wanted)] = {0};

    for (int i = 0; i < COUNT(wanted); i++) {
        hub_pull_topics_init(&topics[i], store, wanted[i]);
        hub_pull_index_add(index_, &wants[i], &topics[i], names[i]);
    }
    ck_assert_str_eq(find("a.b.c"), "e*ba");
    ck_assert_str_eq(find("a.b"), "eb*a");
    ck_assert_str_eq(find("a"), "ea*");
    ck_assert_str_eq(find("ab"), "e*");
    ck_assert_str_eq(find(URL), "eu");
    ck_assert_str_eq(find(URL ".b"), "e");
    for (int i = 0; i < COUNT(wanted); i++) {
        hub_pull_index_remove(index_, &wants[i]);
        hub_pull_index_remove(index_, &wants[i]);
        hub_pull_topics_done(&topics[i]);
    }
    ck_assert_str_eq(find("a.b.c"), "");
}
END_TEST

START_TEST(others_that_want_a_topic_stay)
{
    struct hub_pull_topics topics;
    struct hub_pull_wants wants[3] = {0};
    static char names[][2] = {"0", "1", "2"};

    hub_pull_topics_init(&topics, store, "a b.c " URL);
    for (int i = 0; i < 3; i++)
        hub_pull_index_add(index_, &wants[i], &topics, names[i]);
    ck_assert_str_eq(find("b.c.d"), "210");
    hub_pull_index_remove(index_, &wants[1]);
    ck_assert_str_eq(find(URL), "20");
    hub_pull_index_remove(index_, &wants[0]);
    hub_pull_index_remove(index_, &wants[2]);
    ck_assert_str_eq(find("a"), "");
    hub_pull_topics_done(&topics);
}
END_TEST

START_TEST(a_topic_is_added_once)
{
    struct wsub_buf text = {0};

    hub_pull_topics_add(&text, "ab");
    hub_pull_topics_add(&text, "a");
    hub_pull_topics_add(&text, "b");
    hub_pull_topics_add(&text, "a");
    hub_pull_topics_add(&text, "ab");
    hub_pull_topics_add(&text, "a.b");
    ck_assert_str_eq(text.data, "ab a b a.b");
    wsub_buf_done(&text);
}
END_TEST

static unsigned count_shards(const char *text)
{
    struct hub_pull_topics topics;
    unsigned count = 0;

    hub_pull_topics_init(&topics, store, text);
    for (unsigned i = 0; i < SHARDS; i++)
        count += topics.shards[i];
    hub_pull_topics_done(&topics);
    return count;
}

START_TEST(topics_are_in_their_shards)
{
    ck_assert_uint_eq(count_shards(""), SHARDS);
    ck_assert_uint_eq(count_shards("*"), SHARDS);
    ck_assert_uint_eq(count_shards("a *"), SHARDS);
    ck_assert_uint_eq(count_shards("a"), 1);
    ck_assert_uint_eq(count_shards("a a.b a.c"), 1);
}
END_TEST

static const struct {
    enum hub_pull_from from;
    struct wsub_place event;
    bool knows;
    const char *cursors;
} starts[] = {
    {HUB_PULL_NOW, {0, 0, 0}, false, "0-9000-3 1-9000-3"},
    {HUB_PULL_EARLIEST, {0, 0, 0}, false, "0-5-0 1-5-0"},
    {HUB_PULL_EVENT, {1, 7000, 2}, false, "0-5000-0 1-7000-2"},
    {HUB_PULL_EVENT, {1, 2000, 2}, false, "0-0-0 1-2000-2"},
    {HUB_PULL_EVENT, {1, UINT64_MAX, UINT64_MAX}, false, "0-9000-3 1-9000-3"},
    {HUB_PULL_EVENT, {1, 9000, 4}, false, "0-7000-0 1-9000-3"},
    {HUB_PULL_EVENT, {1, 7000, 2}, true, "0-4321-1 1-7000-2"},
};

START_TEST(a_start_skips_nothing_that_has_not_happened)
{
    struct wsub_pull_tail tails[SHARDS];
    struct wsub_place place = {0, 4321, 1};
    const struct wsub_pull_cursors known = {&place, 1};
    struct hub_pull_topics topics;
    struct wsub_pull_cursors cursors;
    char *text;

    for (unsigned i = 0; i < SHARDS; i++)
        tails[i] = (struct wsub_pull_tail){.last = {i, 9000, 3},
                                           .before_first = {i, 5, 0}};
    hub_pull_topics_init(&topics, store, "*");
    memset(topics.shards + 2, 0, (SHARDS - 2) * sizeof(bool));
    hub_pull_start_cursors(
        &(struct hub_pull_start){.from = starts[_i].from,
                                 .event = starts[_i].event,
                                 .known = starts[_i].knows ? &known : NULL},
        &topics, store, tails, &cursors);
    text = wsub_pull_cursors_text(&cursors);
    ck_assert_str_eq(text, starts[_i].cursors);
    free(text);
    wsub_pull_cursors_done(&cursors);
    hub_pull_topics_done(&topics);
}
END_TEST

static void note(struct hub_pull_places *places, uint64_t ms)
{
    struct wsub_pull_cursors cursors;

    ck_assert(wsub_pull_cursors_parse("0-1-0 1-2-0", SHARDS, &cursors));
    cursors.places[0].ms = ms;
    hub_pull_places_note(places, &(struct wsub_place){0, ms, 0}, "a b",
                         &cursors);
    ck_assert_ptr_null(cursors.places);
}

START_TEST(the_places_of_the_last_streams_are_known)
{
    struct hub_pull_places *places = hub_pull_places_new();

    for (uint64_t ms = 0; ms < PLACES_MAX; ms++)
        note(places, ms);
    note(places, 1);
    note(places, PLACES_MAX);
    ck_assert_ptr_null(
        hub_pull_places_find(places, &(struct wsub_place){0, 0, 0}, "a b"));
    for (uint64_t ms = 1; ms <= PLACES_MAX; ms++)
        ck_assert_uint_eq(
            hub_pull_places_find(places, &(struct wsub_place){0, ms, 0}, "a b")
                ->places[0]
                .ms,
            ms);
    ck_assert_ptr_null(
        hub_pull_places_find(places, &(struct wsub_place){0, 5, 0}, "a"));
    ck_assert_ptr_null(
        hub_pull_places_find(places, &(struct wsub_place){1, 5, 0}, "a b"));
    hub_pull_places_free(places);
    hub_pull_places_free(NULL);
}
END_TEST

START_TEST(some_connections_are_for_others)
{
    static const struct {
        uint32_t all;
        size_t may_wait;
    } cases[] = {{1, 1}, {8, 7}, {80, 70}, {512, 448}, {10000, 9936}};

    for (int i = 0; i < COUNT(cases); i++) {
        const struct wsub_config its = {.max_connections = cases[i].all};
        struct hub_pull pull = {.config = &its,
                                .waiting = cases[i].may_wait - 1};

        ck_assert(hub_pull_may_wait(&pull));
        pull.stream_count++;
        ck_assert(!hub_pull_may_wait(&pull));
    }
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("pull index");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, an_event_finds_who_wants_one_of_its_levels);
    tcase_add_test(cases, others_that_want_a_topic_stay);
    tcase_add_test(cases, a_topic_is_added_once);
    tcase_add_test(cases, topics_are_in_their_shards);
    tcase_add_loop_test(cases, a_start_skips_nothing_that_has_not_happened, 0,
                        COUNT(starts));
    tcase_add_test(cases, the_places_of_the_last_streams_are_known);
    tcase_add_test(cases, some_connections_are_for_others);
    return suite_run("pull index", cases);
}
