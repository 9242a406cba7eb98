#include "common/net/egress.h"

#include <stdio.h>

#include "common/base/config.h"
#include "tests/unit/suite.h"

static const struct {
    const char *allow, *deny;
    bool private_too;
    const char *address;
    bool allowed;
} cases[] = {
    {"", "", false, "1.2.3.4", true},
    {"", "", false, "10.1.2.3", false},
    {"", "", false, "::1", false},
    {"", "", false, "[::1]", false},
    {"", "", false, "[2600::1]", true},
    {"", "", true, "10.1.2.3", true},
    {"10.0.0.0/8", "", false, "10.1.2.3", true},
    {"10.0.0.0/8", "", false, "::ffff:10.1.2.3", true},
    {"10.0.0.0/8", "", false, "11.1.2.3", true},
    {"10.0.0.0/8", "", false, "172.16.0.1", false},
    {"10.0.0.0/8", "10.1.0.0/16", false, "10.1.2.3", false},
    {"10.0.0.0/8", "10.1.0.0/16", false, "10.2.2.3", true},
    {"", "1.2.3.0/24", false, "1.2.3.4", false},
    {"", "1.2.3.0/24", true, "1.2.3.4", false},
    {"", "1.2.3.0/24", true, "::ffff:1.2.3.4", false},
    {"", "169.254.169.254", true, "169.254.169.254", false},
    {"", "2600::/16", false, "2600::1", false},
    {"0.0.0.0/0, ::/0", "", false, "127.0.0.1", true},
};

static struct wsub_egress *egress_of(const char *allow, const char *deny,
                                     const char *ports, bool private_too)
{
    char texts[3][64];
    struct wsub_config config = {
        .allow_networks = texts[0],
        .deny_networks = texts[1],
        .callback_ports = texts[2],
        .allow_private_networks = private_too,
    };

    snprintf(texts[0], sizeof(texts[0]), "%s", allow);
    snprintf(texts[1], sizeof(texts[1]), "%s", deny);
    snprintf(texts[2], sizeof(texts[2]), "%s", ports);
    return wsub_egress_new(&config);
}

START_TEST(deny_goes_before_allow_and_allow_before_what_is_public)
{
    struct wsub_egress *egress =
        egress_of(cases[_i].allow, cases[_i].deny, "80", cases[_i].private_too);
    bool is_literal;

    ck_assert_int_eq(
        wsub_egress_allows_text(egress, cases[_i].address, &is_literal),
        cases[_i].allowed);
    ck_assert(is_literal);
    wsub_egress_free(egress);
}
END_TEST

START_TEST(what_is_no_address_is_not_allowed)
{
    static const char *const texts[] = {"",      "a.example", "[::1",
                                        "[]",    "1.2.3",     "[1.2.3.4]",
                                        "::1%1", "[[::1]]"};
    struct wsub_egress *egress = egress_of("0.0.0.0/0", "", "80", true);
    bool is_literal;

    for (int i = 0; i < COUNT(texts); i++) {
        ck_assert(!wsub_egress_allows_text(egress, texts[i], &is_literal));
        ck_assert(!is_literal);
    }
    wsub_egress_free(egress);
}
END_TEST

START_TEST(ports_are_those_of_the_list)
{
    static const struct {
        const char *ports;
        uint16_t port;
        bool allowed;
    } tried[] = {
        {"80, 443, 1024-65535", 80, true},
        {"80, 443, 1024-65535", 25, false},
        {"80, 443, 1024-65535", 1023, false},
        {"80, 443, 1024-65535", 1024, true},
        {"80, 443, 1024-65535", 65535, true},
        {"443", 443, true},
    };

    for (int i = 0; i < COUNT(tried); i++) {
        struct wsub_egress *egress = egress_of("", "", tried[i].ports, false);

        ck_assert_int_eq(wsub_egress_allows_port(egress, tried[i].port),
                         tried[i].allowed);
        wsub_egress_free(egress);
    }
    ck_assert(wsub_egress_allows_port(NULL, 25));
}
END_TEST

START_TEST(lists_of_ports_are_checked)
{
    static const char *const wrong[] = {"",
                                        ",",
                                        "80,",
                                        "0",
                                        "65536",
                                        "80-",
                                        "-80",
                                        "443-80",
                                        "80 443",
                                        "a",
                                        "80-a",
                                        "0-80",
                                        "99999999999999999999",
                                        "80,,443"};
    static const char *const right[] = {"80", " 80 ", "1-65535", "80 ,443",
                                        "80-80"};

    for (int i = 0; i < COUNT(wrong); i++)
        ck_assert_msg(!wsub_egress_is_ports(wrong[i]), "%s", wrong[i]);
    for (int i = 0; i < COUNT(right); i++)
        ck_assert_msg(wsub_egress_is_ports(right[i]), "%s", right[i]);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("egress");

    tcase_add_loop_test(tcase,
                        deny_goes_before_allow_and_allow_before_what_is_public,
                        0, COUNT(cases));
    tcase_add_test(tcase, what_is_no_address_is_not_allowed);
    tcase_add_test(tcase, ports_are_those_of_the_list);
    tcase_add_test(tcase, lists_of_ports_are_checked);
    return suite_run("egress", tcase);
}
