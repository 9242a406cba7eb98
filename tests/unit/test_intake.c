/* test_intake.c - how many entries are read, and where each goes, by
 * spreader/intake.h.  The parts below are the real ones. */
#include "spreader/intake.h"

#include "common/http/client.h"
#include "common/store/promoter.h"
#include "common/store/topic.h"
#include "spreader/fanout.h"
#include "spreader/fetch.h"
#include "spreader/rejected.h"
#include "spreader/validate.h"
#include "tests/unit/redis_fixture.h"

#define URL "http://127.0.0.1:1/" /* nothing is sent there: it is private */
#define CD "ABCDEFGHIJKLMNOPQRSTUV"
#define COUNT_ARG 4 /* of XREADGROUP */
#define FINISHED "*2\r\n:1\r\n:1\r\n"

static struct spread_intake *intake;
static struct spread_fanout *fanout;
static struct spread_fetcher *fetcher;
static struct spread_validator *validator;
static struct spread_rejecter *rejecter;
static struct wsub_http_client *client;
static struct wsub_promoter *promoter;
static size_t over; /* entries, by on_done */
static bool stopped;

static void on_done(size_t entries, void *arg)
{
    (void)arg;
    over += entries;
    spread_intake_release(intake, entries);
}

static void on_nothing(void *arg)
{
    (void)arg;
}

static void on_stopped(void *arg)
{
    (void)arg;
    stopped = true;
}

static void build_fetching(void)
{
    struct spread_topics_options options = {
        .loop = loop,
        .store = store,
        .config = &config,
        .client = client,
        .promoter = promoter,
        .on_done = on_done,
        .on_idle = on_nothing,
    };

    fetcher = spread_fetcher_new(&options);
    validator = spread_validator_new(&options);
}

static void build_parts(void)
{
    client = wsub_http_client_new(&(struct wsub_http_client_options){
        .base = base, .connect_timeout_ms = DEADLINE_MS, .max_requests = 10});
    promoter = wsub_promoter_new(base, store);
    fanout = spread_fanout_new(&(struct spread_fanout_options){
        .loop = loop,
        .store = store,
        .config = &config,
        .on_progress = on_nothing,
        .on_done = on_done,
        .on_idle = on_nothing,
    });
    build_fetching();
    rejecter = spread_rejecter_new(&(struct spread_rejecter_options){
        .store = store, .on_done = on_done, .on_idle = on_nothing});
}

static void set_up(void)
{
    over = 0;
    stopped = false;
    redis_set_up_store();
    build_parts();
    intake = spread_intake_new(&(struct spread_intake_options){
        .loop = loop,
        .store = store,
        .config = &config,
        .fanout = fanout,
        .fetcher = fetcher,
        .validator = validator,
        .rejecter = rejecter,
        .on_stopped = on_stopped,
    });
}

static void tear_down(void)
{
    wsub_store_close(store);
    wsub_http_client_free(client);
    spread_intake_free(intake);
    spread_rejecter_free(rejecter);
    spread_validator_free(validator);
    spread_fetcher_free(fetcher);
    spread_fanout_free(fanout);
    wsub_promoter_free(promoter);
    redis_tear_down();
}

static void add_word(struct wsub_buf *text, const char *word)
{
    wsub_buf_printf(text, "$%zu\r\n%s\r\n", strlen(word), word);
}

/* Replies to a read with `count` entries of one stream, whose fields are
 * `words`, up to NULL; their ids go on from *last. */
