/* test_store_calls.c - what deliver's typed calls say to Redis, and how they
 * read its replies: common/store/claims.h, contents.h, records.h, requests.h,
 * settlement.h, deliveries.h and attempts.h. */
#include "common/store/attempts.h"
#include "common/store/claims.h"
#include "common/store/contents.h"
#include "common/store/deliveries.h"
#include "common/store/records.h"
#include "common/store/requests.h"
#include "common/store/settlement.h"
#include "tests/unit/redis_fixture.h"

#define TD "TTTTTTTTTTTTTTTTTTTTTT"
#define CD "CCCCCCCCCCCCCCCCCCCCCC"
#define SHARD 2

static const struct wsub_claim claims[] = {{"outbox", "1-0"}, {"bulk", "2-0"}};
static unsigned calls;
static size_t suspends; /* subscriptions, says the reply */

static void set_up(void)
{
    calls = 0;
    suspends = 0;
    redis_set_up_shards(3);
}

static void tear_down(void)
{
    redis_tear_down();
}

/* The call of that name, with these arguments. */
static struct redis_command *called(const char *name, const char *const args[])
{
    struct redis_command *command = redis_wait(name);

    ck_assert_uint_eq(redis_shard(command), SHARD);
    redis_check_args(command, args);
    return command;
}

static void reply(struct redis_command *command, const char *text)
{
    redis_reply(command, text);
    WAIT_FOR(base, calls == 1);
}

static void on_settled(const char *const *suspended, size_t count, void *arg)
{
    ck_assert_ptr_eq(arg, &calls);
    ck_assert_uint_eq(count, suspends);
    if (count > 0)
        ck_assert_str_eq(suspended[0], TD ":" CD);
    calls++;
}

static void on_done(void *arg)
{
    ck_assert_ptr_eq(arg, &calls);
    calls++;
}

START_TEST(claims_are_renewed_once)
{
    redis_held = "renew";
    wsub_claims_renew(store, SHARD, "deliver", "me", claims, 2);
    called("renew", (const char *[]){"deliver", "me", "outbox", "1-0", "bulk",
                                     "2-0", NULL});
    redis_drop();
    WAIT_FOR(base, !wsub_store_up(store));
    wsub_claims_renew(store, SHARD, "deliver", "me", claims, 2);
    WAIT_FOR(base, wsub_store_up(store));
    redis_turn_some();
    ck_assert_ptr_null(redis_find("renew"));
}
END_TEST

static enum wsub_event_found found;
static char self[32];

static void on_event(enum wsub_event_found how, const struct wsub_event *event,
                     void *arg)
{
    on_done(arg);
    found = how;
    ck_assert((event != NULL) == (how == WSUB_EVENT_FOUND));
    if (event == NULL)
        return;
    ck_assert_str_eq(event->topic, "a.b");
    ck_assert_str_eq(event->type, "x/y");
    ck_assert_mem_eq(event->body, "body", 4);
    ck_assert_uint_eq(event->body_len, 4);
    snprintf(self, sizeof(self), "%s", event->self);
}

#define EVENT "v", "1", "t", "a.b", "ct", "x/y", "b", "body"

static const struct {
    const char *fields[11];
    enum wsub_event_found found;
    const char *self;
} events[] = {
    {{EVENT, NULL}, WSUB_EVENT_FOUND, "a.b"},
    {{EVENT, "self", "http://s/", NULL}, WSUB_EVENT_FOUND, "http://s/"},
    {{NULL}, WSUB_EVENT_ABSENT, NULL},
    {{"v", "2", "t", "a.b", "ct", "x/y", "b", "", NULL},
     WSUB_EVENT_MALFORMED,
     NULL},
    {{"v", "1", "t", "a.b", "ct", "x/y", NULL}, WSUB_EVENT_MALFORMED, NULL},
};

static void check_event(int event)
{
    ck_assert_int_eq(found, events[event].found);
    if (found == WSUB_EVENT_FOUND)
        ck_assert_str_eq(self, events[event].self);
}

