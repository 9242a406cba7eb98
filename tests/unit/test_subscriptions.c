/* test_subscriptions.c - names of subscriptions. */
#include "common/store/subscriptions.h"

#include "tests/unit/suite.h"

#define TD "aaaaaaaaaaaaaaaaaaaaaa"
#define CD "bbbbbbbbbbbbbbbbbbbbb-"

START_TEST(a_name_is_both_digests)
{
    struct wsub_subscription_key key;

    ck_assert(wsub_subscription_key_parse(TD ":" CD, 3, &key));
    ck_assert_uint_eq(key.shard, 3);
    ck_assert_str_eq(key.td, TD);
    ck_assert_str_eq(key.cd, CD);
}
END_TEST

static const char *const bad[] = {"",        TD,        TD ":", TD ":" CD "x",
                                  TD "x" CD, "a:" TD CD};

START_TEST(another_name_is_refused)
{
    struct wsub_subscription_key key;

    ck_assert(!wsub_subscription_key_parse(bad[_i], 3, &key));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("subscriptions");

    tcase_add_test(cases, a_name_is_both_digests);
    tcase_add_loop_test(cases, another_name_is_refused, 0, COUNT(bad));
    return suite_run("subscriptions", cases);
}