static void give(struct redis_command *read, const char *stream, size_t count,
                 unsigned *last, const char *const words[])
{
    struct wsub_buf text = {0};
    size_t words_count = 0;
    char id[16];

    while (words[words_count] != NULL)
        words_count++;
    wsub_buf_str(&text, "*1\r\n*2\r\n");
    add_word(&text, stream);
    wsub_buf_printf(&text, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "%u-0", ++*last);
        wsub_buf_str(&text, "*2\r\n");
        add_word(&text, id);
        wsub_buf_printf(&text, "*%zu\r\n", words_count);
        for (size_t w = 0; w < words_count; w++)
            add_word(&text, words[w]);
    }
    redis_reply(read, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

static void give_one(const char *stream, const char *const words[])
{
    unsigned last = 0;

    give(redis_wait("XREADGROUP"), stream, 1, &last, words);
}

static const char *const event[] = {"v",   "1", "t", "a.b", "ct",
                                    "a/b", "b", "x", NULL};

START_TEST(an_idle_reader_asks_for_one_entry_of_each_stream)
{
    redis_check_args(redis_wait("XREADGROUP"),
                     (const char *[]){"GROUP", "spread", "me", "COUNT", "1",
                                      "BLOCK", "1000", "STREAMS", "w:{0}:pings",
                                      "w:{0}:log", ">", ">", NULL});
}
END_TEST

START_TEST(an_event_goes_to_the_fan_out)
{
    give_one("w:{0}:log", event);
    ck_assert_str_eq(redis_arg(redis_wait("page"), 0), "1-0");
}
END_TEST

START_TEST(an_announcement_is_fetched)
{
    const char *const words[] = {"v", "1", "t", URL, NULL};

    give_one("w:{0}:pings", words);
    redis_wait("HLEN");
    ck_assert(!spread_fetcher_idle(fetcher));
    ck_assert(spread_validator_idle(validator));
}
END_TEST

START_TEST(an_announcement_with_a_subscribe_request_is_validated)
{
    char q[2 * WSUB_DIGEST_LEN + 4];
    const char *const words[] = {"v", "1", "t", URL, "q", q, "g", "7", NULL};

    snprintf(q, sizeof(q), "%s:%s:s", wsub_topic_ref(store, URL).digest, CD);
    give_one("w:{0}:pings", words);
    redis_wait("validated");
    ck_assert(spread_fetcher_idle(fetcher));
    ck_assert(!spread_validator_idle(validator));
}
END_TEST

static const char *const streams[] = {"log", "pings"};

START_TEST(what_can_t_be_used_is_rejected)
{
    const char *const words[] = {"v", "2", NULL};
    char key[32];
    struct redis_command *command;

    snprintf(key, sizeof(key), "w:{0}:%s", streams[_i]);
    give_one(key, words);
    command = redis_wait(wsub_script(WSUB_SCRIPT_REJECT)->name);
    redis_check_args(command,
                     (const char *[]){streams[_i], "1-0",
                                      "its format version is not 1", NULL});
    ck_assert(!spread_rejecter_idle(rejecter));
    ck_assert_uint_eq(over, 0);
    redis_reply(command, ":1\r\n");
    WAIT_FOR(base, over == 1);
    ck_assert(spread_rejecter_idle(rejecter));
}
END_TEST

START_TEST(no_more_entries_are_held_than_may_be)
{
    unsigned last = 0;

    while (last < SPREAD_ENTRIES_MAX) {
        struct redis_command *read = redis_wait("XREADGROUP");
        size_t count = strtoul(redis_arg(read, COUNT_ARG), NULL, 10);

        ck_assert_uint_le(count, (SPREAD_ENTRIES_MAX - last) / 2);
        ck_assert_uint_ge(count, 1);
        give(read, "w:{0}:log", count, &last, event);
        if (SPREAD_ENTRIES_MAX - last < 2)
            break;
    }
    redis_turn_some();
    ck_assert_ptr_null(redis_find("XREADGROUP"));
    for (int i = 0; i < 2; i++) {
        redis_reply(redis_wait("page"), FINISHED);
        WAIT_FOR(base, over == (size_t)i + 1);
    }
    ck_assert_str_eq(redis_arg(redis_wait("XREADGROUP"), COUNT_ARG), "1");
}
END_TEST

START_TEST(an_intake_that_stops_lets_its_read_end)
{
    struct redis_command *read = redis_wait("XREADGROUP");

    redis_held = "CLIENT";
    spread_intake_stop(intake);
    redis_wait("CLIENT"); /* UNBLOCK */
    ck_assert(!spread_intake_stopped(intake));
    redis_reply(read, "*-1\r\n");
    WAIT_FOR(base, stopped);
    ck_assert(spread_intake_stopped(intake));
    ck_assert_ptr_null(redis_find("XREADGROUP"));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("intake");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, an_idle_reader_asks_for_one_entry_of_each_stream);
    tcase_add_test(cases, an_event_goes_to_the_fan_out);
    tcase_add_test(cases, an_announcement_is_fetched);
    tcase_add_test(cases,
                   an_announcement_with_a_subscribe_request_is_validated);
    tcase_add_loop_test(cases, what_can_t_be_used_is_rejected, 0,
                        COUNT(streams));
    tcase_add_test(cases, no_more_entries_are_held_than_may_be);
    tcase_add_test(cases, an_intake_that_stops_lets_its_read_end);
    return suite_run("intake", cases);
}
