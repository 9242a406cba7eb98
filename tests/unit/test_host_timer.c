/* test_host_timer.c - hosts are ticked when one of them wants it:
 * deliver/host/timer.h. */
#include "deliver/host/timer.h"

#include "common/base/loop.h"
#include "deliver/host/host.h"
#include "tests/unit/suite.h"
#include "tests/unit/wait.h"

#define URL "http://s.example/cb"
#define RATE 100 /* a start each 10 ms, 10 at once */

static struct event_base *base;
static struct deliver_hosts *hosts;
static struct deliver_host_timer timer;
static struct deliver_ticket tickets[20];
static unsigned started;

static void on_start(struct deliver_ticket *ticket)
{
    (void)ticket;
    started++;
}

static void set_up(void)
{
    started = 0;
    base = event_base_new();
    hosts = deliver_hosts_new(&(struct deliver_hosts_options){
        .per_host = 100,
        .rate = RATE,
        .queue_max = 100,
        .waiting_max = 100,
        .on_due = deliver_host_timer_plan,
        .arg = &timer,
    });
    timer = (struct deliver_host_timer){.hosts = hosts};
    deliver_host_timer_init(&timer, base);
}

static void tear_down(void)
{
    deliver_host_timer_done(&timer);
    deliver_hosts_free(hosts);
    event_base_free(base);
}

static enum deliver_entry enter(unsigned ticket)
{
    uint64_t delay_ms;

    tickets[ticket] = (struct deliver_ticket){.on_start = on_start};
    return deliver_host_enter(hosts, URL, &tickets[ticket], wsub_now_us(),
                              &delay_ms);
}

START_TEST(who_waits_for_a_token_starts_when_it_comes)
{
    unsigned count = 0;

    while (enter(count) == DELIVER_ENTRY_NOW)
        count++;
    ck_assert_uint_lt(count + 2, sizeof(tickets) / sizeof(tickets[0]));
    ck_assert(wsub_timer_runs(&timer.timer));
    enter(++count);
    enter(++count);
    WAIT_FOR(base, started == 3);
    ck_assert_uint_eq(deliver_hosts_next_us(hosts), UINT64_MAX);
    ck_assert(!wsub_timer_runs(&timer.timer));
}
END_TEST

START_TEST(without_anybody_who_waits_there_is_no_tick)
{
    deliver_host_timer_plan(&timer);
    ck_assert(!wsub_timer_runs(&timer.timer));
    ck_assert_int_eq(enter(0), DELIVER_ENTRY_NOW);
    deliver_host_timer_plan(&timer);
    ck_assert(!wsub_timer_runs(&timer.timer));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("host_timer");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, who_waits_for_a_token_starts_when_it_comes);
    tcase_add_test(cases, without_anybody_who_waits_there_is_no_tick);
    return suite_run("host_timer", cases);
}
