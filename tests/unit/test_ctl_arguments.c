/* test_ctl_arguments.c - the command line of ctl, and the table of its commands. */
#include <stdio.h>
#include <string.h>

#include "hub/ctl/arguments.h"
#include "hub/ctl/commands.h"
#include "tests/unit/suite.h"

static struct hub_ctl_arguments arguments;
static struct wsub_buf err_text;

static void tear_down(void)
{
    wsub_buf_done(&err_text);
}

static bool reads(const char *const *words)
{
    char *argv[8] = {0};
    char room[8][64];
    int argc = 0;

    for (; words[argc] != NULL; argc++) {
        snprintf(room[argc], sizeof(room[argc]), "%s", words[argc]);
        argv[argc] = room[argc];
    }
    wsub_buf_clear(&err_text);
    return hub_ctl_arguments_read(&hub_ctl_set, argv, &arguments, &err_text);
}

START_TEST(options_stand_anywhere)
{
    static char *argv[] = {"ctl", "--url=http://h", "topics", "--limit",
                           "7",   "orders",         NULL};

    ck_assert(
        hub_ctl_arguments_read(&hub_ctl_set, argv, &arguments, &err_text));
    ck_assert_str_eq(arguments.command->name, "topics");
    ck_assert_str_eq(arguments.url, "http://h");
    ck_assert_str_eq(arguments.values[0], "7");
    ck_assert_int_eq(arguments.word_count, 1);
    ck_assert_str_eq(arguments.words[0], "orders");
}
END_TEST

START_TEST(behind_two_dashes_all_are_words)
{
    static char *argv[] = {"ctl", "pause", "--", "--json", "http://c", NULL};

    ck_assert(
        hub_ctl_arguments_read(&hub_ctl_set, argv, &arguments, &err_text));
    ck_assert(!arguments.as_json);
    ck_assert_str_eq(arguments.words[0], "--json");
}
END_TEST

START_TEST(help_needs_no_words)
{
    static char *argv[] = {"ctl", "pause", "--help", NULL};

    ck_assert(
        hub_ctl_arguments_read(&hub_ctl_set, argv, &arguments, &err_text));
    ck_assert(arguments.wants_help);
}
END_TEST

static const struct {
    const char *words[8];
    const char *sentence;
} bad[] = {
    {{"ctl", NULL}, "No command is given."},
    {{"ctl", "frob", NULL}, "There is no command frob."},
    {{"ctl", "--frob", "status", NULL}, "There is no option --frob."},
    {{"ctl", "status", "--limit=1", NULL},
     "There is no option --limit of status."},
    {{"ctl", "status", "--json=1", NULL}, "--json takes no value."},
    {{"ctl", "status", "--url", NULL}, "--url wants URL."},
    {{"ctl", "pause", "topic", NULL}, "pause wants TOPIC CALLBACK."},
    {{"ctl", "status", "x", NULL}, "x is one too many: status takes nothing."},
    {{"ctl", "restart", "a", "b", NULL},
     "b is one too many: restart takes NAME."},
};

START_TEST(what_is_wrong_is_said)
{
    ck_assert(!reads(bad[_i].words));
    ck_assert_str_eq(err_text.data, bad[_i].sentence);
}
END_TEST

/* The words and options of each command have places. */
START_TEST(each_command_is_complete)
{
    for (const struct hub_ctl_command *c = hub_ctl_set.commands;
         c->name != NULL; c++) {
        size_t options = 0;

        ck_assert_ptr_nonnull(c->run);
        ck_assert_ptr_nonnull(c->words);
        ck_assert_ptr_nonnull(c->summary);
        ck_assert_int_le(c->least, c->most);
        ck_assert_int_le(c->most, HUB_CTL_WORDS_MAX);
        ck_assert_int_eq(c->most > 0, c->words[0] != '\0');
        while (c->options[options].name != NULL)
            options++;
        ck_assert_uint_lt(options, HUB_CTL_OPTIONS_MAX);
    }
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("ctl arguments");

    tcase_add_checked_fixture(cases, NULL, tear_down);
    tcase_add_test(cases, options_stand_anywhere);
    tcase_add_test(cases, behind_two_dashes_all_are_words);
    tcase_add_test(cases, help_needs_no_words);
    tcase_add_loop_test(cases, what_is_wrong_is_said, 0, COUNT(bad));
    tcase_add_test(cases, each_command_is_complete);
    return suite_run("ctl arguments", cases);
}