START_TEST(an_event_is_looked_for_in_the_log)
{
    struct wsub_buf text = {0};

    if (events[_i].fields[0] == NULL)
        wsub_buf_str(&text, "*0\r\n");
    else
        wsub_buf_printf(&text, "*1\r\n*2\r\n$3\r\n9-0\r\n%s",
                        redis_array(events[_i].fields));
    wsub_contents_logged(store, SHARD, "9-0", on_event, &calls);
    reply(called("XRANGE", (const char *[]){"w:{2}:log", "9-0", "9-0", NULL}),
          wsub_buf_cstr(&text));
    wsub_buf_done(&text);
    check_event(_i);
}
END_TEST

START_TEST(an_event_is_looked_for_among_what_is_kept)
{
    wsub_contents_kept(store, SHARD, "9-0", on_event, &calls);
    called("HGETALL", (const char *[]){"w:{2}:kept:9-0", NULL});
    reply(redis_find("HGETALL"), redis_array(events[_i].fields));
    check_event(_i);
}
END_TEST

static char record_texts[3][8];

static void on_record(const char *record, size_t len, void *arg)
{
    (void)arg;
    snprintf(record_texts[calls++], sizeof(record_texts[0]), "%.*s",
             record != NULL ? (int)len : 4, record != NULL ? record : "none");
}

START_TEST(records_come_in_the_order_in_which_they_were_added)
{
    struct wsub_records_get get;

    wsub_records_begin(&get, store, SHARD, TD);
    wsub_records_add(&get, "a");
    wsub_records_add(&get, "b");
    wsub_records_add(&get, "c");
    wsub_records_send(&get, on_record, NULL);
    redis_reply(
        called("HMGET", (const char *[]){"w:{2}:sub:" TD, "a", "b", "c", NULL}),
        "*3\r\n$1\r\nA\r\n$-1\r\n$0\r\n\r\n");
    WAIT_FOR(base, calls == 3);
    ck_assert_str_eq(record_texts[0], "A");
    ck_assert_str_eq(record_texts[1], "none");
    ck_assert_str_eq(record_texts[2], "");
}
END_TEST

static const struct {
    const char *key;
    bool fine;
} keys[] = {
    {TD ":" CD ":s", true},  {TD ":" CD ":u", true},  {TD ":" CD ":d", true},
    {TD ":" CD ":x", false}, {TD ":" CD ":", false},  {TD ":" CD ":ss", false},
    {TD "-" CD ":s", false}, {TD ":" CD "-s", false}, {"", false},
    {NULL, false},
};

START_TEST(a_request_is_named_by_subscription_and_mode)
{
    struct wsub_request_ref ref;
    const char *key = keys[_i].key;
    size_t len = key != NULL ? strlen(key) : 0;

    ck_assert(wsub_request_ref_parse(key, len, &ref) == keys[_i].fine);
    if (!keys[_i].fine)
        return;
    ck_assert_str_eq(ref.key, key);
    ck_assert_str_eq(ref.td, TD);
    ck_assert_str_eq(ref.cd, CD);
    ck_assert_int_eq((char)ref.mode, key[len - 1]);
}
END_TEST

static struct {
    bool there, confirmed;
    uint64_t generation, lease_s;
    char topic[16], callback[16], reason[16];
} request;

static void on_request(const struct wsub_request *of, void *arg)
{
    on_done(arg);
    request.there = of != NULL;
    if (of == NULL)
        return;
    request.confirmed = of->confirmed;
    request.generation = of->generation;
    request.lease_s = of->lease_s;
    snprintf(request.topic, sizeof(request.topic), "%s", of->topic);
    snprintf(request.callback, sizeof(request.callback), "%s", of->callback);
    snprintf(request.reason, sizeof(request.reason), "%s", of->reason);
}

