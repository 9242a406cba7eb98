/* test_tokens.c - which tokens are good for what, and how files change. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "hub/tokens.h"
#include "tests/unit/suite.h"

static char folder[] = "/tmp/websubd-tokens-XXXXXX";
static char path[64], none[] = "", setting[] = "of-setting";
static unsigned version; /* so that each one has other bytes and times */

static void write_tokens(const char *text)
{
    FILE *file;

    unlink(path);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fprintf(file, "#%*s\n%s", (int)++version, "", text), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0640), 0);
}

static struct wsub_config config_of(char *token, char *file)
{
    return (struct wsub_config){
        .admin_token = token,
        .admin_tokens_file = file,
        .admin_read_tokens_file = none,
        .publish_token = none,
        .publish_tokens_file = none,
        .subscribe_token = none,
        .subscribe_tokens_file = none,
    };
}

static struct hub_tokens *tokens_of(const struct wsub_config *config)
{
    struct hub_tokens *tokens = NULL;
    char err_text[256] = "";

    ck_assert_msg(hub_tokens_new(config, err_text, &tokens) == WSUB_OK, "%s",
                  err_text);
    return tokens;
}

static bool has(const struct hub_tokens *tokens, const char *authorization)
{
    return hub_tokens_has(tokens, HUB_TOKEN_ADMIN, authorization);
}

START_TEST(setting_and_file_are_good_at_the_same_time)
{
    struct wsub_config config = config_of(setting, path);
    struct hub_tokens *tokens;

    write_tokens("old\n\n# a comment\n  new\t\n");
    tokens = tokens_of(&config);
    ck_assert(hub_tokens_needs(tokens, HUB_TOKEN_ADMIN));
    ck_assert(!hub_tokens_needs(tokens, HUB_TOKEN_PUBLISH));
    ck_assert(has(tokens, "Bearer of-setting"));
    ck_assert(has(tokens, "Bearer old"));
    ck_assert(has(tokens, "bEARER  new"));
    ck_assert(!hub_tokens_has(tokens, HUB_TOKEN_ADMIN_READ, "Bearer old"));
    ck_assert(!hub_tokens_has(tokens, HUB_TOKEN_SUBSCRIBE, "Bearer old"));
    hub_tokens_free(tokens);
}
END_TEST

static const struct {
    const char *header, *name;
} named[] = {
    {"Bearer of-setting", "admin-1"},
    {"Bearer old", "admin-2"},
    {"Bearer new", "alice.b"},
    {"Bearer third", "admin-4"},
};

START_TEST(a_token_has_the_name_of_its_line_or_its_place)
{
    struct wsub_config config = config_of(setting, path);
    struct hub_tokens *tokens;
    char name[HUB_TOKEN_NAME_MAX_BYTES + 1] = "untouched";

    write_tokens("old\nalice.b \t new\n third\n");
    tokens = tokens_of(&config);
    ck_assert(
        !hub_tokens_name(tokens, HUB_TOKEN_ADMIN, "Bearer alice.b", name));
    ck_assert_str_eq(name, "untouched");
    ck_assert(hub_tokens_name(tokens, HUB_TOKEN_ADMIN, named[_i].header, name));
    ck_assert_str_eq(name, named[_i].name);
    hub_tokens_free(tokens);
}
END_TEST

static const char *const bad_headers[] = {
    NULL,
    "",
    "Bearer",
    "Bearer ",
    "old",
    "Basic old",
    "Bearer ol",
    "Bearer oldx",
    "Bearer OLD",
    "Bearer old ",
    "Bearer # a comment",
    "Bearer of-setting, old",
};

START_TEST(anything_else_is_good_for_nothing)
{
    struct wsub_config config = config_of(setting, path);
    struct hub_tokens *tokens;

    write_tokens("old\n");
    tokens = tokens_of(&config);
    ck_assert(!has(tokens, bad_headers[_i]));
    hub_tokens_free(tokens);
}
END_TEST

START_TEST(without_a_token_none_is_good)
{
    struct wsub_config config = config_of(none, none);
    struct hub_tokens *tokens = tokens_of(&config);

    ck_assert(!hub_tokens_needs(tokens, HUB_TOKEN_ADMIN));
    ck_assert(!has(tokens, "Bearer "));
    hub_tokens_refresh(tokens);
    hub_tokens_free(tokens);
}
END_TEST

