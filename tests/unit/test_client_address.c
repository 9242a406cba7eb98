/* test_client_address.c - who the client of a request is. */
#include "common/http/client_address.h"

#include <string.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "common/base/buf.h"
#include "common/http/listen.h"
#include "common/net/networks.h"
#include "tests/unit/suite.h"

#define PROXIES "10.0.0.0/8, 127.0.0.1, 2001:db8:f::/48, unix"
#define PROXY "10.0.0.1:4000"

static struct wsub_client_address client;

static bool find(const char *proxies, const char *peer, const char *forwarded,
                 const char *x_forwarded_for)
{
    struct wsub_networks *networks;
    struct sockaddr_storage address = {.ss_family = AF_UNIX};
    socklen_t len;
    bool ignored;

    ck_assert(wsub_networks_parse(proxies, &networks));
    if (strcmp(peer, "unix") != 0)
        ck_assert_int_eq(wsub_http_listen_parse(peer, &address, &len), WSUB_OK);
    ignored =
        wsub_client_address_find(networks, (const struct sockaddr *)&address,
                                 forwarded, x_forwarded_for, &client);
    wsub_networks_free(networks);
    return ignored;
}

/* What a header of a trusted proxy says; "10.0.0.1" is that proxy. */
static const struct {
    const char *header, *client;
} plain[] = {
    {"192.0.2.1", "192.0.2.1"},
    {" \t192.0.2.1\t ", "192.0.2.1"},
    {"192.0.2.1:4711", "192.0.2.1"},
    {"2001:db8::1", "2001:db8::1"},
    {"[2001:db8::1]", "2001:db8::1"},
    {"[2001:db8::1]:80", "2001:db8::1"},
    {"::ffff:192.0.2.1", "192.0.2.1"},
    {"8.8.8.8, 192.0.2.1", "192.0.2.1"}, /* the left one is a stranger's */
    {"192.0.2.1, 10.9.9.9", "192.0.2.1"},
    {"192.0.2.1,,10.9.9.9, 127.0.0.1, 2001:db8:f::7", "192.0.2.1"},
    {"10.3.3.3, 10.9.9.9", "10.3.3.3"}, /* a trusted proxy is the client */
    {"192.0.2.1, rubbish, 10.9.9.9", "10.9.9.9"},
    {"rubbish", "10.0.0.1"},
    {"", "10.0.0.1"},
    {" , ,", "10.0.0.1"},
    {"unknown", "10.0.0.1"},
    {"192.0.2.1:", "10.0.0.1"},
    {"192.0.2.1:123456", "10.0.0.1"},
    {"192.0.2.1:8o", "10.0.0.1"},
    {"192.0.2.1.5", "10.0.0.1"},
    {"192.0.2", "10.0.0.1"},
    {"0300.0.2.1", "10.0.0.1"},
    {"3221225985", "10.0.0.1"},
    {"[2001:db8::1", "10.0.0.1"},
    {"[2001:db8::1]x", "10.0.0.1"},
    {"[2001:db8::1]:", "10.0.0.1"},
    {"[192.0.2.1]", "10.0.0.1"},
    {"fe80::1%eth0", "10.0.0.1"},
    {"\"192.0.2.1\"", "10.0.0.1"},
    {"192.0.2.1 192.0.2.2", "10.0.0.1"},
    {"http://192.0.2.1/", "10.0.0.1"},
    {"192.0.2.1, ", "192.0.2.1"},
};

START_TEST(x_forwarded_for_is_read_from_the_right)
{
    ck_assert(!find(PROXIES, PROXY, NULL, plain[_i].header));
    ck_assert_str_eq(client.text, plain[_i].client);
}
END_TEST

static const struct {
    const char *header, *client;
} forwarded[] = {
    {"for=192.0.2.1", "192.0.2.1"},
    {"For=192.0.2.1", "192.0.2.1"},
    {"for=\"192.0.2.1\"", "192.0.2.1"},
    {"for=\"192.0.2.1:4711\"", "192.0.2.1"},
    {"for=\"192.0.2.1:_hidden\"", "192.0.2.1"},
    {"for=\"[2001:db8::1]:4711\"", "2001:db8::1"},
    {"for=\"[2001:db8::1]\"", "2001:db8::1"},
    {"for=\"\\1\\92.0.2.1\"", "192.0.2.1"},
    {"by=203.0.113.43;for=192.0.2.1;proto=https", "192.0.2.1"},
    {"proto=http; host=\"a, for=9.9.9.9\" ;for=192.0.2.1", "192.0.2.1"},
    {"for=8.8.8.8, for=192.0.2.1", "192.0.2.1"},
    {"for=8.8.8.8,for=192.0.2.1, , for=10.9.9.9", "192.0.2.1"},
    {"for=192.0.2.1, for=unknown, for=10.9.9.9", "10.9.9.9"},
    {"for=192.0.2.1, for=_x, for=10.9.9.9", "10.9.9.9"},
    {"for=192.0.2.1, proto=https, for=10.9.9.9", "10.9.9.9"},
    {"for=unknown", "10.0.0.1"},
    {"for=_x", "10.0.0.1"},
    {"for=\"_x:80\"", "10.0.0.1"},
    {"for=", "10.0.0.1"},
    {"for", "10.0.0.1"},
    {"", "10.0.0.1"},
    {"for=192.0.2.1;for=192.0.2.2", "10.0.0.1"},
    {"for=192.0.2.1;", "10.0.0.1"},
    {"for=192.0.2.1 proto=http", "10.0.0.1"},
    {"for=[2001:db8::1]", "10.0.0.1"}, /* wants quotes */
    {"for=\"2001:db8::1\"", "10.0.0.1"},
    {"for=\"192.0.2.1\"x", "10.0.0.1"},
    {"for=\"192.0.2.1", "10.0.0.1"},
    {"for=\"192.0.2.1\\", "10.0.0.1"},
    {"for = 192.0.2.1", "10.0.0.1"},
    /* A stranger wrote all up to the proxy's own element. */
    {"for=9.9.9.9;x=\", for=192.0.2.1", "10.0.0.1"},
    {"for=9.9.9.9;x=\", for=\"[2001:db8::1]:4711\"", "10.0.0.1"},
    {"for=9.9.9.9, for=\", for=\"[2001:db8::1]:4711\"", "10.0.0.1"},
    {"rubbish, for=192.0.2.1", "10.0.0.1"},
};