static const struct {
    const char *fields[13];
    bool there, confirmed;
    uint64_t lease_s;
    const char *reason;
} requests[] = {
    {{"g", "7", "tg", "T", "c", "C", "l", "900", NULL}, true, false, 900, ""},
    {{"g", "7", "tg", "T", "c", "C", "l", "900", "ok", "1", NULL},
     true,
     true,
     900,
     ""},
    {{"g", "7", "tg", "T", "c", "C", "r", "why", NULL}, true, false, 0, "why"},
    {{NULL}, false, false, 0, ""},
    {{"tg", "T", "c", "C", "l", "900", NULL}, false, false, 0, ""},
    {{"g", "7", "c", "C", "l", "900", NULL}, false, false, 0, ""},
    {{"g", "7", "tg", "T", "l", "900", NULL}, false, false, 0, ""},
    {{"g", "7", "tg", "T", "c", "C", NULL}, false, false, 0, ""},
};

START_TEST(a_request_is_read)
{
    struct wsub_request_ref ref = {.key = TD ":" CD ":s"};
    struct redis_command *command;

    memset(&request, 0, sizeof(request));
    wsub_requests_get(store, SHARD, &ref, on_request, &calls);
    command = called("HGETALL",
                     (const char *[]){"w:{2}:request:" TD ":" CD ":s", NULL});
    reply(command, redis_array(requests[_i].fields));
    ck_assert(request.there == requests[_i].there);
    ck_assert(request.confirmed == requests[_i].confirmed);
    ck_assert_uint_eq(request.lease_s, requests[_i].lease_s);
    ck_assert_str_eq(request.reason, requests[_i].reason);
    ck_assert_str_eq(request.topic, request.there ? "T" : "");
    ck_assert_str_eq(request.callback, request.there ? "C" : "");
    ck_assert_uint_eq(request.generation, request.there ? 7 : 0);
}
END_TEST

static char effect[16];

static void on_verified(const char *what, void *arg)
{
    on_done(arg);
    snprintf(effect, sizeof(effect), "%s", what);
}

static const struct {
    enum wsub_verified outcome;
    const char *name;
} verified[] = {
    {WSUB_VERIFIED_CONFIRMED, "confirmed"},
    {WSUB_VERIFIED_REFUSED, "refused"},
    {WSUB_VERIFIED_RETRY, "again"},
    {WSUB_VERIFIED_REPLICATED, "replicated"},
    {WSUB_VERIFIED_TOLD, "told"},
    {WSUB_VERIFIED_UNTOLD, "untold"},
};

START_TEST(what_came_of_a_verification_is_applied)
{
    struct wsub_verification v = {
        .td = TD,
        .cd = CD,
        .mode = WSUB_MODE_UNSUBSCRIBE,
        .generation = UINT64_MAX,
        .outcome = verified[_i].outcome,
        .age_ms = 1,
        .delay_ms = 2,
        .failures = 3,
        .entry = "5-0",
        .has_replicas = _i % 2 == 0,
        .why = _i % 3 == 0 ? "HTTP status 404" : NULL,
    };

    ck_assert_str_eq(wsub_verified_name(v.outcome), verified[_i].name);
    wsub_requests_verified(store, SHARD, &v, on_verified, &calls);
    reply(called("verified",
                 (const char *[]){TD, CD, "u", "18446744073709551615",
                                  verified[_i].name, "1", "2", "3", "5-0",
                                  v.has_replicas ? "replicas" : "-",
                                  v.why != NULL ? v.why : "", NULL}),
          "$5\r\nstale\r\n");
    ck_assert_str_eq(effect, "stale");
}
END_TEST

START_TEST(a_replica_is_brought_up_to_date)
{
    struct wsub_replica replica = {
        .td = TD,
        .cd = CD,
        .subscribed = _i == 1,
        .generation = 7,
        .record = "record and more",
        .record_len = 6,
        .expires_s = 2000,
    };

    wsub_requests_replicate(store, SHARD, &replica, on_done, &calls);
    reply(called("replicate", (const char *[]){TD, CD, _i == 1 ? "s" : "u", "7",
                                               "record", "2000", "3600", NULL}),
          ":1\r\n");
}
END_TEST

