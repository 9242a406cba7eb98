#include "common/net/address_key.h"

#include "tests/unit/suite.h"

static const struct {
    const char *host, *addresses, *key;
} cases[] = {
    {"1.2.3.4", "", "1.2.3.4"},
    {"0x1.0x20304", "", "1.2.3.4"},
    {"2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"},
    {"2001:db8:1:2::", "", "2001:db8:1:2::"},
    {"2001:db8:1:3::1", "", "2001:db8:1:3::"},
    {"::ffff:1.2.3.4", "", "1.2.3.4"},
    {"a.example", "1.2.3.4", "1.2.3.4"},
    {"a.example", "1.2.3.4,5.6.7.8", "1.2.3.4"},
    {"a.example", "2001:db8:1:2::9,1.2.3.4", "2001:db8:1:2::"},
    {"a.example", "nonsense", "a.example"},
    {"a.example", "", "a.example"},
    {"b.a.example", "", "a.example"},
    {"d.c.b.a.example", "", "a.example"},
    {"d.c.b.a.example.", "", "a.example"},
    {"example", "", "example"},
    {"", "", ""},
    {".", "", ""},
    {"1.2.3.4.example", "", "4.example"},
};

START_TEST(a_host_has_the_key_of_its_place)
{
    struct wsub_address_key key;

    wsub_address_key(cases[_i].host, cases[_i].addresses, &key);
    ck_assert_str_eq(key.text, cases[_i].key);
}
END_TEST

START_TEST(labels_of_the_greatest_length_fit)
{
    static const char host[] =
        "a.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    struct wsub_address_key key;

    wsub_address_key(host, "", &key);
    ck_assert_str_eq(key.text, host + 2);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("address_key");

    tcase_add_loop_test(tcase, a_host_has_the_key_of_its_place, 0,
                        COUNT(cases));
    tcase_add_test(tcase, labels_of_the_greatest_length_fit);
    return suite_run("address_key", tcase);
}