START_TEST(forwarded_is_read_from_the_right)
{
    ck_assert(!find(PROXIES, PROXY, forwarded[_i].header, NULL));
    ck_assert_str_eq(client.text, forwarded[_i].client);
}
END_TEST

START_TEST(a_peer_that_is_no_trusted_proxy_is_the_client)
{
    ck_assert(find(PROXIES, "192.0.2.9:1", "for=1.2.3.4", NULL));
    ck_assert_str_eq(client.text, "192.0.2.9");
    ck_assert(find("", "[2001:db8::9]:1", NULL, "1.2.3.4"));
    ck_assert_str_eq(client.text, "2001:db8::9");
    ck_assert(find("", "unix", NULL, "1.2.3.4"));
    ck_assert_str_eq(client.text, "unix");
    ck_assert(!find("", "192.0.2.9:1", NULL, NULL));
    ck_assert(!find(PROXIES, PROXY, NULL, NULL));
    ck_assert_str_eq(client.text, "10.0.0.1");
}
END_TEST

START_TEST(a_unix_socket_may_be_trusted)
{
    ck_assert(!find(PROXIES, "unix", NULL, "192.0.2.1"));
    ck_assert_str_eq(client.text, "192.0.2.1");
}
END_TEST

START_TEST(headers_that_differ_name_the_proxy)
{
    find(PROXIES, PROXY, "for=192.0.2.1", "192.0.2.1");
    ck_assert_str_eq(client.text, "192.0.2.1");
    find(PROXIES, PROXY, "for=8.8.8.8", "192.0.2.1");
    ck_assert_str_eq(client.text, "10.0.0.1");
    find(PROXIES, PROXY, "for=8.8.8.8", "rubbish");
    ck_assert_str_eq(client.text, "10.0.0.1");
}
END_TEST

START_TEST(more_proxies_than_are_kept_end_at_the_last_kept)
{
    struct wsub_buf list = {0};

    wsub_buf_str(&list, "192.0.2.1");
    for (int i = 0; i < 100; i++)
        wsub_buf_str(&list, i == 68 ? ", 10.1.1.1" : ", 10.9.9.9");
    find(PROXIES, PROXY, NULL, list.data);
    wsub_buf_done(&list);
    ck_assert_str_eq(client.text, "10.1.1.1");
}
END_TEST

/* Whether two clients share their bounds. */
static const struct {
    const char *one, *two;
    bool same;
} keys[] = {
    {"192.0.2.1", "192.0.2.1", true},
    {"192.0.2.1", "192.0.2.2", false},
    {"192.0.2.1", "::ffff:192.0.2.1", true},
    {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
    {"2001:db8::1", "2001:db8::ffff:1", true},
    {"2001:db8::1", "2001:db8:0:1::1", false},
    {"::1", "0.0.0.1", false},
    {"::1", "unix", false},
};

static void key_of(const char *text, unsigned char key[WSUB_CLIENT_KEY_BYTES],
                   char name[WSUB_CLIENT_NAME_BYTES])
{
    if (strcmp(text, "unix") == 0)
        find("", "unix", NULL, NULL);
    else
        find(PROXIES, PROXY, NULL, text);
    ck_assert_ptr_null(strstr(client.text, "10.0.0.1"));
    memcpy(key, client.key, WSUB_CLIENT_KEY_BYTES);
    wsub_client_address_name(&client, name);
    ck_assert_ptr_null(strchr(name, ' '));
}

START_TEST(the_key_is_the_address_or_its_64_bits)
{
    unsigned char one[WSUB_CLIENT_KEY_BYTES], two[WSUB_CLIENT_KEY_BYTES];

    char one_name[WSUB_CLIENT_NAME_BYTES], two_name[WSUB_CLIENT_NAME_BYTES];

    key_of(keys[_i].one, one, one_name);
    key_of(keys[_i].two, two, two_name);
    ck_assert_int_eq(memcmp(one, two, sizeof(one)) == 0, keys[_i].same);
    ck_assert_int_eq(strcmp(one_name, two_name) == 0, keys[_i].same);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("client_address");

    tcase_add_loop_test(cases, x_forwarded_for_is_read_from_the_right, 0,
                        COUNT(plain));
    tcase_add_loop_test(cases, forwarded_is_read_from_the_right, 0,
                        COUNT(forwarded));
    tcase_add_test(cases, a_peer_that_is_no_trusted_proxy_is_the_client);
    tcase_add_test(cases, a_unix_socket_may_be_trusted);
    tcase_add_test(cases, headers_that_differ_name_the_proxy);
    tcase_add_test(cases, more_proxies_than_are_kept_end_at_the_last_kept);
    tcase_add_loop_test(cases, the_key_is_the_address_or_its_64_bits, 0,
                        COUNT(keys));
    return suite_run("client_address", cases);
}
