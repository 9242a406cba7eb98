/* test_names.c - how long what is known about names counts. */
#include <stdbool.h>
#include <stdio.h>

#include "common/net/names.h"
#include "tests/unit/suite.h"

#define MAX 3
#define START_MS 1000000

static struct wsub_names *names;

static void set_up(void)
{
    names = wsub_names_new(MAX);
}

static void tear_down(void)
{
    wsub_names_free(names);
}

static void keep(const char *host, enum wsub_name_status status,
                 const char *addresses, uint32_t ttl_s)
{
    struct wsub_name name = {.status = status, .addresses = addresses};
    const struct wsub_name *kept =
        wsub_names_keep(names, host, &name, ttl_s, START_MS);

    ck_assert_int_eq(kept->status, status);
    ck_assert_str_eq(kept->addresses, addresses);
}

static bool is_known(const char *host, uint64_t after_ms)
{
    return wsub_names_find(names, host, START_MS + after_ms) != NULL;
}

static const struct {
    enum wsub_name_status status;
    uint32_t ttl_s, kept_s;
} lives[] = {
    {WSUB_NAME_FOUND, 60, 60},     {WSUB_NAME_FOUND, 0, 1},
    {WSUB_NAME_FOUND, 1, 1},       {WSUB_NAME_FOUND, 3600, 3600},
    {WSUB_NAME_FOUND, 3601, 3600}, {WSUB_NAME_FOUND, UINT32_MAX, 3600},
    {WSUB_NAME_UNKNOWN, 0, 5},     {WSUB_NAME_UNKNOWN, 60, 5},
    {WSUB_NAME_BLOCKED, 60, 5},    {WSUB_NAME_TIMEOUT, 60, 1},
    {WSUB_NAME_FAILED, 60, 1},
};

START_TEST(is_known_until_it_expires)
{
    uint64_t kept_ms = lives[_i].kept_s * UINT64_C(1000);

    keep("a.example", lives[_i].status, "", lives[_i].ttl_s);
    ck_assert(is_known("a.example", 0));
    ck_assert(is_known("a.example", kept_ms - 1));
    ck_assert(!is_known("a.example", kept_ms));
}
END_TEST

START_TEST(a_new_answer_replaces_the_old)
{
    const struct wsub_name *name;

    keep("a.example", WSUB_NAME_FOUND, "1.2.3.4,2001::1", 1);
    keep("a.example", WSUB_NAME_FOUND, "1.2.3.5", 60);
    name = wsub_names_find(names, "a.example", START_MS + 2000);
    ck_assert_ptr_nonnull(name);
    ck_assert_str_eq(name->addresses, "1.2.3.5");
    keep("a.example", WSUB_NAME_UNKNOWN, "", 60);
    name = wsub_names_find(names, "a.example", START_MS);
    ck_assert_int_eq(name->status, WSUB_NAME_UNKNOWN);
    ck_assert(!is_known("a.example", 5000));
}
END_TEST

START_TEST(other_names_are_not_known)
{
    keep("a.example", WSUB_NAME_FOUND, "1.2.3.4", 60);
    ck_assert(!is_known("a.exampl", 0));
    ck_assert(!is_known("a.example.", 0));
    ck_assert(!is_known("", 0));
}
END_TEST

START_TEST(the_name_used_least_recently_gives_way)
{
    char host[16];

    for (int i = 0; i < MAX; i++) {
        snprintf(host, sizeof(host), "%d.example", i);
        keep(host, WSUB_NAME_FOUND, "1.2.3.4", 60);
    }
    ck_assert(is_known("0.example", 0)); /* so 1 is the oldest now */
    keep("2.example", WSUB_NAME_FOUND, "1.2.3.5", 60);
    keep("new.example", WSUB_NAME_FOUND, "1.2.3.4", 60);
    ck_assert(!is_known("1.example", 0));
    ck_assert(is_known("0.example", 0));
    ck_assert(is_known("2.example", 0));
    ck_assert(is_known("new.example", 0));
}
END_TEST

START_TEST(what_has_expired_can_be_learnt_again)
{
    keep("a.example", WSUB_NAME_FOUND, "1.2.3.4", 1);
    ck_assert(!is_known("a.example", 1000));
    keep("a.example", WSUB_NAME_FOUND, "1.2.3.4", 3600);
    ck_assert(is_known("a.example", 1000));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("names");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, is_known_until_it_expires, 0, COUNT(lives));
    tcase_add_test(cases, a_new_answer_replaces_the_old);
    tcase_add_test(cases, other_names_are_not_known);
    tcase_add_test(cases, the_name_used_least_recently_gives_way);
    tcase_add_test(cases, what_has_expired_can_be_learnt_again);
    return suite_run("names", cases);
}
