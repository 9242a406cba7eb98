/* Addresses to listen on. */
#include "http_fixture.h"

#include <netinet/in.h>
#include <sys/stat.h>

#include "tests/unit/suite.h"

static const struct {
    const char *listen;
    enum wsub_err err;
} addresses[] = {
    {"", WSUB_ERR_INVALID},
    {"8080", WSUB_ERR_INVALID},
    {":8080", WSUB_ERR_INVALID},
    {"127.0.0.1", WSUB_ERR_INVALID},
    {"127.0.0.1:", WSUB_ERR_INVALID},
    {"127.0.0.1:x", WSUB_ERR_INVALID},
    {"127.0.0.1:-1", WSUB_ERR_INVALID},
    {"127.0.0.1:65536", WSUB_ERR_INVALID},
    {"127.0.0.1:000000", WSUB_ERR_INVALID},
    {"localhost:80", WSUB_ERR_INVALID},
    {"::1:80", WSUB_ERR_INVALID},
    {"[::1:80", WSUB_ERR_INVALID},
    {"[]:80", WSUB_ERR_INVALID},
    {"[127.0.0.1]:80", WSUB_ERR_INVALID},
    {"unix:", WSUB_ERR_INVALID},
    {"unix:/nowhere/at/all", WSUB_ERR_SYSTEM},
    {"192.0.2.1:0", WSUB_ERR_SYSTEM},
};

START_TEST(a_bad_address_is_one_sentence)
{
    struct wsub_http_server_options options = options_of_test();
    char err_text[256] = "";

    base = event_base_new();
    options.listen = addresses[_i].listen;
    ck_assert_int_eq(wsub_http_server_new(base, &options, err_text, &server),
                     addresses[_i].err);
    ck_assert_ptr_nonnull(strstr(err_text, addresses[_i].listen));
    event_base_free(base);
}
END_TEST

START_TEST(a_taken_port_is_one_sentence)
{
    struct wsub_http_server_options options = options_of_test();
    struct wsub_http_server *second = NULL;
    char err_text[256] = "";

    start_plain();
    options.listen = wsub_http_server_address(server);
    ck_assert_int_eq(wsub_http_server_new(base, &options, err_text, &second),
                     WSUB_ERR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(err_text, options.listen));
    stop();
}
END_TEST

static void make_folder(char *folder, char *listen, size_t size)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(listen, size, "unix:%s/socket", folder);
}

START_TEST(a_unix_socket_serves_and_is_removed)
{
    char folder[] = "/tmp/websubd-test-XXXXXX", listen[128];
    struct wsub_http_server_options options = options_of_test();
    struct stat info;
    int fd;

    make_folder(folder, listen, sizeof(listen));
    options.listen = listen;
    start(&options);
    ck_assert_str_eq(wsub_http_server_address(server), listen);
    fd = dial();
    give(fd, LATER);
    WAIT_FOR(base, waiting_count == 1);
    answer_next("hello");
    ck_assert_int_eq(take_status(fd), 200);
    close(fd);
    stop();
    ck_assert_int_ne(stat(listen + 5, &info), 0);
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(a_dead_unix_socket_is_replaced_and_a_living_one_is_not)
{
    char folder[] = "/tmp/websubd-test-XXXXXX", listen[128];
    struct wsub_http_server_options options = options_of_test();
    struct wsub_http_server *second = NULL;
    struct sockaddr_storage address;
    char err_text[256] = "";
    socklen_t len;
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);

    make_folder(folder, listen, sizeof(listen));
    ck_assert_int_eq(wsub_http_listen_parse(listen, &address, &len), WSUB_OK);
    ck_assert_int_eq(bind(dead, (struct sockaddr *)&address, len), 0);
    close(dead);
    options.listen = listen;
    start(&options);
    ck_assert_int_eq(wsub_http_server_new(base, &options, err_text, &second),
                     WSUB_ERR_SYSTEM);
    close(dial());
    stop();
    ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

START_TEST(ipv6_is_served)
{
    struct wsub_http_server_options options = options_of_test();
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    bool has_ipv6 =
        fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof(any)) == 0;

    close(fd);
    if (!has_ipv6)
        return;
    options.listen = "[::1]:0";
    start(&options);
    ck_assert_int_eq(strncmp(wsub_http_server_address(server), "[::1]:", 6), 0);
    fd = dial();
    give(fd, HELLO);
    ck_assert_int_eq(take_status(fd), 200);
    close(fd);
    stop();
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_listen");

    tcase_add_loop_test(tcase, a_bad_address_is_one_sentence, 0,
                        COUNT(addresses));
    tcase_add_test(tcase, a_taken_port_is_one_sentence);
    tcase_add_test(tcase, a_unix_socket_serves_and_is_removed);
    tcase_add_test(tcase,
                   a_dead_unix_socket_is_replaced_and_a_living_one_is_not);
    tcase_add_test(tcase, ipv6_is_served);
    return suite_run("http_listen", tcase);
}
