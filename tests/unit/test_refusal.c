/* The reason that Redis gives, without the place in a script. */
#include "common/redis/refusal.h"

#include <string.h>

#include "tests/unit/suite.h"

#define PLACE                                                                  \
    " script: 0123456789abcdef0123456789abcdef01234567, on @user_script:1."

static const struct {
    const char *text;
    const char *reason;
} cases[] = {
    {"", ""},
    {"MISCONF Redis is configured to save", "MISCONF Redis is configured to "
                                            "save"},
    /* Redis 7.0 */
    {"ERR The user executing the script can't run this command or "
     "subcommand" PLACE,
     "ERR The user executing the script can't run this command or subcommand"},
    /* Redis 7.2 and 8, Valkey */
    {"ERR ACL failure in script: User default has no permissions to run the "
     "'zadd' command" PLACE,
     "ERR ACL failure in script: User default has no permissions to run the "
     "'zadd' command"},
    {"OOM command not allowed when used memory > 'maxmemory'." PLACE,
     "OOM command not allowed when used memory > 'maxmemory'."},
    {"ERR script: 0123, on @user_script:1.",
     "ERR script: 0123, on @user_script:1."},
    {"ERR a script: ", "ERR a script: "},
};

START_TEST(the_place_is_cut_off)
{
    ck_assert_uint_eq(wsub_refusal_len(cases[_i].text),
                      strlen(cases[_i].reason));
    ck_assert_int_eq(
        strncmp(cases[_i].text, cases[_i].reason, strlen(cases[_i].reason)), 0);
}
END_TEST

static const struct {
    const char *text;
    bool lasts;
} refusals[] = {
    {"", false},
    {"WRONGTYPE Operation against a key holding the wrong kind of value", true},
    {"WRONGTYPE Operation against a key" PLACE, true},
    {"ERR hash value is not an integer" PLACE, true},
    {"ERR value is not an integer or out of range", true},
    {"ERR increment or decrement would overflow" PLACE, true},
    {"ERR user_script:7: attempt to index local 'x' (a nil value)" PLACE, true},
    {"ERR Lua redis lib command arguments must be strings or integers" PLACE,
     true},
    {"ERR The stream has exhausted the last possible ID", true},
    {"OOM command not allowed when used memory > 'maxmemory'." PLACE, false},
    {"ERR user_script:7: OOM command not allowed when used memory" PLACE,
     false},
    {"MISCONF Redis is configured to save", false},
    {"READONLY You can't write against a read only replica." PLACE, false},
    {"NOREPLICAS Not enough good replicas to write.", false},
    {"BUSY Redis is busy running a script.", false},
    {"NOPERM User default has no permissions", false},
    {"ERR The user executing the script can't run this command or "
     "subcommand" PLACE,
     false},
    {"ERR unknown command 'HRANDFIELD'", false},
    {"NOGROUP No such key", false},
    {"MASTERDOWN Link with MASTER is down", false},
};

START_TEST(a_refusal_for_what_a_key_holds_lasts)
{
    ck_assert(wsub_refusal_is_lasting(refusals[_i].text) == refusals[_i].lasts);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("refusal");

    tcase_add_loop_test(tcase, the_place_is_cut_off, 0, COUNT(cases));
    tcase_add_loop_test(tcase, a_refusal_for_what_a_key_holds_lasts, 0,
                        COUNT(refusals));
    return suite_run("refusal", tcase);
}
