/* test_store_away.c - what is tried once while Redis is away: each call has its
 * callback called once, and holds on to nothing.  The loop never runs. */
#include <string.h>

#include <event2/event.h>

#include "common/store/gaps.h"
#include "common/store/leave.h"
#include "common/store/letters.h"
#include "common/store/publications.h"
#include "common/store/store.h"
#include "common/store/submissions.h"
#include "common/store/subscriptions.h"
#include "common/store/suspended.h"
#include "common/store/topics.h"
#include "tests/unit/suite.h"

static char redis_url[] = "unix:///nowhere";
static char key_prefix[] = "websub";
static char public_url[] = "";

static struct event_base *base;
static struct wsub_config config;
static struct wsub_store *store;
static unsigned calls; /* of callbacks */
static enum wsub_err last;
static struct wsub_topic_ref ref;

static void set_up(void)
{
    char err_text[256];

    config.redis_url = redis_url;
    config.key_prefix = key_prefix;
    config.public_url = public_url;
    config.shards = 12;
    base = event_base_new();
    ck_assert_ptr_nonnull(base);
    ck_assert_int_eq(
        wsub_store_new(
            &(struct wsub_store_options){.base = base, .config = &config},
            err_text, &store),
        WSUB_OK);
    calls = 0;
    last = WSUB_OK;
    ref = wsub_topic_ref(store, "a.b");
}

static void tear_down(void)
{
    ck_assert_uint_eq(calls, 1);
    ck_assert_int_eq(last, WSUB_ERR_UNAVAILABLE);
    wsub_store_free(store);
    event_base_free(base);
}

static void note(enum wsub_err err, void *arg)
{
    ck_assert_ptr_eq(arg, &calls);
    calls++;
    last = err;
}

static void on_gaps(enum wsub_err err, const void *list, size_t count,
                    const struct wsub_place *next, void *arg)
{
    ck_assert_ptr_null(next);
    ck_assert_ptr_null(list);
    ck_assert_uint_eq(count, 0);
    note(err, arg);
}

START_TEST(gaps_are_not_listed)
{
    wsub_gaps_list(store, NULL, 10, on_gaps, &calls);
}
END_TEST

static void on_letters(enum wsub_err err, const struct wsub_letters *letters,
                       void *arg)
{
    ck_assert_ptr_null(letters);
    note(err, arg);
}

START_TEST(letters_are_not_listed)
{
    wsub_letters(store, &(struct wsub_letters_page){.value = "", .limit = 10},
                 on_letters, &calls);
}
END_TEST

static void on_pushed(enum wsub_err err, const struct wsub_pushed *event,
                      void *arg)
{
    ck_assert_ptr_null(event);
    note(err, arg);
}

START_TEST(content_is_not_pushed)
{
    wsub_publications_push(
        store,
        &(struct wsub_push){
            .topic = "a.b", .content_type = "x/y", .key = "k", .body = ""},
        on_pushed, &calls);
}
END_TEST

START_TEST(a_topic_is_not_announced)
{
    static const char *const topics[] = {"http://a.example/"};

    wsub_publications_announce(store, 0, topics, 1, note, &calls);
}
END_TEST

static void on_submitted(const struct wsub_submitted *submitted, void *arg)
{
    ck_assert(!submitted->was_active);
    note(submitted->err, arg);
}

START_TEST(a_request_is_not_submitted)
{
    wsub_submissions_add(store,
                         &(struct wsub_submission){.ref = &ref,
                                                   .cd = "CD",
                                                   .topic = "a.b",
                                                   .callback = "c",
                                                   .topic_given = "a.b",
                                                   .callback_given = "c",
                                                   .verify_token = "",
                                                   .secret = "-",
                                                   .secret_len = 1,
                                                   .reason = "",
                                                   .client = "-"},
                         on_submitted, &calls);
}
END_TEST

static void on_denied(enum wsub_err err, uint64_t ended, const char *after,
                      void *arg)
{
    ck_assert_uint_eq(ended, 0);
    ck_assert_str_eq(after, "");
    note(err, arg);
}

START_TEST(nothing_is_denied)
{
    wsub_submissions_deny(
        store,
        &(struct wsub_denial_page){
            .ref = &ref, .topic = "a.b", .reason = "", .after = ""},
        on_denied, &calls);
}
END_TEST

static void on_found(enum wsub_err err, const struct wsub_subscription *found,
                     void *arg)
{
    ck_assert_ptr_null(found);
    note(err, arg);
}

START_TEST(a_subscription_is_not_found)
{
    wsub_subscriptions_find(
        store, &(struct wsub_subscription_key){.td = "TD", .cd = "CD"},
        on_found, &calls);
}
END_TEST

static void on_count(enum wsub_err err, uint64_t count, void *arg)
{
    ck_assert_uint_eq(count, 0);
    note(err, arg);
}

static void on_list(enum wsub_err err, const struct wsub_suspended *list,
                    size_t count, void *arg)
{
    ck_assert_ptr_null(list);
    ck_assert_uint_eq(count, 0);
    note(err, arg);
}

START_TEST(suspended_subscriptions_are_not_counted)
{
    wsub_suspended_count(store, on_count, &calls);
}
END_TEST

START_TEST(suspended_subscriptions_are_not_listed)
{
    wsub_suspended_list(store, 3, 0, 0, 10, on_list, &calls);
}
END_TEST

static void on_fetch(enum wsub_err err, const struct wsub_last_fetch *fetch,
                     void *arg)
{
    ck_assert_ptr_null(fetch);
    note(err, arg);
}

START_TEST(a_last_fetch_is_not_found)
{
    wsub_topics_last_fetch(store, &ref, on_fetch, &calls);
}
END_TEST

static void on_left(void *arg)
{
    note(WSUB_ERR_UNAVAILABLE, arg);
}

START_TEST(a_consumer_stays)
{
    static const char *const streams[] = {"outbox", "bulk"};

    wsub_leave(store, "deliver", "me", streams, 2, on_left, &calls);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("store_away");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, gaps_are_not_listed);
    tcase_add_test(cases, letters_are_not_listed);
    tcase_add_test(cases, content_is_not_pushed);
    tcase_add_test(cases, a_topic_is_not_announced);
    tcase_add_test(cases, a_request_is_not_submitted);
    tcase_add_test(cases, nothing_is_denied);
    tcase_add_test(cases, a_subscription_is_not_found);
    tcase_add_test(cases, suspended_subscriptions_are_not_counted);
    tcase_add_test(cases, suspended_subscriptions_are_not_listed);
    tcase_add_test(cases, a_last_fetch_is_not_found);
    tcase_add_test(cases, a_consumer_stays);
    return suite_run("store_away", cases);
}