/* One entry of each kind, and what else is said of entries. */
START_TEST(outcomes_are_said_entry_by_entry)
{
    struct wsub_settlement s;

    wsub_settlement_begin(&s, store, SHARD);
    wsub_settlement_job(&s, &claims[0]);
    wsub_settlement_retried(&s, TD, CD, "9-0");
    wsub_settlement_outcome(&s, &(struct wsub_settled){
                                    .outcome = WSUB_OUTCOME_DONE,
                                    .event = "9-0",
                                    .count = 1,
                                });
    wsub_settlement_cleared(&s, &claims[0]);
    wsub_settlement_cursor(&s, &claims[1], TD, CD, 7);
    wsub_settlement_part(&s, &claims[0], 0, 65534);
    wsub_settlement_part(&s, &claims[0], 6, 4);
    wsub_settlement_rest(&s, &claims[1], 0);
    wsub_settlement_rest(&s, &claims[1], 4);
    wsub_settlement_send(&s, on_settled, &calls);
    reply(called("settle",
                 (const char *[]){
                     "job",  "outbox", "1-0",    "retried", TD,        CD,
                     "9-0",  "done",   "9-0",    "1",       "cleared", "outbox",
                     "1-0",  "cursor", "bulk",   "2-0",     TD,        CD,
                     "7",    "part",   "outbox", "1-0",     "-",       "65534",
                     "part", "outbox", "1-0",    "6",       "4",       "rest",
                     "bulk", "2-0",    "-",      "rest",    "bulk",    "2-0",
                     "4",    NULL}),
          ":1\r\n");
}
END_TEST

static const struct {
    enum wsub_outcome outcome;
    const char *args[9];
} outcomes[] = {
    {WSUB_OUTCOME_DONE, {"done", "E", "3", NULL}},
    {WSUB_OUTCOME_NONE, {"none", "E", "3", NULL}},
    {WSUB_OUTCOME_GONE, {"gone", "E", "C", TD, "42", NULL}},
    {WSUB_OUTCOME_RETRY, {"retry", "E", "C", "1", "2", "2500", TD, NULL}},
    {WSUB_OUTCOME_PARK, {"park", "E", "C", "1", "2", "H", NULL}},
    {WSUB_OUTCOME_DEAD, {"dead", "E", "C", "1", "T", "CB", "why", NULL}},
    {WSUB_OUTCOME_MISS, {"miss", "E", "C", TD, NULL}},
    {WSUB_OUTCOME_SUSPEND,
     {"suspend", "E", "C", "1", "2", "2500", TD, "report", NULL}},
};

START_TEST(every_outcome_has_its_arguments)
{
    struct wsub_settlement s;

    wsub_settlement_begin(&s, store, SHARD);
    wsub_settlement_outcome(&s, &(struct wsub_settled){
                                    .outcome = outcomes[_i].outcome,
                                    .event = "E",
                                    .count = 3,
                                    .target = "C",
                                    .td = TD,
                                    .generation = 42,
                                    .failures = 1,
                                    .crashes = 2,
                                    .delay_ms = 2500,
                                    .host = "H",
                                    .topic = "T",
                                    .callback = "CB",
                                    .why = "why",
                                });
    wsub_settlement_send(&s, on_settled, &calls);
    suspends = outcomes[_i].outcome == WSUB_OUTCOME_SUSPEND;
    reply(called("settle", outcomes[_i].args),
          suspends ? "*2\r\n:1\r\n$45\r\n" TD ":" CD "\r\n" : ":1\r\n");
}
END_TEST

START_TEST(a_bundle_is_split)
{
    wsub_deliveries_split(store, SHARD, &claims[1]);
    redis_reply(called("split", (const char *[]){"bulk", "2-0", NULL}),
                ":1\r\n");
    redis_turn_some();
    ck_assert_ptr_null(redis_find("split"));
}
END_TEST

static uint32_t crash_counts[2];
static size_t crash_count;

static void on_crashes(const uint32_t *counts, size_t count, void *arg)
{
    on_done(arg);
    crash_count = count;
    memcpy(crash_counts, counts, count * sizeof(*counts));
}

static const struct {
    enum wsub_crash_question question;
    const char *name;
} questions[] = {{WSUB_CRASH_TAKEN, "taken"}, {WSUB_CRASH_ALONE, "alone"}};

