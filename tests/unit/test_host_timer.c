/* test_host_timer.c - hosts are ticked when one of them wants it:
 * common/host/timer.h. */
#include "common/host/timer.h"

#include "common/base/loop.h"
#include "common/host/host.h"
#include "tests/unit/suite.h"
#include "tests/unit/wait.h"

#define URL "http://s.example/cb"
#define RATE 100 /* a start each 10 ms, 10 at once */

static struct event_base *base;
static struct wsub_hosts *hosts;
static struct wsub_host_timer timer;
static struct wsub_host_ticket tickets[20];
static unsigned started;

static void on_start(struct wsub_host_ticket *ticket)
{
    (void)ticket;
    started++;
}

static void set_up(void)
{
    started = 0;
    base = event_base_new();
    hosts = wsub_hosts_new(&(struct wsub_hosts_options){
        .per_host = 100,
        .per_endpoint = 100,
        .urgent_waiting_max = 100,
        .unproven_max = 100,
        .urgent_max = 100,
        .rate = RATE,
        .queue_max = 100,
        .waiting_max = 100,
        .on_due = wsub_host_timer_plan,
        .arg = &timer,
    });
    timer = (struct wsub_host_timer){.hosts = hosts};
    wsub_host_timer_init(&timer, base);
}

static void tear_down(void)
{
    wsub_host_timer_done(&timer);
    wsub_hosts_free(hosts);
    event_base_free(base);
}

static enum wsub_host_entry enter(unsigned ticket)
{
    uint64_t delay_ms;

    tickets[ticket] = (struct wsub_host_ticket){
        .on_start = on_start, .endpoint_id = "some-callback-or-other"};
    return wsub_host_enter(hosts, URL, &tickets[ticket], wsub_now_us(),
                           &delay_ms);
}

START_TEST(who_waits_for_a_token_starts_when_it_comes)
{
    static const struct wsub_host_report well = {.sign = WSUB_HOST_SIGN_WELL};
    unsigned count = 0;

    ck_assert_int_eq(enter(0), WSUB_HOST_ENTRY_NOW);
    wsub_host_leave(hosts, &tickets[0], &well, wsub_now_us());
    while (enter(count) == WSUB_HOST_ENTRY_NOW)
        count++;
    ck_assert_uint_lt(count + 2, sizeof(tickets) / sizeof(tickets[0]));
    ck_assert(wsub_timer_runs(&timer.timer));
    enter(++count);
    enter(++count);
    WAIT_FOR(base, started == 3);
}
END_TEST

START_TEST(without_anybody_inside_there_is_no_tick)
{
    wsub_host_timer_plan(&timer);
    ck_assert(!wsub_timer_runs(&timer.timer));
    ck_assert_int_eq(enter(0), WSUB_HOST_ENTRY_NOW);
    ck_assert(wsub_timer_runs(&timer.timer));
    wsub_host_leave(hosts, &tickets[0], &(struct wsub_host_report){0},
                    wsub_now_us());
    WAIT_FOR(base, !wsub_timer_runs(&timer.timer));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("host_timer");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, who_waits_for_a_token_starts_when_it_comes);
    tcase_add_test(cases, without_anybody_inside_there_is_no_tick);
    return suite_run("host_timer", cases);
}
