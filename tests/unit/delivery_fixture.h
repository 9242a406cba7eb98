/* delivery_fixture.h - deliveries on the engine of engine_fixture.h. */
#ifndef TESTS_UNIT_DELIVERY_FIXTURE_H
#define TESTS_UNIT_DELIVERY_FIXTURE_H

#include "common/groups/groups.h"
#include "common/store/topic.h"
#include "deliver/attempt_buffer.h"
#include "deliver/attempt_flush.h"
#include "deliver/bundle.h"
#include "deliver/content.h"
#include "deliver/crashes.h"
#include "deliver/delivery.h"
#include "deliver/parking.h"
#include "deliver/records.h"
#include "deliver/settle.h"
#include "deliver/stall.h"
#include "tests/unit/engine_fixture.h"

#define EVENT "900000-0" /* 100 s ago, see redis_fixture.h */
#define ENTRY "5-0"
#define TOPIC "http://t.example/"
#define CD "CCCCCCCCCCCCCCCCCCCCCC"
#define GENERATION "12"

static struct deliver_attempt_buffer *attempts;
static struct deliver_attempt_flush *attempt_flush;
static struct deliver_bundles *bundles;
static struct deliver_content_cache *contents;
static struct deliver_crashes *crashes;
static struct deliver_deliveries *deliveries;
static struct wsub_groups *groups; /* none are set: as config says */
static struct deliver_parking *parking;
static struct deliver_records *records;
static struct deliver_settler *settler;
static struct deliver_stall stall;

static void delivery_on_settled(struct deliver_job *job, void *arg)
{
    (void)arg;
    deliver_deliveries_settled(deliveries, job);
}

static void delivery_on_capacity(const char *name, uint32_t count, void *arg)
{
    (void)arg;
    deliver_parking_fetch(parking, name, count);
}

REDIS_FIXTURE void delivery_make(void)
{
    stall = (struct deliver_stall){.every_ms = 500, .least_ms = DEADLINE_MS};
    attempts = deliver_attempt_buffer_new(config.shards);
    attempt_flush = deliver_attempt_flush_new(base, store, attempts);
    groups = wsub_groups_new(&(struct wsub_groups_options){
        .base = base,
        .store = store,
        .config = &config,
    });
    bundles = deliver_bundles_new(&(struct deliver_bundles_options){0});
    contents = deliver_content_cache_new(store);
    crashes = deliver_crashes_new(base, store, config.max_crashes);
    parking = deliver_parking_new(store, hosts);
    records = deliver_records_new(base, store);
    settler = deliver_settler_new(&(struct deliver_settler_options){
        .loop = loop,
        .store = store,
        .slots = slots,
        .on_settled = delivery_on_settled,
    });
    deliveries = deliver_deliveries_new(&(struct deliver_deliveries_options){
        .config = &config,
        .loop = loop,
        .store = store,
        .attempts = attempts,
        .attempt_flush = attempt_flush,
        .bundles = bundles,
        .contents = contents,
        .crashes = crashes,
        .groups = groups,
        .hosts = hosts,
        .parking = parking,
        .poster = &poster,
        .records = records,
        .replicas = replicas,
        .settler = settler,
        .slots = slots,
        .stall = &stall,
    });
}

REDIS_FIXTURE void delivery_free_all(void)
{
    deliver_deliveries_free(deliveries);
    deliver_settler_free(settler);
    deliver_records_free(records);
    deliver_parking_free(parking);
    deliver_crashes_free(crashes);
    deliver_content_cache_free(contents);
    deliver_bundles_free(bundles);
    deliver_attempt_flush_free(attempt_flush);
    deliver_attempt_buffer_free(attempts);
    wsub_groups_free(groups);
}

REDIS_FIXTURE void delivery_set_up(void)
{
    engine_set_up(2, delivery_on_capacity);
    delivery_make();
}

REDIS_FIXTURE void delivery_tear_down(void)
{
    engine_stop();
    delivery_free_all();
    engine_tear_down();
}

/* First: the test has changed settings, and what holds for topics is of them. */
REDIS_FIXTURE void delivery_configured(void)
{
    delivery_free_all();
    delivery_make();
}

/* Claims an entry of shard 1, of names and values up to NULL. */
REDIS_FIXTURE void claim_as(enum deliver_lane lane, const char *id,
                            bool taken_over, const char *const words[])
{
    struct entry_fixture e;

    entry_make(&e, id, words);
    e.entry.shard = 1;
    e.entry.taken_over = taken_over;
    deliver_deliveries_start(deliveries, lane, &e.entry);
    entry_done(&e);
}