START_TEST(crashes_are_counted_by_a_question_with_a_token)
{
    struct redis_command *command;

    wsub_deliveries_crashes(store, SHARD, questions[_i].question, claims, 2,
                            on_crashes, &calls);
    command = redis_wait("crashes");
    ck_assert_uint_eq(strlen(redis_arg(command, 1)), 16);
    called("crashes",
           (const char *[]){questions[_i].name, redis_arg(command, 1), "outbox",
                            "1-0", "bulk", "2-0", NULL});
    reply(command, "*2\r\n:3\r\n:0\r\n");
    ck_assert_uint_eq(crash_count, 2);
    ck_assert_uint_eq(crash_counts[0], 3);
    ck_assert_uint_eq(crash_counts[1], 0);
}
END_TEST

static uint32_t unparked;
static bool more;

static void on_unparked(uint32_t moved, bool are_more, void *arg)
{
    on_done(arg);
    unparked = moved;
    more = are_more;
}

START_TEST(parked_jobs_are_moved_back)
{
    wsub_deliveries_unpark(store, SHARD, "H", 32, on_unparked, &calls);
    reply(called("unpark", (const char *[]){"H", "32", NULL}),
          _i == 0 ? "*2\r\n:5\r\n:0\r\n" : "*2\r\n:32\r\n:9\r\n");
    ck_assert_uint_eq(unparked, _i == 0 ? 5 : 32);
    ck_assert(more == (_i == 1));
}
END_TEST

START_TEST(attempt_logs_go_as_bytes)
{
    const struct wsub_attempt_log log = {
        .delivered = 1,
        .bytes = 4,
        .count = 1,
        .attempts = {{.at_ms = 5, .status = 200}},
    };
    unsigned char bytes[WSUB_ATTEMPT_LOG_MAX];
    size_t len = wsub_attempt_log_write(&log, bytes);
    struct wsub_attempts_add add;
    const struct redis_command *command;

    wsub_attempts_begin(&add, store, SHARD);
    wsub_attempts_log(&add, TD, CD, &log);
    wsub_attempts_log(&add, TD, "other", &log);
    wsub_attempts_send(&add);
    command = redis_wait("attempts");
    ck_assert_uint_eq(redis_shard(command), SHARD);
    ck_assert_uint_eq(command->words->elements, command->first + 6);
    ck_assert_str_eq(redis_arg(command, 0), TD);
    ck_assert_str_eq(redis_arg(command, 4), "other");
    ck_assert_uint_eq(command->words->element[command->first + 2]->len, len);
    ck_assert_mem_eq(redis_arg(command, 2), bytes, len);
    ck_assert_mem_eq(redis_arg(command, 5), bytes, len);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("store_calls");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, claims_are_renewed_once);
    tcase_add_loop_test(cases, an_event_is_looked_for_in_the_log, 0,
                        COUNT(events));
    tcase_add_loop_test(cases, an_event_is_looked_for_among_what_is_kept, 0,
                        COUNT(events));
    tcase_add_test(cases, records_come_in_the_order_in_which_they_were_added);
    tcase_add_loop_test(cases, a_request_is_named_by_subscription_and_mode, 0,
                        COUNT(keys));
    tcase_add_loop_test(cases, a_request_is_read, 0, COUNT(requests));
    tcase_add_loop_test(cases, what_came_of_a_verification_is_applied, 0,
                        COUNT(verified));
    tcase_add_loop_test(cases, a_replica_is_brought_up_to_date, 0, 2);
    tcase_add_test(cases, outcomes_are_said_entry_by_entry);
    tcase_add_loop_test(cases, every_outcome_has_its_arguments, 0,
                        COUNT(outcomes));
    tcase_add_test(cases, a_bundle_is_split);
    tcase_add_loop_test(cases, crashes_are_counted_by_a_question_with_a_token,
                        0, COUNT(questions));
    tcase_add_loop_test(cases, parked_jobs_are_moved_back, 0, 2);
    tcase_add_test(cases, attempt_logs_go_as_bytes);
    return suite_run("store_calls", cases);
}
