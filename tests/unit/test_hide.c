/* test_hide.c - secrets leave the environment and the command line. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/program/hide.h"
#include "tests/unit/suite.h"

#define TEXTS 12

static char *texts[TEXTS + 1]; /* as the kernel puts them */
static char *given[TEXTS + 1]; /* the pointers that a program gets */
static char *nothing[] = {NULL};

static void give(const char *const words[])
{
    size_t count = 0;

    for (; words[count] != NULL; count++)
        given[count] = texts[count] = wsub_strdup(words[count]);
    given[count] = texts[count] = NULL;
}

static void free_texts(void)
{
    for (size_t i = 0; texts[i] != NULL; i++)
        free(texts[i]);
}

static bool shows(const char *secret)
{
    for (size_t i = 0; texts[i] != NULL; i++)
        if (strstr(texts[i], secret) != NULL)
            return true;
    for (size_t i = 0; given[i] != NULL; i++)
        if (strstr(given[i], secret) != NULL)
            return true;
    return false;
}

START_TEST(the_environment_loses_its_secrets_and_gets_them_back)
{
    static const char *const env[] = {
        "PATH=/bin",
        "WEBSUB_ADMIN_TOKEN=hush1",
        "WEBSUB_SHARDS=4",
        "WEBSUB_REDIS_URL=redis://:hush2@host",
        "WEBSUB_ADMIN_TOKENS=no-setting",
        NULL,
    };
    struct wsub_hidden *hidden;

    give(env);
    hidden = wsub_hide_settings(nothing, given);
    ck_assert(!shows("hush"));
    ck_assert_str_eq(given[0], "PATH=/bin");
    ck_assert_str_eq(given[1], "WEBSUB_SHARDS=4");
    ck_assert_str_eq(given[2], "WEBSUB_ADMIN_TOKENS=no-setting");
    ck_assert_ptr_null(given[3]);
    wsub_hidden_restore(hidden);
    ck_assert_str_eq(given[3], "WEBSUB_ADMIN_TOKEN=hush1");
    ck_assert_str_eq(given[4], "WEBSUB_REDIS_URL=redis://:hush2@host");
    ck_assert_ptr_null(given[5]);
    free(given[3]);
    free(given[4]);
    wsub_hidden_free(hidden);
    free_texts();
}
END_TEST

START_TEST(arguments_lose_their_secrets_and_get_them_back)
{
    static const char *const args[] = {
        "websub-hub", "--admin-token=hush1", "--shards=4", "--publish-token",
        "hush2",      "--subscribe-token",   NULL,
    };
    struct wsub_hidden *hidden;

    give(args);
    hidden = wsub_hide_settings(given, nothing);
    ck_assert(!shows("hush"));
    ck_assert_str_eq(given[1], "--admin-token=");
    ck_assert_str_eq(given[2], "--shards=4");
    ck_assert_str_eq(given[4], "");
    wsub_hidden_restore(hidden);
    ck_assert_str_eq(given[1], "--admin-token=hush1");
    ck_assert_str_eq(given[4], "hush2");
    free(given[1]);
    free(given[4]);
    wsub_hidden_free(hidden);
    free_texts();
}
END_TEST

START_TEST(what_is_never_put_back_is_freed)
{
    static const char *const env[] = {"WEBSUB_ADMIN_TOKEN=hush", NULL};

    give(env);
    wsub_hidden_free(wsub_hide_settings(nothing, given));
    wsub_hidden_free(NULL);
    ck_assert(!shows("hush"));
    free_texts();
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("hide");

    tcase_add_test(cases, the_environment_loses_its_secrets_and_gets_them_back);
    tcase_add_test(cases, arguments_lose_their_secrets_and_get_them_back);
    tcase_add_test(cases, what_is_never_put_back_is_freed);
    return suite_run("hide", cases);
}
