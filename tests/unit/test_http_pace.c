/* Whether a body brings enough. */
#include "common/http/pace.h"

#include <check.h>

#include "tests/unit/suite.h"

static const struct {
    size_t before, after;
    bool kept;
} bodies[] = {
    {0, 0, false},         {0, 32767, false},     {0, 32768, true},
    {40000, 40001, false}, {40000, 72767, false}, {40000, 72768, true},
    {40000, 900000, true},
};

START_TEST(so_much_is_to_come_in_each_window)
{
    struct wsub_http_pace pace;

    wsub_http_pace_begin(&pace, 1000, bodies[_i].before);
    ck_assert_uint_eq(wsub_http_pace_end_ms(&pace), 3000);
    ck_assert(wsub_http_pace_is_kept(&pace, bodies[_i].after) ==
              bodies[_i].kept);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_pace");

    tcase_add_loop_test(tcase, so_much_is_to_come_in_each_window, 0,
                        sizeof(bodies) / sizeof(bodies[0]));
    return suite_run("http_pace", tcase);
}
