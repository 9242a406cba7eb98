/* test_addr.c - the edges of every special block, and its disguises. */
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "common/net/addr.h"
#include "tests/unit/suite.h"

static const struct {
    const char *text;
    bool global;
} addresses[] = {
    {"0.0.0.0", false},
    {"0.255.255.255", false},
    {"1.0.0.0", true},
    {"9.255.255.255", true},
    {"10.0.0.0", false},
    {"10.255.255.255", false},
    {"11.0.0.0", true},
    {"100.63.255.255", true},
    {"100.64.0.0", false},
    {"100.127.255.255", false},
    {"100.128.0.0", true},
    {"126.255.255.255", true},
    {"127.0.0.0", false},
    {"127.0.0.1", false},
    {"127.255.255.255", false},
    {"128.0.0.0", true},
    {"169.253.255.255", true},
    {"169.254.0.0", false},
    {"169.254.169.254", false},
    {"169.254.255.255", false},
    {"169.255.0.0", true},
    {"172.15.255.255", true},
    {"172.16.0.0", false},
    {"172.31.255.255", false},
    {"172.32.0.0", true},
    {"191.255.255.255", true},
    {"192.0.0.0", false},
    {"192.0.0.9", false},
    {"192.0.0.170", false},
    {"192.0.0.255", false},
    {"192.0.1.0", true},
    {"192.0.2.0", false},
    {"192.0.2.255", false},
    {"192.0.3.0", true},
    {"192.31.195.255", true},
    {"192.31.196.0", false},
    {"192.31.197.0", true},
    {"192.52.193.1", false},
    {"192.52.194.0", true},
    {"192.88.98.255", true},
    {"192.88.99.0", false},
    {"192.88.99.255", false},
    {"192.88.100.0", true},
    {"192.167.255.255", true},
    {"192.168.0.0", false},
    {"192.168.255.255", false},
    {"192.169.0.0", true},
    {"192.175.48.1", false},
    {"192.175.49.0", true},
    {"198.17.255.255", true},
    {"198.18.0.0", false},
    {"198.19.255.255", false},
    {"198.20.0.0", true},
    {"198.51.99.255", true},
    {"198.51.100.0", false},
    {"198.51.100.255", false},
    {"198.51.101.0", true},
    {"203.0.112.255", true},
    {"203.0.113.0", false},
    {"203.0.113.255", false},
    {"203.0.114.0", true},
    {"223.255.255.255", true},
    {"224.0.0.0", false},
    {"239.255.255.255", false},
    {"240.0.0.0", false},
    {"255.255.255.254", false},
    {"255.255.255.255", false},
    {"8.8.8.8", true},

    {"::", false},
    {"::1", false},
    {"::2", false},
    {"::127.0.0.1", false},
    {"::8.8.8.8", false},
    {"::ffff:127.0.0.1", false},
    {"::ffff:10.1.2.3", false},
    {"::ffff:a9fe:a9fe", false},
    {"::ffff:0.0.0.0", false},
    {"::ffff:8.8.8.8", true},
    {"::fffe:8.8.8.8", false},
    {"::ffff:0:8.8.8.8", false},
    {"64:ff9b::127.0.0.1", false},
    {"64:ff9b::192.168.1.1", false},
    {"64:ff9b::8.8.8.8", true},
    {"64:ff9b::1:808:808", false},
    {"64:ff9b:1::8.8.8.8", false},
    {"100::", false},
    {"100::1", false},
    {"100:0:0:1::1", false},
    {"1fff:ffff::1", false},
    {"2000::1", true},
    {"2000:ffff::1", true},
    {"2001::1", false},
    {"2001:0:808:808::1", false},
    {"2001:1::1", false},
    {"2001:2::1", false},
    {"2001:3::1", false},
    {"2001:4:112::1", false},
    {"2001:10::1", false},
    {"2001:20::1", false},
    {"2001:30::1", false},
    {"2001:1ff:ffff::1", false},
    {"2001:200::1", true},
    {"2001:db7:ffff::1", true},
    {"2001:db8::", false},
    {"2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", false},
    {"2001:db9::1", true},
    {"2001:4860:4860::8888", true},
    {"2002:7f00:1::1", false},
    {"2002:a00:1::1", false},
    {"2002:c0a8:101::", false},
    {"2002:a9fe:a9fe::", false},
    {"2002:e000:1::", false},
    {"2002:808:808::1", true},
    {"2003::1", true},
    {"2606:4700::1111", true},
    {"2620:4f:8000::1", false},
    {"2620:4f:8001::1", true},
    {"3ffe:ffff::1", true},
    {"3fff::1", false},
    {"3fff:fff:ffff::1", false},
    {"3fff:1000::1", true},
    {"4000::1", false},
    {"5f00::1", false},
    {"fbff::1", false},
    {"fc00::1", false},
    {"fdff:ffff::1", false},
    {"fe80::1", false},
    {"febf::1", false},
    {"fec0::1", false},
    {"ff00::1", false},
    {"ff02::1", false},
    {"ff0e::1", false},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", false},
};

START_TEST(an_address_in_text_is_judged_by_its_block)
{
    bool literal = false;

    ck_assert_msg(wsub_addr_text_is_global(addresses[_i].text, &literal) ==
                      addresses[_i].global,
                  "%s", addresses[_i].text);
    ck_assert(literal);
}
END_TEST

START_TEST(a_socket_address_is_judged_like_its_text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = 80};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = 80};
    void *address = &v4;

    if (inet_pton(AF_INET, addresses[_i].text, &v4.sin_addr) != 1) {
        ck_assert_int_eq(inet_pton(AF_INET6, addresses[_i].text, &v6.sin6_addr),
                         1);
        address = &v6;
    }
    ck_assert_msg(wsub_addr_is_global(address) == addresses[_i].global, "%s",
                  addresses[_i].text);
}
END_TEST

START_TEST(an_address_of_another_family_is_not_global)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX, .sun_path = "/s"};
    struct sockaddr_storage none = {.ss_family = AF_UNSPEC};
    void *address = &local;

    ck_assert(!wsub_addr_is_global(address));
    address = &none;
    ck_assert(!wsub_addr_is_global(address));
}
END_TEST

static const char *const no_literals[] = {
    "",           "example.com", "127.1",        "0x7f.0.0.1",  "2130706433",
    "127.0.0.1.", "127.0.0.01",  "127.0.0.1 ",   "[::1]",       "fe80::1%eth0",
    "::1::",      "1.2.3.4.5",   " 8.8.8.8",     "8.8.8.8/32",  "8.8.8.8:80",
    "localhost",  "8.8.8.256",   "::ffff:8.8.8", "\3558.8.8.8", "12345::",
};

START_TEST(text_that_is_no_address_is_no_literal_and_not_global)
{
    bool literal = true;

    ck_assert(!wsub_addr_text_is_global(no_literals[_i], &literal));
    ck_assert_msg(!literal, "%s", no_literals[_i]);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("addr");

    tcase_add_loop_test(cases, an_address_in_text_is_judged_by_its_block, 0,
                        COUNT(addresses));
    tcase_add_loop_test(cases, a_socket_address_is_judged_like_its_text, 0,
                        COUNT(addresses));
    tcase_add_test(cases, an_address_of_another_family_is_not_global);
    tcase_add_loop_test(cases,
                        text_that_is_no_address_is_no_literal_and_not_global, 0,
                        COUNT(no_literals));
    return suite_run("addr", cases);
}
