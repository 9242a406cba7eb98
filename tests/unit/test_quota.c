/* test_quota.c - the host that a callback is counted by; the scripts make the same
 * (test_scripts_bounds.py). */
#include "common/store/quota.h"

#include "tests/unit/suite.h"

static const struct {
    const char *callback, *host;
} hosts[] = {
    {"http://sub.example/", "aa1317962629be5a"},
    {"https://SUB.Example:8443", "aa1317962629be5a"},
    {"http://sub.example.:1/x?y", "aa1317962629be5a"},
    {"http://sub.example?q", "aa1317962629be5a"},
    {"http://ub.example/", "277f5c189e3c52fe"},
    {"http://[2001:DB8::1]:80/", "bb77d25003d3df63"},
    {"http://192.0.2.1/", "e7ac7ecd794e7191"},
};

START_TEST(a_host_has_one_name_whatever_its_spelling)
{
    char host[WSUB_QUOTA_HOST_BYTES];

    wsub_quota_host(hosts[_i].callback, host);
    ck_assert_str_eq(host, hosts[_i].host);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("quota");

    tcase_add_loop_test(cases, a_host_has_one_name_whatever_its_spelling, 0,
                        COUNT(hosts));
    return suite_run("quota", cases);
}