START_TEST(a_file_that_changes_counts_from_then_on)
{
    struct wsub_config config = config_of(none, path);
    struct hub_tokens *tokens;

    write_tokens("old\n");
    tokens = tokens_of(&config);
    write_tokens("old\nnew\n");
    hub_tokens_refresh(tokens);
    ck_assert(has(tokens, "Bearer old"));
    ck_assert(has(tokens, "Bearer new"));
    write_tokens("new\n");
    hub_tokens_refresh(tokens);
    ck_assert(!has(tokens, "Bearer old"));
    ck_assert(has(tokens, "Bearer new"));
    hub_tokens_free(tokens);
}
END_TEST

START_TEST(a_file_that_becomes_unusable_changes_nothing)
{
    struct wsub_config config = config_of(none, path);
    struct hub_tokens *tokens;

    write_tokens("old\n");
    tokens = tokens_of(&config);
    unlink(path);
    hub_tokens_refresh(tokens);
    ck_assert(has(tokens, "Bearer old"));
    write_tokens("");
    hub_tokens_refresh(tokens);
    ck_assert(has(tokens, "Bearer old"));
    write_tokens("new\nwith two blanks\n");
    hub_tokens_refresh(tokens);
    ck_assert(has(tokens, "Bearer old"));
    ck_assert(!has(tokens, "Bearer new"));
    write_tokens("new\n");
    hub_tokens_refresh(tokens);
    ck_assert(has(tokens, "Bearer new"));
    hub_tokens_free(tokens);
}
END_TEST

static const struct {
    const char *text, *sentence;
} bad_files[] = {
    {"", "holds no token"},
    {"# none\n", "holds no token"},
    {"a b c\n", ":2: the line is not a token"},
    {"a/b c\n", ":2: the line has a name that is not"},
    {"fine\n\303\244\n", ":3: the line is not a token"},
};

START_TEST(a_bad_file_ends_the_start_with_a_sentence)
{
    struct wsub_config config = config_of(none, path);
    struct hub_tokens *tokens = NULL;
    char err_text[256] = "";

    write_tokens(bad_files[_i].text);
    ck_assert_int_eq(hub_tokens_new(&config, err_text, &tokens),
                     WSUB_ERR_INVALID);
    ck_assert_ptr_null(tokens);
    ck_assert_ptr_nonnull(strstr(err_text, bad_files[_i].sentence));
    ck_assert_ptr_nonnull(strstr(err_text, path));
}
END_TEST

START_TEST(long_tokens_and_many_are_refused)
{
    struct wsub_config config = config_of(none, path);
    struct hub_tokens *tokens = NULL;
    struct wsub_buf text = {0};
    char err_text[256] = "";

    for (int i = 0; i < 257; i++)
        wsub_buf_char(&text, 'x');
    write_tokens(text.data);
    ck_assert_int_eq(hub_tokens_new(&config, err_text, &tokens),
                     WSUB_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err_text, "longer than 256"));
    wsub_buf_clear(&text);
    for (int i = 0; i < 1026; i++)
        wsub_buf_printf(&text, "t%d\n", i);
    write_tokens(text.data);
    ck_assert_int_eq(hub_tokens_new(&config, err_text, &tokens),
                     WSUB_ERR_INVALID);
    ck_assert_ptr_nonnull(strstr(err_text, "one too many"));
    wsub_buf_done(&text);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("tokens");
    int failed;

    if (mkdtemp(folder) == NULL)
        return EXIT_FAILURE;
    snprintf(path, sizeof(path), "%s/tokens", folder);
    tcase_add_test(cases, setting_and_file_are_good_at_the_same_time);
    tcase_add_loop_test(cases, a_token_has_the_name_of_its_line_or_its_place, 0,
                        COUNT(named));
    tcase_add_loop_test(cases, anything_else_is_good_for_nothing, 0,
                        COUNT(bad_headers));
    tcase_add_test(cases, without_a_token_none_is_good);
    tcase_add_test(cases, a_file_that_changes_counts_from_then_on);
    tcase_add_test(cases, a_file_that_becomes_unusable_changes_nothing);
    tcase_add_loop_test(cases, a_bad_file_ends_the_start_with_a_sentence, 0,
                        COUNT(bad_files));
    tcase_add_test(cases, long_tokens_and_many_are_refused);
    failed = suite_run("tokens", cases);
    unlink(path);
    rmdir(folder);
    return failed;
}
