/* test_next_event.c - the event of a cursor job: deliver/next_event.h. */
#include "deliver/next_event.h"

#include "common/base/container_of.h"
#include "deliver/stats.h"
#include "tests/unit/redis_fixture.h"

#define TD "TTTTTTTTTTTTTTTTTTTTTT"
#define CD "CCCCCCCCCCCCCCCCCCCCCC"
#define OTHER "DDDDDDDDDDDDDDDDDDDDDD"

static struct deliver_bundles *bundles;
static struct deliver_job cursor_job, job;
static struct deliver_next_event ticket;
static struct {
    unsigned calls;
    enum wsub_next_kind kind;
    char event[WSUB_ENTRY_ID_BYTES], from[WSUB_ENTRY_ID_BYTES],
        to[WSUB_ENTRY_ID_BYTES];
    uint64_t lost;
    bool suspended;
} found;

static void on_next(struct deliver_next_event *asker,
                    const struct wsub_next *next)
{
    ck_assert_ptr_eq(asker, &ticket);
    found.calls++;
    found.kind = next->kind;
    found.lost = next->lost;
    found.suspended = next->suspended;
    snprintf(found.event, sizeof(found.event), "%s", next->event);
    snprintf(found.from, sizeof(found.from), "%s", next->from);
    snprintf(found.to, sizeof(found.to), "%s", next->to);
}

static void set_up(void)
{
    struct deliver_bundle *bundle;

    redis_set_up_shards(2);
    memset(&found, 0, sizeof(found));
    ticket.on_next = on_next;
    cursor_job = (struct deliver_job){.cd = CD};
    bundles = deliver_bundles_new(&(struct deliver_bundles_options){0});
    bundle = deliver_bundle_new(bundles, DELIVER_LANE_OUTBOX, 1, "5-0", false);
    bundle->is_cursor = true;
    bundle->cursor_number = 7;
    snprintf(bundle->cursor_td, sizeof(bundle->cursor_td), TD);
    deliver_bundle_add(bundle, &cursor_job);
}

static void tear_down(void)
{
    wsub_store_close(store);
    deliver_bundles_free(bundles);
    redis_tear_down();
}

static const struct {
    const char *reply[6];
    enum wsub_next_kind kind;
    const char *event, *from, *to;
    uint64_t lost;
    bool suspended;
} replies[] = {
    {{NULL}, WSUB_NEXT_NONE, "", "", "", 0, false},
    {{"idle", NULL}, WSUB_NEXT_NONE, "idle", "", "", 0, false},
    {{"idle", "3", "1-1", "-", NULL},
     WSUB_NEXT_NONE,
     "idle",
     "1-1",
     "-",
     3,
     false},
    {{"wait", NULL}, WSUB_NEXT_WAIT, "wait", "", "", 0, false},
    {{"9-0", "0", "-", "-", "0", NULL},
     WSUB_NEXT_EVENT,
     "9-0",
     "-",
     "-",
     0,
     false},
    {{"9-0", "2", "1-1", "9-0", "1", NULL},
     WSUB_NEXT_EVENT,
     "9-0",
     "1-1",
     "9-0",
     2,
     true},
};

START_TEST(redis_says_what_is_next)
{
    struct redis_command *command;

    deliver_next_event_find(store, &cursor_job, &ticket);
    command = redis_wait("next_event");
    ck_assert_uint_eq(redis_shard(command), 1);
    redis_check_args(command,
                     (const char *[]){TD, CD, "7", "outbox", "5-0", NULL});
    redis_reply(command, redis_array(replies[_i].reply));
    WAIT_FOR(base, found.calls == 1);
    ck_assert_int_eq(found.kind, replies[_i].kind);
    ck_assert_uint_eq(found.lost, replies[_i].lost);
    ck_assert_str_eq(found.event, replies[_i].event);
    ck_assert_str_eq(found.from, replies[_i].from);
    ck_assert_str_eq(found.to, replies[_i].to);
    ck_assert(found.suspended == replies[_i].suspended);
}
END_TEST

START_TEST(a_question_that_a_lost_link_left_is_repeated)
{
    deliver_next_event_find(store, &cursor_job, &ticket);
    redis_wait("next_event");
    redis_drop();
    redis_reply(redis_wait("next_event"), "*0\r\n");
    WAIT_FOR(base, found.calls == 1);
}
END_TEST

START_TEST(missed_events_are_counted)
{
    uint64_t before = deliver_stats[DELIVER_STAT_MISSED].value;

    deliver_next_event_missed(store, &cursor_job, 3, "1-1", "-");
    ck_assert_uint_eq(deliver_stats[DELIVER_STAT_MISSED].value, before + 3);
}
END_TEST

static const struct {
    const char *td, *cd;
    unsigned shard;
    bool is_cursor, behind;
} held[] = {
    {TD, CD, 1, false, true},     {TD, CD, 0, false, false},
    {OTHER, CD, 1, false, false}, {TD, OTHER, 1, false, false},
    {"", CD, 1, false, false},    {TD, CD, 1, true, false},
};

START_TEST(a_cursor_job_is_behind_a_job_of_its_subscription)
{
    struct deliver_bundle *bundle = deliver_bundle_new(
        bundles, DELIVER_LANE_BULK, held[_i].shard, "6-0", false);

    job = (struct deliver_job){0};
    bundle->is_cursor = held[_i].is_cursor;
    snprintf(job.td, sizeof(job.td), "%s", held[_i].td);
    snprintf(job.cd, sizeof(job.cd), "%s", held[_i].cd);
    deliver_bundle_add(bundle, &job);
    ck_assert(deliver_next_event_is_behind(bundles, &cursor_job) ==
              held[_i].behind);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("next_event");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, redis_says_what_is_next, 0, COUNT(replies));
    tcase_add_test(cases, a_question_that_a_lost_link_left_is_repeated);
    tcase_add_test(cases, missed_events_are_counted);
    tcase_add_loop_test(cases, a_cursor_job_is_behind_a_job_of_its_subscription,
                        0, COUNT(held));
    return suite_run("next_event", cases);
}
