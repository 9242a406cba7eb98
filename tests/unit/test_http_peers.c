/* Connections are counted by client. */
#include "common/http/peers.h"

#include <arpa/inet.h>
#include <check.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/net/networks.h"
#include "tests/unit/suite.h"

#define MAX 2

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_un local;
};

static struct wsub_http_peers peers;

static void set_up(void)
{
    peers = (struct wsub_http_peers){.max = MAX};
}

static union address parse(const char *text)
{
    union address address = {.local.sun_family = AF_UNIX};

    if (strchr(text, ':') != NULL) {
        address.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
        ck_assert_int_eq(inet_pton(AF_INET6, text, &address.v6.sin6_addr), 1);
    } else if (strcmp(text, "unix") != 0) {
        address.v4 = (struct sockaddr_in){.sin_family = AF_INET};
        ck_assert_int_eq(inet_pton(AF_INET, text, &address.v4.sin_addr), 1);
    }
    return address;
}

static bool add(const char *text, struct wsub_http_peer **ret_peer)
{
    union address address = parse(text);

    return wsub_http_peers_add(&peers, &address.any, ret_peer);
}

static void drop_all(struct wsub_http_peer **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        wsub_http_peers_drop(&peers, list[i]);
    ck_assert_ptr_null(peers.known);
}

/* The first two are there already; is the third one too many? */
static const struct {
    const char *there[MAX], *third;
    bool fits;
} clients[] = {
    {{"192.0.2.1", "192.0.2.1"}, "192.0.2.1", false},
    {{"192.0.2.1", "192.0.2.1"}, "192.0.2.2", true},
    {{"192.0.2.1", "::ffff:192.0.2.1"}, "192.0.2.1", false},
    {{"::ffff:192.0.2.1", "192.0.2.1"}, "::ffff:192.0.2.2", true},
    {{"2001:db8:1:2::1", "2001:db8:1:2::2"}, "2001:db8:1:2:f::3", false},
    {{"2001:db8:1:2::1", "2001:db8:1:2::2"}, "2001:db8:1:3::1", true},
    {{"::1", "::2"}, "0.0.0.0", true}, /* no IPv4 address is an IPv6 one */
    {{"unix", "unix"}, "unix", true},
};

START_TEST(an_address_or_a_64_is_one_client)
{
    struct wsub_http_peer *list[MAX + 1];

    for (int i = 0; i < MAX; i++)
        ck_assert(add(clients[_i].there[i], &list[i]));
    ck_assert(add(clients[_i].third, &list[MAX]) == clients[_i].fits);
    drop_all(list, MAX + 1);
}
END_TEST

START_TEST(a_place_is_free_again_when_a_connection_has_gone)
{
    struct wsub_http_peer *list[MAX], *none;

    for (int i = 0; i < MAX; i++)
        ck_assert(add("192.0.2.1", &list[i]));
    ck_assert(!add("192.0.2.1", &none));
    ck_assert_ptr_null(none);
    wsub_http_peers_drop(&peers, list[0]);
    ck_assert(add("192.0.2.1", &list[0]));
    drop_all(list, MAX);
}
END_TEST

START_TEST(who_is_exempt_is_not_counted)
{
    struct wsub_networks *networks;
    struct wsub_http_peer *list[100];

    ck_assert(wsub_networks_parse("10.0.0.0/8, 2001:db8::/32", &networks));
    peers.exempt = networks;
    for (int i = 0; i < 100; i++)
        ck_assert(add(i % 2 == 0 ? "10.1.2.3" : "2001:db8::1", &list[i]));
    drop_all(list, 100);
    wsub_networks_free(networks);
}
END_TEST

START_TEST(without_a_limit_nobody_is_counted)
{
    struct wsub_http_peer *list[100];

    peers.max = 0;
    for (int i = 0; i < 100; i++)
        ck_assert(add("192.0.2.1", &list[i]));
    drop_all(list, 100);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_peers");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_loop_test(tcase, an_address_or_a_64_is_one_client, 0,
                        sizeof(clients) / sizeof(clients[0]));
    tcase_add_test(tcase, a_place_is_free_again_when_a_connection_has_gone);
    tcase_add_test(tcase, who_is_exempt_is_not_counted);
    tcase_add_test(tcase, without_a_limit_nobody_is_counted);
    return suite_run("http_peers", tcase);
}
