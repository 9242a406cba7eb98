/* verification_fixture.h - deliver's verifications on an engine_fixture.h, the
 * entries of `verify` that they begin with, and how they end.
 */
#ifndef TESTS_UNIT_VERIFICATION_FIXTURE_H
#define TESTS_UNIT_VERIFICATION_FIXTURE_H

#include "common/groups/groups.h"
#include "common/store/progress.h"
#include "deliver/verification.h"
#include "tests/unit/engine_fixture.h"

#define TD "TTTTTTTTTTTTTTTTTTTTTT"
#define CD "CCCCCCCCCCCCCCCCCCCCCC"
#define ENTRY "5-0"

#define MODE 2 /* arguments of verified.lua */
#define OUTCOME 4
#define DELAY 6
#define FAILURES 7
#define ENTRY_AT 8

#define APPLIED "$7\r\napplied\r\n"
#define HOME 1 /* the shard of the entries */

static struct deliver_verifications *verifications;
static struct wsub_groups *groups; /* none are set: as config says */
static struct wsub_progress *progress;
static const char *const streams[] = {"verify"};

REDIS_FIXTURE void on_over(void *arg)
{
    (void)arg;
}

REDIS_FIXTURE bool holds_work(void *arg)
{
    (void)arg;
    return false;
}

REDIS_FIXTURE void set_up(void)
{
    engine_set_up(3, NULL);
    progress = wsub_progress_new(&(struct wsub_progress_options){
        .base = base,
        .store = store,
        .streams = streams,
        .stream_count = 1,
        .limit_ms = DEADLINE_MS,
        .holds_work = holds_work,
    });
    groups = wsub_groups_new(&(struct wsub_groups_options){
        .base = base,
        .store = store,
        .config = &config,
    });
    verifications =
        deliver_verifications_new(&(struct deliver_verifications_options){
            .loop = loop,
            .store = store,
            .progress = progress,
            .groups = groups,
            .hosts = hosts,
            .poster = &poster,
            .replicas = replicas,
            .on_idle = on_over,
        });
}

REDIS_FIXTURE void tear_down(void)
{
    engine_stop();
    deliver_verifications_free(verifications);
    wsub_progress_free(progress);
    wsub_groups_free(groups);
    engine_tear_down();
}

REDIS_FIXTURE void claim_words(const char *const words[])
{
    struct entry_fixture e;

    entry_make(&e, ENTRY, words);
    e.entry.shard = HOME;
    deliver_verifications_start(verifications, &e.entry);
    entry_done(&e);
}

/* Claims the verification of request 12 in that mode, after so many failures
 * (NULL: none). */
REDIS_FIXTURE void claim_failed(char mode, const char *failures)
{
    char key[64];

    snprintf(key, sizeof(key), TD ":" CD ":%c", mode);
    claim_words((const char *[]){
        "q", key, "g", "12", failures != NULL ? "n" : NULL, failures, NULL});
}

REDIS_FIXTURE void claim(char mode)
{
    claim_failed(mode, NULL);
}

/* The fields of the request, which waits. */
REDIS_FIXTURE void give_fields(const char *const fields[])
{
    redis_reply(redis_wait("HGETALL"), redis_array(fields));
}

REDIS_FIXTURE void give_request_for(const char *topic, const char *callback)
{
    give_fields((const char *[]){"v", "1", "g", "12", "t", topic, "tg", topic,
                                 "c", callback, "l", "900", "s", "-", NULL});
}

REDIS_FIXTURE void give_request(void)
{
    give_request_for("http://t.example/", subscriber_callback());
}

REDIS_FIXTURE void give_denial(const char *topic, const char *reason)
{
    give_fields((const char *[]){"v", "1", "g", "12", "t", topic, "tg", topic,
                                 "c", subscriber_callback(), "r", reason,
                                 NULL});
}

/* The outcome that is to be applied. */
REDIS_FIXTURE struct redis_command *outcome(const char *expected)
{
    struct redis_command *command = redis_wait("verified");

    ck_assert_uint_eq(redis_shard(command), HOME);
    ck_assert_str_eq(redis_arg(command, OUTCOME), expected);
    return command;
}

REDIS_FIXTURE void nothing_is_left(void)
{
    WAIT_FOR(base, deliver_verifications_count(verifications) == 0);
    ck_assert_uint_eq(deliver_slots_used(slots), 0);
    ck_assert_ptr_null(redis_find("verified"));
}

/* It is applied with this outcome, and over. */
REDIS_FIXTURE void check(const char *expected)
{
    redis_reply(outcome(expected), APPLIED);
    nothing_is_left();
}

/* The same, which plans another attempt. */
/* Within two seconds, without a failure. */
REDIS_FIXTURE void check_again_soon(void)
{
    unsigned long delay_ms =
        strtoul(redis_arg(outcome("again"), DELAY), NULL, 10);

    ck_assert_uint_ge(delay_ms, 500);
    ck_assert_uint_lt(delay_ms, 2000);
    ck_assert_str_eq(redis_arg(redis_find("verified"), FAILURES), "0");
    check("again");
}

REDIS_FIXTURE void check_again(const char *delay_ms, const char *failures)
{
    ck_assert_str_eq(redis_arg(outcome("again"), DELAY), delay_ms);
    ck_assert_str_eq(redis_arg(redis_find("verified"), FAILURES), failures);
    check("again");
}

REDIS_FIXTURE void host_is_free(void)
{
    struct wsub_host_ticket *guest;

    engine_guest_count = 0;
    guest = engine_guest_enters();
    ck_assert_int_eq(guest->place, WSUB_HOST_SENDING);
    engine_guest_leaves(guest, WSUB_HOST_SIGN_WELL);
}

/* The next replica that is brought up to date. */
REDIS_FIXTURE void replicated(unsigned shard, const char *what)
{
    struct redis_command *command = redis_wait("replicate");

    ck_assert_uint_eq(redis_shard(command), shard);
    ck_assert_str_eq(redis_arg(command, 2), what);
    ck_assert_str_eq(redis_arg(command, 3), "12");
    redis_reply(command, ":1\r\n");
}

REDIS_FIXTURE void give_home_record(void)
{
    redis_reply(redis_wait("HMGET"),
                redis_array((const char *[]){
                    "1 2000 900 12 - - http://s.example/", NULL}));
}

#endif