REDIS_FIXTURE void claim(const char *targets)
{
    claim_as(DELIVER_LANE_OUTBOX, ENTRY, false,
             (const char *[]){"e", EVENT, "c", targets, NULL});
}

/* The TD of a topic; valid until the next call. */
REDIS_FIXTURE const char *td_of(const char *topic)
{
    static char td[WSUB_DIGEST_LEN + 1];

    wsub_digest(topic, strlen(topic), td);
    return td;
}

/* The event is in `log`. */
REDIS_FIXTURE void give_event(const char *topic)
{
    struct wsub_buf text = {0};
    struct redis_command *command = redis_wait("XRANGE");

    wsub_buf_printf(&text, "*1\r\n*2\r\n$3\r\n1-0\r\n%s",
                    redis_array((const char *[]){"v", "1", "t", topic, "ct",
                                                 "x/y", "b", "body", NULL}));
    redis_reply(command, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

/* Replies with this record of (topic, CD), or that there is none (NULL). */
REDIS_FIXTURE void give_line(const char *topic, const char *record)
{
    struct redis_command *command = redis_wait("HMGET");
    char key[64];

    snprintf(key, sizeof(key), "w:{1}:sub:%s", td_of(topic));
    redis_check_args(command, (const char *[]){key, CD, NULL});
    redis_reply(command, record != NULL
                             ? redis_array((const char *[]){record, NULL})
                             : "*1\r\n$-1\r\n");
}

/* A record with these flags and this secret. */
REDIS_FIXTURE void give_record(const char *topic, const char *flags,
                               const char *secret, const char *callback)
{
    char record[400];

    snprintf(record, sizeof(record), "1 2000 900 " GENERATION " %s %s %s",
             flags, callback, secret);
    give_line(topic, record);
}

/* The usual. */
REDIS_FIXTURE void give_subscription(void)
{
    give_record(TOPIC, "-", "-", subscriber_callback());
}

/* Claims the usual job, which is posted. */
REDIS_FIXTURE void post_job(void)
{
    claim(CD);
    give_event(TOPIC);
    give_subscription();
    WAIT_FOR(base, subscriber_requests == 1);
}

/* The arguments of the call that settles, separated by spaces, and the reply to
 * it; valid until the next call. */
REDIS_FIXTURE const char *settled(void)
{
    static char text[2000];
    struct redis_command *command = redis_wait("settle");
    size_t used = 0;

    ck_assert_uint_eq(redis_shard(command), 1);
    text[0] = '\0';
    for (size_t i = 0; redis_arg(command, i) != NULL; i++)
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
                                 i > 0 ? " " : "", redis_arg(command, i));
    redis_reply(command, ":1\r\n");
    return text;
}

/* Checks that the next call settles with this, in which @ stands for the TD of
 * `topic`, and that nothing is left. */
REDIS_FIXTURE void check_settled(const char *topic, const char *expected)
{
    size_t before = strcspn(expected, "@");
    char text[2000];

    if (expected[before] == '@')
        snprintf(text, sizeof(text), "%.*s%s%s", (int)before, expected,
                 td_of(topic), expected + before + 1);
    else
        snprintf(text, sizeof(text), "%s", expected);
    ck_assert_str_eq(settled(), text);
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(deliver_slots_used(slots), 0);
    ck_assert_uint_eq(deliver_deliveries_loading(deliveries), 0);
}

/* Waits until the entry is settled; returns argument `number` of the call, as
 * the last outcome has it.  Nothing is left then. */
REDIS_FIXTURE uint64_t settled_number(size_t number)
{
    uint64_t value =
        strtoull(redis_arg(redis_wait("settle"), number), NULL, 10);

    settled();
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(deliver_slots_used(slots), 0);
    return value;
}

/* Waits until so many jobs of the usual event are settled as delivered, in one
 * call or in parts.  Nothing is left then. */
REDIS_FIXTURE void check_delivered(unsigned long count)
{
    static const char done[] = "done " EVENT " ";

    while (count > 0) {
        const char *at = strstr(settled(), done);

        ck_assert_ptr_nonnull(at);
        count -= strtoul(at + strlen(done), NULL, 10);
    }
    WAIT_FOR(base, deliver_bundles_count(bundles) == 0);
    ck_assert_uint_eq(deliver_slots_used(slots), 0);
}

#endif
