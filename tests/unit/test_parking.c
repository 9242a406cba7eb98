/* test_parking.c - jobs that wait in Redis for their host come back:
 * deliver/parking.h. */
#include "deliver/parking.h"

#include "common/host/host.h"
#include "tests/unit/redis_fixture.h"

#define URL "http://s.example/cb"
#define QUEUE_MAX 4
#define UNKNOWN "UUUUUUUUUUUUUUUUUUUUUU"

static struct wsub_hosts *hosts;
static struct deliver_parking *parking;
static struct wsub_host_ticket tickets[1 + QUEUE_MAX], parked;

static void on_capacity(const char *name, uint32_t how_many, void *arg)
{
    (void)arg;
    deliver_parking_fetch(parking, name, how_many);
}

static void on_start(struct wsub_host_ticket *ticket)
{
    (void)ticket;
}

static const struct wsub_host_report well = {.sign = WSUB_HOST_SIGN_WELL,
                                             .latency_us = 1000};

static void set_up(void)
{
    redis_set_up_shards(3);
    hosts = wsub_hosts_new(&(struct wsub_hosts_options){
        .per_host = 1,
        .per_endpoint = 100,
        .urgent_waiting_max = 100,
        .unproven_max = 100,
        .urgent_max = 100,
        .queue_max = QUEUE_MAX,
        .waiting_max = 100,
        .wait_max_ms = DEADLINE_MS,
        .on_capacity = on_capacity,
    });
    parking = deliver_parking_new(store, hosts);
}

static void tear_down(void)
{
    wsub_store_close(store);
    deliver_parking_free(parking);
    wsub_hosts_free(hosts);
    redis_tear_down();
}

static enum wsub_host_entry enter(struct wsub_host_ticket *ticket)
{
    uint64_t delay_ms;

    *ticket = (struct wsub_host_ticket){
        .on_start = on_start, .endpoint_id = "some-callback-or-other"};
    return wsub_host_enter(hosts, URL, ticket, wsub_now_us(), &delay_ms);
}

static void leave(unsigned ticket)
{
    wsub_host_leave(hosts, &tickets[ticket], &well, wsub_now_us());
}

/* Fills the host: one is sent, QUEUE_MAX wait, the next one is parked. */
static void fill_host(void)
{
    ck_assert_int_eq(enter(&tickets[0]), WSUB_HOST_ENTRY_NOW);
    leave(0); /* it has had a good response */
    for (unsigned i = 0; i <= QUEUE_MAX; i++)
        ck_assert_int_eq(enter(&tickets[i]),
                         i == 0 ? WSUB_HOST_ENTRY_NOW : WSUB_HOST_ENTRY_WAIT);
    ck_assert_int_eq(enter(&parked), WSUB_HOST_ENTRY_FULL);
}

/* The next question, for the jobs of a shard. */
static void unparked(unsigned shard, const char *name, const char *most,
                     const char *reply)
{
    struct redis_command *command = redis_wait("unpark");

    ck_assert_uint_eq(redis_shard(command), shard);
    redis_check_args(command, (const char *[]){name, most, NULL});
    redis_reply(command, reply);
    redis_turn_some();
}

#define NO_MORE(moved) "*2\r\n:" moved "\r\n:0\r\n"
#define MORE(moved) "*2\r\n:" moved "\r\n:1\r\n"

static void nothing_is_asked(void)
{
    redis_turn_some();
    ck_assert_ptr_null(redis_find("unpark"));
}

START_TEST(parked_jobs_come_back_when_the_host_has_capacity)
{
    fill_host();
    deliver_parking_note(parking, 1, parked.full_name);
    nothing_is_asked();
    leave(0);
    leave(1);
    nothing_is_asked(); /* two wait still: its half */
    leave(2);
    unparked(1, parked.full_name, "3", NO_MORE("1"));
    leave(3);
    leave(4);
    nothing_is_asked();
}
END_TEST

START_TEST(what_one_shard_lacks_may_be_in_the_next_one)
{
    fill_host();
    deliver_parking_note(parking, 0, parked.full_name);
    deliver_parking_note(parking, 2, parked.full_name);
    for (unsigned i = 0; i < 3; i++)
        leave(i);
    unparked(0, parked.full_name, "3", NO_MORE("0"));
    unparked(2, parked.full_name, "3", MORE("3"));
    nothing_is_asked(); /* those that were called are to come first */
}
END_TEST

START_TEST(a_shard_that_has_more_is_asked_again_when_those_have_come)
{
    struct wsub_host_ticket came[3];

    fill_host();
    deliver_parking_note(parking, 1, parked.full_name);
    for (unsigned i = 0; i < 3; i++)
        leave(i);
    unparked(1, parked.full_name, "3", MORE("3"));
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(enter(&came[i]), WSUB_HOST_ENTRY_WAIT);
    nothing_is_asked();
    leave(3);
    leave(4);
    nothing_is_asked();
    wsub_host_leave(hosts, &came[0], &well, wsub_now_us());
    unparked(1, parked.full_name, "3", NO_MORE("3"));
    wsub_host_leave(hosts, &came[1], &well, wsub_now_us());
    wsub_host_leave(hosts, &came[2], &well, wsub_now_us());
}
END_TEST

START_TEST(jobs_of_a_host_that_is_not_known_come_back_at_once)
{
    deliver_parking_note(parking, 2, UNKNOWN);
    unparked(2, UNKNOWN, "32", MORE("32"));
    unparked(2, UNKNOWN, "32", NO_MORE("1"));
    nothing_is_asked();
    deliver_parking_fetch(parking, UNKNOWN, 5); /* nothing is parked there */
    nothing_is_asked();
}
END_TEST

START_TEST(a_host_is_not_forgotten_while_a_question_is_under_way)
{
    deliver_parking_note(parking, 1, UNKNOWN);
    deliver_parking_note(parking, 1, UNKNOWN);
    unparked(1, UNKNOWN, "32", NO_MORE("1"));
    deliver_parking_fetch(parking, UNKNOWN, 5); /* no shard has any */
    ck_assert_uint_eq(redis_count("unpark"), 1);
    unparked(1, UNKNOWN, "32", NO_MORE("0"));
    nothing_is_asked();
}
END_TEST

START_TEST(what_a_lost_link_left_is_repeated)
{
    deliver_parking_note(parking, 0, UNKNOWN);
    redis_wait("unpark");
    redis_drop();
    unparked(0, UNKNOWN, "32", NO_MORE("0"));
    nothing_is_asked();
}
END_TEST

START_TEST(what_is_under_way_at_the_end_is_left_to_others)
{
    deliver_parking_note(parking, 0, UNKNOWN);
    deliver_parking_note(parking, 1, UNKNOWN);
    redis_wait("unpark");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("parking");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, parked_jobs_come_back_when_the_host_has_capacity);
    tcase_add_test(cases, what_one_shard_lacks_may_be_in_the_next_one);
    tcase_add_test(cases,
                   a_shard_that_has_more_is_asked_again_when_those_have_come);
    tcase_add_test(cases, jobs_of_a_host_that_is_not_known_come_back_at_once);
    tcase_add_test(cases,
                   a_host_is_not_forgotten_while_a_question_is_under_way);
    tcase_add_test(cases, what_a_lost_link_left_is_repeated);
    tcase_add_test(cases, what_is_under_way_at_the_end_is_left_to_others);
    return suite_run("parking", cases);
}
