/* test_content.c - events are read once for all their jobs: deliver/content.h.
 */
#include "deliver/content.h"

#include <stdlib.h>

#include "common/base/container_of.h"
#include "common/base/mem.h"
#include "common/store/topic.h"
#include "tests/unit/redis_fixture.h"

#define ID "1700000000000-0"
#define WAITS 4
#define MIB ((size_t)1 << 20)

struct wait {
    struct deliver_content_wait wait;
    const struct deliver_content *content;
    unsigned came;
};

static struct deliver_content_cache *cache;
static struct wait waits[WAITS];
static char hub_url[] = "http://hub.example/";

static void on_content(struct deliver_content_wait *wait,
                       const struct deliver_content *content)
{
    struct wait *w = wsub_container_of(wait, struct wait, wait);

    w->came++;
    w->content = content;
}

static void set_up(void)
{
    redis_set_up_shards(2);
    config.public_url = hub_url;
    cache = deliver_content_cache_new(store);
    for (unsigned i = 0; i < WAITS; i++)
        waits[i] = (struct wait){.wait.on_content = on_content};
}

static void tear_down(void)
{
    wsub_store_close(store);
    deliver_content_cache_free(cache);
    redis_tear_down();
}

static void get(unsigned wait, const char *id)
{
    deliver_content_get(cache, 1, id, &waits[wait].wait);
}

static void put(unsigned wait)
{
    deliver_content_put(cache, waits[wait].content);
}

static const char *const fields[] = {"v",          "1", "t",    "a.b", "ct",
                                     "text/plain", "b", "body", NULL};

