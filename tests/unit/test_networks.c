/* test_networks.c - which lists are fine, and what is in them. */
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/base/buf.h"
#include "common/net/networks.h"
#include "tests/unit/suite.h"

static const struct {
    const char *list, *address; /* "unix" for a unix socket */
    bool has;
} rows[] = {
    {"", "10.0.0.1", false},
    {"10.0.0.1", "10.0.0.1", true},
    {"10.0.0.1", "10.0.0.2", false},
    {"10.0.0.1/32", "10.0.0.1", true},
    {"10.0.0.0/8", "10.255.255.255", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"10.64.0.0/10", "10.127.255.255", true},
    {"10.64.0.0/10", "10.128.0.0", false},
    {"0.0.0.0/0", "255.255.255.255", true},
    {"0.0.0.0/0", "::1", false},
    {"::/0", "::1", true},
    {"::/0", "127.0.0.1", false},
    {"2001:db8::/32", "2001:db8:ffff::1", true},
    {"2001:db8::/32", "2001:db9::", false},
    {"2001:db8::/33", "2001:db8:8000::", false},
    {"2001:db8::1", "2001:db8:0:0::1", true},
    {"10.0.0.0/8", "::ffff:10.1.2.3", true},
    {"::ffff:10.0.0.0/104", "10.1.2.3", true},
    {"::ffff:10.0.0.1", "::ffff:10.0.0.1", true},
    {"::ffff:0:0/96", "10.1.2.3", true},
    {"192.168.0.0/16 , ::1,unix", "192.168.3.4", true},
    {"192.168.0.0/16 , ::1,unix", "::1", true},
    {"192.168.0.0/16 , ::1,unix", "unix", true},
    {"192.168.0.0/16 , ::1", "unix", false},
    {"unix", "unix", true},
    {"unix", "127.0.0.1", false},
};

static const char *const bad_lists[] = {
    ",",
    "10.0.0.1,",
    ",10.0.0.1",
    "10.0.0.1,,10.0.0.2",
    " ",
    "10.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/+8",
    "10.0.0.0/08",
    "10.0.0.0/8/8",
    "10.0.0.0/4294967304",
    "11.0.0.0/7",
    "10.0.0.1/31",
    "010.0.0.1",
    "0x0a000001",
    "2001:db8::/129",
    "2001:db8::1/64",
    "::ffff:10.0.0.1/95",
    "[::1]",
    "fe80::1%eth0",
    "localhost",
    "Unix",
    "unix/8",
    "10.0.0.1;10.0.0.2",
    "10.0.0.1 10.0.0.2",
    "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111/128",
};

static void address_of(const char *text, struct sockaddr_storage *ret_address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    memset(ret_address, 0, sizeof(*ret_address));
    if (strcmp(text, "unix") == 0)
        ret_address->ss_family = AF_UNIX;
    else if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        memcpy(ret_address, &v4, sizeof(v4));
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        memcpy(ret_address, &v6, sizeof(v6));
}

START_TEST(a_list_has_what_one_of_its_items_has)
{
    struct wsub_networks *networks;
    struct sockaddr_storage address;

    address_of(rows[_i].address, &address);
    ck_assert(wsub_networks_parse(rows[_i].list, &networks));
    ck_assert_int_eq(wsub_networks_is_empty(networks),
                     rows[_i].list[0] == '\0');
    ck_assert_msg(wsub_networks_has(networks, (struct sockaddr *)&address) ==
                      rows[_i].has,
                  "%s in %s", rows[_i].address, rows[_i].list);
    wsub_networks_free(networks);
}
END_TEST

START_TEST(what_is_no_network_is_refused)
{
    struct wsub_networks *networks;

    ck_assert_msg(!wsub_networks_parse(bad_lists[_i], &networks), "%s",
                  bad_lists[_i]);
}
END_TEST

START_TEST(too_many_are_refused)
{
    struct wsub_networks *networks;
    struct wsub_buf list = {0};

    for (unsigned i = 0; i < WSUB_NETWORKS_MAX; i++)
        wsub_buf_printf(&list, "%s10.0.0.%u", i > 0 ? "," : "", i);
    ck_assert(wsub_networks_parse(list.data, &networks));
    wsub_networks_free(networks);
    wsub_buf_str(&list, ",10.0.1.0");
    ck_assert(!wsub_networks_parse(list.data, &networks));
    wsub_buf_done(&list);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("networks");

    tcase_add_loop_test(cases, a_list_has_what_one_of_its_items_has, 0,
                        COUNT(rows));
    tcase_add_loop_test(cases, what_is_no_network_is_refused, 0,
                        COUNT(bad_lists));
    tcase_add_test(cases, too_many_are_refused);
    return suite_run("networks", cases);
}
