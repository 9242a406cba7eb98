/* test_files_fit.c - settings and the limit of open files. */
#include <string.h>

#include "common/program/files_fit.h"
#include "tests/unit/suite.h"

static struct wsub_config config;
static char err_text[256];

static void set_up(void)
{
    config = (struct wsub_config){
        .shards = 8, .max_connections = 10000, .concurrency = 1024};
    err_text[0] = '\0';
}

static const struct {
    enum wsub_program program;
    uint32_t limit;
    uint32_t max_connections, concurrency, max_sockets;
} fits[] = {
    {WSUB_PROGRAM_HUB, 20000, 10000, 1024, 0},
    {WSUB_PROGRAM_HUB, 1024, 988, 1024, 0},
    {WSUB_PROGRAM_DELIVER, 20000, 10000, 1024, 19924},
    {WSUB_PROGRAM_DELIVER, 1024, 10000, 355, 948},
    {WSUB_PROGRAM_DELIVER, 256, 10000, 67, 180},
    {WSUB_PROGRAM_SPREADER, 256, 10000, 1024, 180},
};

START_TEST(settings_are_lowered_to_what_the_limit_leaves)
{
    ck_assert_int_eq(
        wsub_files_fit(fits[_i].program, fits[_i].limit, &config, err_text),
        WSUB_OK);
    ck_assert_uint_eq(config.max_connections, fits[_i].max_connections);
    ck_assert_uint_eq(config.concurrency, fits[_i].concurrency);
    ck_assert_uint_eq(config.max_sockets, fits[_i].max_sockets);
}
END_TEST

static const struct {
    enum wsub_program program;
    uint32_t shards, least;
} floors[] = {
    {WSUB_PROGRAM_HUB, 8, 68},
    {WSUB_PROGRAM_SPREADER, 8, 108},
    {WSUB_PROGRAM_DELIVER, 8, 108},
    {WSUB_PROGRAM_DELIVER, 1024, 1124},
};

START_TEST(a_limit_below_what_a_program_needs_is_refused)
{
    config.shards = floors[_i].shards;
    ck_assert_int_eq(
        wsub_files_fit(floors[_i].program, floors[_i].least, &config, err_text),
        WSUB_OK);
    ck_assert_int_eq(wsub_files_fit(floors[_i].program, floors[_i].least - 1,
                                    &config, err_text),
                     WSUB_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err_text, "raise the hard limit"));
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("files_fit");

    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_add_loop_test(cases, settings_are_lowered_to_what_the_limit_leaves, 0,
                        COUNT(fits));
    tcase_add_loop_test(cases, a_limit_below_what_a_program_needs_is_refused, 0,
                        COUNT(floors));
    return suite_run("files_fit", cases);
}