/* Replies that the event is in `log`, with these fields. */
static void give_logged(const char *const words[])
{
    struct wsub_buf text = {0};
    struct redis_command *command = redis_wait("XRANGE");

    wsub_buf_printf(&text, "*1\r\n*2\r\n$3\r\n1-0\r\n%s", redis_array(words));
    redis_reply(command, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

/* Gets event `id` with a body of so many bytes. */
static void get_large(unsigned wait, const char *id, size_t bytes)
{
    struct wsub_buf text = {0};
    char *body = wsub_calloc(1, bytes + 1);

    memset(body, 'x', bytes);
    get(wait, id);
    wsub_buf_printf(&text,
                    "*1\r\n*2\r\n$3\r\n1-0\r\n*8\r\n$1\r\nv\r\n$1\r\n1\r\n"
                    "$1\r\nt\r\n$1\r\nt\r\n$2\r\nct\r\n$1\r\nc\r\n$1\r\nb\r\n"
                    "$%zu\r\n%s\r\n",
                    bytes, body);
    redis_reply(redis_wait("XRANGE"), wsub_buf_cstr(&text));
    WAIT_FOR(base, waits[wait].came == 1);
    wsub_buf_done(&text);
    free(body);
}

START_TEST(an_event_comes_from_the_log)
{
    const struct deliver_content *content;
    char td[WSUB_DIGEST_LEN + 1], expected[WSUB_DIGEST_LEN + 1];

    get(0, ID);
    ck_assert_uint_eq(redis_shard(redis_wait("XRANGE")), 1);
    redis_check_args(redis_find("XRANGE"),
                     (const char *[]){"w:{1}:log", ID, ID, NULL});
    give_logged(fields);
    WAIT_FOR(base, waits[0].came == 1);
    content = waits[0].content;
    ck_assert_str_eq(content->topic, "a.b");
    ck_assert_str_eq(content->type_header, "Content-Type: text/plain");
    ck_assert_str_eq(content->link_header,
                     "Link: <http://hub.example/>; rel=\"hub\", <a.b>; "
                     "rel=\"self\"");
    ck_assert_mem_eq(content->body, "body", 4);
    ck_assert_uint_eq(content->body_len, 4);
    ck_assert_uint_eq(deliver_content_bytes(cache), 4);
    for (int level = -1; level < 2; level++) {
        deliver_content_td(content, level, td);
        wsub_topic_level("a.b", level, expected);
        ck_assert_str_eq(td, expected);
    }
    put(0);
}
END_TEST

START_TEST(an_event_that_left_the_log_is_kept)
{
    get(0, ID);
    redis_reply(redis_wait("XRANGE"), "*0\r\n");
    redis_check_args(redis_wait("HGETALL"),
                     (const char *[]){"w:{1}:kept:" ID, NULL});
    redis_reply(redis_find("HGETALL"),
                redis_array((const char *[]){"v", "1", "t", "http://t.example/",
                                             "ct", "x/y", "b", "", "self",
                                             "http://self.example/", NULL}));
    WAIT_FOR(base, waits[0].came == 1);
    ck_assert_str_eq(waits[0].content->link_header,
                     "Link: <http://hub.example/>; rel=\"hub\", "
                     "<http://self.example/>; rel=\"self\"");
    ck_assert_uint_eq(waits[0].content->body_len, 0);
    put(0);
}
END_TEST

START_TEST(an_event_that_is_nowhere_is_none)
{
    get(0, ID);
    get(1, ID);
    redis_reply(redis_wait("XRANGE"), "*0\r\n");
    redis_reply(redis_wait("HGETALL"), "*0\r\n");
    WAIT_FOR(base, waits[1].came == 1);
    ck_assert_ptr_null(waits[0].content);
    ck_assert_ptr_null(waits[1].content);
    get(2, ID); /* is looked for again */
    redis_wait("XRANGE");
    put(0); /* NULL is fine */
}
END_TEST

static const char *const malformed[][9] = {
    {"t", "a.b", "ct", "x/y", "b", "", NULL},
    {"v", "2", "t", "a.b", "ct", "x/y", "b", "", NULL},
    {"v", "1", "ct", "x/y", "b", "", NULL},
    {"v", "1", "t", "a.b", "b", "", NULL},
    {"v", "1", "t", "a.b", "ct", "x/y", NULL},
};

START_TEST(a_malformed_event_is_none)
{
    get(0, ID);
    give_logged(malformed[_i]);
    WAIT_FOR(base, waits[0].came == 1);
    ck_assert_ptr_null(waits[0].content);
    ck_assert_ptr_null(redis_find("HGETALL"));
    ck_assert_uint_eq(deliver_content_bytes(cache), 0);
}
END_TEST

START_TEST(jobs_share_an_event)
{
    get(0, ID);
    get(1, ID);
    give_logged(fields);
    WAIT_FOR(base, waits[1].came == 1);
    ck_assert_ptr_eq(waits[0].content, waits[1].content);
    put(0);
    get(2, ID); /* at once */
    ck_assert_ptr_eq(waits[2].content, waits[1].content);
    ck_assert_ptr_eq(deliver_content_share(waits[2].content), waits[2].content);
    put(1);
    put(2);
    put(2); /* the shared use */
    get(3, ID);
    ck_assert_ptr_eq(waits[3].content, waits[1].content);
    put(3);
    ck_assert_ptr_null(redis_find("XRANGE"));
}
END_TEST

START_TEST(the_same_id_of_another_shard_is_another_event)
{
    get(0, ID);
    give_logged(fields);
    WAIT_FOR(base, waits[0].came == 1);
    deliver_content_get(cache, 0, ID, &waits[1].wait);
    ck_assert_uint_eq(redis_shard(redis_wait("XRANGE")), 0);
    put(0);
}
END_TEST

START_TEST(what_was_unused_for_longest_goes_first_when_it_is_too_much)
{
    get_large(0, "1-0", 3 * MIB);
    get_large(1, "2-0", 3 * MIB);
    get_large(2, "3-0", 3 * MIB);
    ck_assert_uint_eq(deliver_content_bytes(cache), 9 * MIB);
    put(1);
    put(0);
    ck_assert_uint_eq(deliver_content_bytes(cache), 9 * MIB);
    put(2);
    ck_assert_uint_eq(deliver_content_bytes(cache), 6 * MIB);
    get(0, "1-0");
    ck_assert_uint_eq(waits[0].came, 2);
    get(1, "2-0");
    ck_assert_uint_eq(waits[1].came, 1);
    redis_wait("XRANGE");
    put(0);
}
END_TEST

START_TEST(what_is_larger_than_all_that_may_be_unused_goes_at_once)
{
    get_large(0, "1-0", 9 * MIB);
    put(0);
    ck_assert_uint_eq(deliver_content_bytes(cache), 0);
}
END_TEST

static void on_content_gets(struct deliver_content_wait *wait,
                            const struct deliver_content *content)
{
    on_content(wait, content);
    if (waits[1].came == 0)
        get(1, ID);
}

START_TEST(who_learns_that_there_is_no_event_may_ask_again)
{
    waits[0].wait.on_content = on_content_gets;
    get(0, ID);
    redis_reply(redis_wait("XRANGE"), "*0\r\n");
    redis_reply(redis_wait("HGETALL"), "*0\r\n");
    WAIT_FOR(base, waits[0].came == 1);
    give_logged(fields);
    WAIT_FOR(base, waits[1].came == 1);
    ck_assert_ptr_nonnull(waits[1].content);
    put(1);
}
END_TEST

START_TEST(what_waits_at_the_end_is_not_told)
{
    get(0, ID);
    get(1, "2-0");
    redis_wait("XRANGE");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("content");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, an_event_comes_from_the_log);
    tcase_add_test(cases, an_event_that_left_the_log_is_kept);
    tcase_add_test(cases, an_event_that_is_nowhere_is_none);
    tcase_add_loop_test(cases, a_malformed_event_is_none, 0, COUNT(malformed));
    tcase_add_test(cases, jobs_share_an_event);
    tcase_add_test(cases, the_same_id_of_another_shard_is_another_event);
    tcase_add_test(cases,
                   what_was_unused_for_longest_goes_first_when_it_is_too_much);
    tcase_add_test(cases,
                   what_is_larger_than_all_that_may_be_unused_goes_at_once);
    tcase_add_test(cases, who_learns_that_there_is_no_event_may_ask_again);
    tcase_add_test(cases, what_waits_at_the_end_is_not_told);
    return suite_run("content", cases);
}
