/* test_readers.c - what is claimed, and how much of it: deliver/readers.h. */
#include "deliver/readers.h"

#include "common/store/stream_reader.h"
#include "deliver/slots.h"
#include "tests/unit/redis_fixture.h"

#define COUNT_AT 4 /* arguments of XREADGROUP */
#define SLOTS 400
#define IDLE_MS 5000

static struct deliver_slots *slots;
static struct deliver_readers *readers;
static bool claiming;
static size_t jobs_ahead;
static unsigned verifications, jobs[DELIVER_LANES], taken_over, stopped;

static bool may_claim(void *arg)
{
    (void)arg;
    return claiming;
}

static size_t ahead(void *arg)
{
    (void)arg;
    return jobs_ahead;
}

static void on_verification(const struct wsub_stream_entry *entry, void *arg)
{
    (void)arg;
    verifications++;
    taken_over += entry->taken_over;
}

static void on_jobs(enum deliver_lane lane,
                    const struct wsub_stream_entry *entry, void *arg)
{
    (void)arg;
    jobs[lane]++;
    taken_over += entry->taken_over;
    deliver_slots_take(slots, 1);
}

static void on_stopped(void *arg)
{
    (void)arg;
    stopped++;
}

static void on_idle(void *arg)
{
    (void)arg;
}

static void set_up(void)
{
    claiming = true;
    jobs_ahead = 0;
    verifications = taken_over = stopped = 0;
    memset(jobs, 0, sizeof(jobs));
    redis_set_up_store();
    slots = deliver_slots_new(&(struct deliver_slots_options){
        .total = SLOTS, .limits = {SLOTS, SLOTS - 50}, .on_idle = on_idle});
}

static void start(void)
{
    readers = deliver_readers_new(&(struct deliver_readers_options){
        .base = base,
        .store = store,
        .slots = slots,
        .consumer = "me",
        .takeover_idle_ms = IDLE_MS,
        .may_claim = may_claim,
        .ahead = ahead,
        .on_verification = on_verification,
        .on_jobs = on_jobs,
        .on_stopped = on_stopped,
    });
}

static void tear_down(void)
{
    wsub_store_close(store);
    deliver_readers_free(readers);
    readers = NULL;
    deliver_slots_free(slots);
    redis_tear_down();
}

/* The read of that stream's reader that waits for its reply. */
static struct redis_command *find_read(const char *stream)
{
    return redis_find_with("XREADGROUP", stream);
}

static struct redis_command *read_of(const char *stream)
{
    return redis_wait_with("XREADGROUP", stream);
}

#define OUTBOX "w:{0}:outbox"
#define BULK "w:{0}:bulk"
#define VERIFY "w:{0}:verify"

/* Adds `count` entries of the stream to a reply. */
static void add_entries(struct wsub_buf *text, const char *stream,
                        unsigned count)
{
    wsub_buf_printf(text, "*2\r\n$%zu\r\n%s\r\n*%u\r\n", strlen(stream), stream,
                    count);
    for (unsigned i = 0; i < count; i++)
        wsub_buf_printf(text,
                        "*2\r\n$5\r\n%03u-0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n",
                        i % 1000);
}

static void give(const char *stream, unsigned count)
{
    struct wsub_buf text = {0};

    wsub_buf_str(&text, "*1\r\n");
    add_entries(&text, stream, count);
    redis_reply(read_of(stream), wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

START_TEST(an_idle_reader_asks_for_one_entry_of_each_stream)
{
    start();
    redis_check_args(read_of(OUTBOX),
                     (const char *[]){"GROUP", "deliver", "me", "COUNT", "1",
                                      "BLOCK", "5000", "STREAMS", VERIFY,
                                      OUTBOX, ">", ">", NULL});
    redis_check_args(read_of(BULK),
                     (const char *[]){"GROUP", "deliver", "me", "COUNT", "1",
                                      "BLOCK", "5000", "STREAMS", BULK, ">",
                                      NULL});
    ck_assert_uint_eq(deliver_slots_used(slots), 3);
}
END_TEST

START_TEST(entries_go_to_those_who_know_them)
{
    struct wsub_buf text = {0};

    start();
    wsub_buf_str(&text, "*2\r\n");
    add_entries(&text, VERIFY, 1);
    add_entries(&text, OUTBOX, 1);
    redis_reply(read_of(OUTBOX), wsub_buf_cstr(&text));
    wsub_buf_done(&text);
    WAIT_FOR(base, jobs[DELIVER_LANE_OUTBOX] == 1);
    ck_assert_uint_eq(verifications, 1);
    ck_assert_uint_eq(taken_over, 0);
    give(BULK, 1);
    WAIT_FOR(base, jobs[DELIVER_LANE_BULK] == 1);
}
END_TEST

START_TEST(a_reader_with_full_reads_asks_for_more_and_reserves_slots_for_it)
{
    start();
    read_of(BULK);
    give(OUTBOX, 1);
    WAIT_FOR(base, jobs[DELIVER_LANE_OUTBOX] == 1);
    ck_assert_str_eq(redis_arg(read_of(OUTBOX), COUNT_AT), "2");
    ck_assert_uint_eq(deliver_slots_used(slots), 1 + 1 + 2 * (1 + 16));
    give(OUTBOX, 2);
    ck_assert_str_eq(redis_arg(read_of(OUTBOX), COUNT_AT), "4");
    ck_assert(!redis_has_arg(read_of(OUTBOX), "BLOCK"));
    redis_reply(read_of(OUTBOX), "*-1\r\n");
    WAIT_FOR(base, find_read(OUTBOX) != NULL);
    ck_assert_str_eq(redis_arg(read_of(OUTBOX), COUNT_AT), "1");
    ck_assert_uint_eq(deliver_slots_used(slots), 3 + 1 + 2);
}
END_TEST

START_TEST(nothing_is_claimed_while_it_may_not_be)
{
    claiming = false;
    start();
    redis_turn_ms(100);
    ck_assert_ptr_null(redis_find("XREADGROUP"));
    claiming = true;
    deliver_readers_kick(readers);
    read_of(OUTBOX);
    read_of(BULK);
}
END_TEST

START_TEST(nothing_is_claimed_without_slots)
{
    deliver_slots_take(slots, SLOTS);
    start();
    WAIT_FOR(base, deliver_slots_used(slots) == SLOTS);
    redis_turn_ms(100);
    ck_assert_ptr_null(redis_find("XREADGROUP"));
    deliver_slots_release(slots, SLOTS);
    deliver_readers_kick(readers);
    read_of(OUTBOX);
    read_of(BULK);
}
END_TEST

START_TEST(few_slots_are_waited_for_to_become_a_batch_but_not_for_long)
{
    deliver_slots_take(slots, SLOTS - 40); /* less than an eighth is free */
    start();
    read_of(OUTBOX); /* a millisecond later */
}
END_TEST

START_TEST(bulk_is_not_claimed_ahead_of_what_can_be_sent)
{
    jobs_ahead = 128;
    start();
    read_of(OUTBOX);
    redis_turn_ms(50);
    ck_assert_ptr_null(find_read(BULK));
    jobs_ahead = 0;
    deliver_readers_kick(readers);
    read_of(BULK);
}
END_TEST

START_TEST(what_others_hold_for_too_long_is_taken_over)
{
    struct redis_command *command;

    redis_held = "XAUTOCLAIM";
    start();
    read_of(OUTBOX);
    command = redis_wait("XAUTOCLAIM"); /* two seconds later */
    redis_check_args(command, (const char *[]){VERIFY, "deliver", "me", "5000",
                                               "0-0", "COUNT", "64", NULL});
    ck_assert_uint_eq(deliver_slots_used(slots), 3 + 2 * 64);
    redis_reply(command, "*2\r\n$3\r\n7-0\r\n*2\r\n*-1\r\n"
                         "*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    WAIT_FOR(base, verifications == 1);
    ck_assert_uint_eq(taken_over, 1);
}
END_TEST

START_TEST(readers_that_stop_end_their_reads_and_say_so_once)
{
    start();
    read_of(OUTBOX);
    read_of(BULK);
    deliver_readers_stop(readers);
    ck_assert(!deliver_readers_stopped(readers));
    give(OUTBOX, 1); /* an entry that comes at this moment is not lost */
    redis_reply(read_of(BULK), "*-1\r\n");
    WAIT_FOR(base, stopped == 1);
    ck_assert(deliver_readers_stopped(readers));
    ck_assert_uint_eq(jobs[DELIVER_LANE_OUTBOX], 1);
    ck_assert_uint_eq(deliver_slots_used(slots), 1);
    redis_turn_some();
    ck_assert_ptr_null(redis_find("XREADGROUP"));
    ck_assert_uint_eq(stopped, 1);
}
END_TEST

START_TEST(a_read_that_redis_refuses_gives_its_slots_back)
{
    start();
    read_of(BULK);
    redis_reply(read_of(OUTBOX), "-ERR not now\r\n");
    WAIT_FOR(base, deliver_slots_used(slots) == 1);
    read_of(OUTBOX);
    ck_assert_uint_eq(deliver_slots_used(slots), 3);
}
END_TEST

START_TEST(a_lost_link_gives_the_slots_back)
{
    start();
    read_of(OUTBOX);
    read_of(BULK);
    redis_drop();
    WAIT_FOR(base, deliver_slots_used(slots) == 0);
    read_of(OUTBOX);
    read_of(BULK);
    ck_assert_uint_eq(deliver_slots_used(slots), 3);
}
END_TEST

START_TEST(a_process_needs_some_slots_for_every_shard)
{
    ck_assert_uint_eq(deliver_readers_least_slots(12), 48);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("readers");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, an_idle_reader_asks_for_one_entry_of_each_stream);
    tcase_add_test(cases, entries_go_to_those_who_know_them);
    tcase_add_test(
        cases,
        a_reader_with_full_reads_asks_for_more_and_reserves_slots_for_it);
    tcase_add_test(cases, nothing_is_claimed_while_it_may_not_be);
    tcase_add_test(cases, nothing_is_claimed_without_slots);
    tcase_add_test(cases,
                   few_slots_are_waited_for_to_become_a_batch_but_not_for_long);
    tcase_add_test(cases, bulk_is_not_claimed_ahead_of_what_can_be_sent);
    tcase_add_test(cases, what_others_hold_for_too_long_is_taken_over);
    tcase_add_test(cases, readers_that_stop_end_their_reads_and_say_so_once);
    tcase_add_test(cases, a_read_that_redis_refuses_gives_its_slots_back);
    tcase_add_test(cases, a_lost_link_gives_the_slots_back);
    tcase_add_test(cases, a_process_needs_some_slots_for_every_shard);
    return suite_run("readers", cases);
}
