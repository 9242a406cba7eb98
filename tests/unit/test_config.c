/* test_config.c - settings by flag, environment and file. */
#include "tests/unit/config_fixture.h"

START_TEST(without_settings_the_defaults_hold)
{
    struct said said = start_hub(&(struct start){0});
    const struct wsub_config *c = &said.config;

    ck_assert_int_eq(said.err, WSUB_OK);
    ck_assert_int_eq(said.action, WSUB_CONFIG_RUN);
    ck_assert_str_eq(said.out, "");
    ck_assert_str_eq(c->redis_url, "redis://127.0.0.1:6379/0");
    ck_assert_str_eq(c->registry_redis_url, "");
    ck_assert_uint_eq(c->max_groups, 10000);
    ck_assert_uint_eq(c->group_watch_interval_ms, 10000);
    ck_assert_uint_eq(c->group_poll_interval_s, 3600);
    ck_assert_str_eq(c->key_prefix, "websub");
    ck_assert_uint_eq(c->shards, 8);
    ck_assert_uint_eq(c->redis_timeout_ms, 2000);
    ck_assert_str_eq(c->status_listen, "default");
    ck_assert_str_eq(c->admin_listen, "");
    ck_assert_int_eq(c->log_format, WSUB_LOG_TEXT);
    ck_assert_int_eq(c->log_level, WSUB_LOG_INFO);
    ck_assert(!c->access_log);
    ck_assert_str_eq(c->listen, "127.0.0.1:8080");
    ck_assert_str_eq(c->public_url, "");
    ck_assert_str_eq(c->admin_token, "");
    ck_assert_str_eq(c->publish_token, "");
    ck_assert_str_eq(c->subscribe_token, "");
    ck_assert_uint_eq(c->lease_default_s, 432000);
    ck_assert_uint_eq(c->lease_min_s, 3600);
    ck_assert_uint_eq(c->lease_max_s, 864000);
    ck_assert_int_eq(c->lease_policy, WSUB_LEASE_CLAMP);
    ck_assert(c->verify);
    ck_assert_str_eq(c->topic_allow, "");
    ck_assert_str_eq(c->topic_deny, "");
    ck_assert_str_eq(c->callback_allow, "");
    ck_assert_str_eq(c->callback_deny, "");
    ck_assert(!c->validate_topic);
    ck_assert_int_eq(c->unknown_unsubscribe, WSUB_UNKNOWN_ACCEPT);
    ck_assert_str_eq(c->redirect_to, "");
    ck_assert_uint_eq(c->max_connections, 10000);
    ck_assert_uint_eq(c->max_connections_per_client, 0);
    ck_assert_uint_eq(c->request_timeout_ms, 10000);
    ck_assert_uint_eq(c->drain_timeout_ms, 15000);
    ck_assert_uint_eq(c->health_check_interval_s, 60);
    ck_assert(c->cleanup_enabled);
    ck_assert_uint_eq(c->cleanup_pause_ms, 5000);
    ck_assert_uint_eq(c->suspended_max_s, 1209600);
    ck_assert_str_eq(c->alert_url, "");
    ck_assert_str_eq(c->alert_secret, "");
    ck_assert_uint_eq(c->alert_interval_s, 10);
    ck_assert_uint_eq(c->alert_oldest_job_s, 300);
    ck_assert_uint_eq(c->alert_lag, 10000);
    ck_assert_uint_eq(c->alert_suspended_percent, 10);
    ck_assert_uint_eq(c->retention_s, 3600);
    ck_assert_uint_eq(c->dead_letter_retention_s, 604800);
    ck_assert_uint_eq(c->max_body_bytes, 1048576);
    ck_assert_uint_eq(c->max_inflight_bytes, 134217728);
    ck_assert_uint_eq(c->concurrency, 1024);
    ck_assert_uint_eq(c->per_host, 64);
    ck_assert_uint_eq(c->timeout_ms, 10000);
    ck_assert_uint_eq(c->connect_timeout_ms, 3000);
    ck_assert_str_eq(c->dns_servers, "");
    ck_assert(!c->http2);
    ck_assert_uint_eq(c->max_attempts, 8);
    ck_assert_uint_eq(c->retry_base_ms, 5000);
    ck_assert_uint_eq(c->retry_cap_ms, 3600000);
    ck_assert_str_eq(c->signature_hash, "sha256");
    ck_assert_int_eq(c->delivery_headers, WSUB_HEADERS_WEBSUB);
    ck_assert(!c->keep_response_body);
    ck_assert(!c->allow_private_networks);
    ck_assert_str_eq(c->secret_keys_file, "");
    said_done(&said);
}
END_TEST

static const struct {
    enum wsub_program program;
    const char *role;
} roles[] = {
    {WSUB_PROGRAM_HUB, "hub-"},
    {WSUB_PROGRAM_SPREADER, "spreader-"},
    {WSUB_PROGRAM_DELIVER, "deliver-"},
};

START_TEST(an_instance_is_named_by_role_host_and_process)
{
    struct said said = start_program(roles[_i].program, &(struct start){0});
    const char *name = said.config.instance_name;
    char pid[24];

    snprintf(pid, sizeof(pid), "-%d", (int)getpid());
    ck_assert_int_eq(strncmp(name, roles[_i].role, strlen(roles[_i].role)), 0);
    ck_assert_str_eq(name + strlen(name) - strlen(pid), pid);
    ck_assert_uint_le(strlen(name), 128);
    said_done(&said);
}
END_TEST

static const struct {
    struct start start;
    unsigned per_host;
} sources[] = {
    {{.args = {"--per-host", "1"}}, 1},
    {{.args = {"--per-host=2"}}, 2},
    {{.args = {"--per-host=2", "--per-host", "3"}}, 3},
    {{.env = {"WEBSUB_PER_HOST=4"}}, 4},
    {{.args = {"--config", "PATH"}, .file = "per_host=5"}, 5},
    {{.args = {"--config", "PATH"}, .file = "  per_host \t = 6  \r\n"}, 6},
    {{.args = {"--config", "PATH"}, .file = "per_host: 7 ; seven\n"}, 7},
    {{.args = {"--config", "PATH"},
      .file = "# x\n; y\n\n\tshards=9\n  per_host=8\n"},
     8},
    {{.args = {"--config", "PATH"}, .file = "\357\273\277per_host=5"}, 5},
    {{.args = {"--config", "PATH"}, .file = ""}, 64},
    {{.args = {"--per-host", "1", "--config", "PATH"},
      .env = {"WEBSUB_PER_HOST=2"},
      .file = "per_host=3"},
     1},
    {{.args = {"--config", "PATH"},
      .env = {"WEBSUB_PER_HOST=2"},
      .file = "per_host=3"},
     2},
    {{.env = {"WEBSUB_CONFIG="}}, 64},
    {{.env = {"WEBSUB_UNKNOWN=x", "WEBSUB_PER_HOST_=y", "WEBSUBPER_HOST=1",
              "PER_HOST=2", "websub_per_host=3", "WEBSUB_PER_HOST", "x"}},
     64},
};

START_TEST(the_flag_wins_over_the_environment_over_the_file)
{
    struct said said = start_hub(&sources[_i].start);

    ck_assert_msg(said.err == WSUB_OK, "%s", said.err_text);
    ck_assert_uint_eq(said.config.per_host, sources[_i].per_host);
    said_done(&said);
}
END_TEST

START_TEST(a_variable_names_the_file_and_a_flag_names_another)
{
    char variable[64];
    struct start start = {.env = {variable}, .file = "per_host=5"};
    struct said said;

    snprintf(variable, sizeof(variable), "WEBSUB_CONFIG=%s", path);
    said = start_hub(&start);
    ck_assert_uint_eq(said.config.per_host, 5);
    said_done(&said);
    start.env[0] = "WEBSUB_CONFIG=/nowhere";
    start.args[0] = "--config";
    start.args[1] = "PATH";
    said = start_hub(&start);
    ck_assert_uint_eq(said.config.per_host, 5);
    said_done(&said);
}
END_TEST

START_TEST(a_line_of_any_length_is_read_whole)
{
    enum { BYTES = 4000 };
    struct start start = {.args = {"--config", "PATH"}};
    char file[2 * BYTES + 64] = "# ";
    struct said said;

    memset(file + 2, 'x', BYTES);
    memcpy(file + 2 + BYTES, "\ntopic_deny = ", 15);
    memset(file + strlen(file), 'y', BYTES);
    start.file = file;
    said = start_hub(&start);
    ck_assert_msg(said.err == WSUB_OK, "%s", said.err_text);
    ck_assert_uint_eq(strlen(said.config.topic_deny), BYTES);
    said_done(&said);
}
END_TEST

static const struct {
    const char *file;
    const char *topic_deny;
} values[] = {
    {"topic_deny = \"a*\"\n", "a*"},
    {"topic_deny='a*'", "a*"},
    {"topic_deny = \"\"", ""},
    {"topic_deny = \"a;b ;c\" ; a comment\n", "a;b ;c"},
    {"topic_deny = \"it's\"  \r\n", "it's"},
    {"topic_deny = a;b", "a;b"},
    {"topic_deny = a ;b", "a"},
    {"topic_deny = a\"b\"", "a\"b\""},
    {"topic_deny = http://a=b", "http://a=b"},
    {"topic_deny =", ""},
    {"topic_deny = ; nothing", ""},
};

START_TEST(quotes_and_comments_are_no_part_of_a_value)
{
    struct start start = {.args = {"--config", "PATH"},
                          .file = values[_i].file};
    struct said said = start_hub(&start);

    ck_assert_msg(said.err == WSUB_OK, "%s", said.err_text);
    ck_assert_str_eq(said.config.topic_deny, values[_i].topic_deny);
    said_done(&said);
}
END_TEST

static const struct {
    const char *env[ARGS_MAX];
    unsigned lease_min_s, lease_default_s, lease_max_s;
    unsigned connect_timeout_ms, timeout_ms, retry_base_ms, retry_cap_ms;
} agreeing[] = {
    {{"WEBSUB_TIMEOUT_MS=1000"},
     3600,
     432000,
     864000,
     1000,
     1000,
     5000,
     3600000},
    {{"WEBSUB_CONNECT_TIMEOUT_MS=20000"},
     3600,
     432000,
     864000,
     20000,
     20000,
     5000,
     3600000},
    {{"WEBSUB_RETRY_CAP_MS=10"}, 3600, 432000, 864000, 3000, 10000, 10, 10},
    {{"WEBSUB_RETRY_BASE_MS=7200000"},
     3600,
     432000,
     864000,
     3000,
     10000,
     7200000,
     7200000},
    {{"WEBSUB_LEASE_MAX_S=60"}, 60, 60, 60, 3000, 10000, 5000, 3600000},
    {{"WEBSUB_LEASE_DEFAULT_S=60"}, 60, 60, 864000, 3000, 10000, 5000, 3600000},
    {{"WEBSUB_LEASE_MIN_S=40000000"},
     40000000,
     40000000,
     40000000,
     3000,
     10000,
     5000,
     3600000},
    {{"WEBSUB_LEASE_DEFAULT_S=1800", "WEBSUB_LEASE_MAX_S=3000"},
     1800,
     1800,
     3000,
     3000,
     10000,
     5000,
     3600000},
    {{"WEBSUB_LEASE_MIN_S=40000000", "WEBSUB_LEASE_DEFAULT_S=50000000"},
     40000000,
     50000000,
     50000000,
     3000,
     10000,
     5000,
     3600000},
};

START_TEST(a_default_gives_way_to_what_was_set)
{
    struct start start = {0};
    struct said said;

    memcpy(start.env, agreeing[_i].env, sizeof(start.env));
    said = start_hub(&start);
    ck_assert_msg(said.err == WSUB_OK, "%s", said.err_text);
    ck_assert_uint_eq(said.config.lease_min_s, agreeing[_i].lease_min_s);
    ck_assert_uint_eq(said.config.lease_default_s,
                      agreeing[_i].lease_default_s);
    ck_assert_uint_eq(said.config.lease_max_s, agreeing[_i].lease_max_s);
    ck_assert_uint_eq(said.config.connect_timeout_ms,
                      agreeing[_i].connect_timeout_ms);
    ck_assert_uint_eq(said.config.timeout_ms, agreeing[_i].timeout_ms);
    ck_assert_uint_eq(said.config.retry_base_ms, agreeing[_i].retry_base_ms);
    ck_assert_uint_eq(said.config.retry_cap_ms, agreeing[_i].retry_cap_ms);
    said_done(&said);
}
END_TEST

static const struct {
    const char *args[ARGS_MAX];
    enum wsub_program program;
    const char *begins;
    const char *holds;
    const char *lacks;
} orders[] = {
    {{"--version"},
     WSUB_PROGRAM_HUB,
     "websub-hub " WSUB_VERSION "\n",
     "",
     "usage"},
    {{"--version"}, WSUB_PROGRAM_SPREADER, "websub-spreader ", "", "usage"},
    {{"--check-config", "--per-host", "3", "--listen", "127.0.0.1:0"},
     WSUB_PROGRAM_HUB,
     "configuration is valid\n",
     "",
     "usage"},
    {{"--help"},
     WSUB_PROGRAM_HUB,
     "usage: websub-hub ",
     "--admin-token VALUE, WEBSUB_ADMIN_TOKEN (default: empty)",
     "--per-host"},
    {{"--help"},
     WSUB_PROGRAM_DELIVER,
     "usage: websub-deliver ",
     "--per-host VALUE, WEBSUB_PER_HOST (default: 64)",
     "--admin-token"},
    {{"--help"},
     WSUB_PROGRAM_SPREADER,
     "usage: websub-spreader ",
     "--retention-s VALUE, WEBSUB_RETENTION_S (default: 3600)",
     "--admin-token"},
    {{"--admin-token", "swordfish", "--help"},
     WSUB_PROGRAM_HUB,
     "usage: ",
     "--check-config",
     "swordfish"},
    {{"--help-markdown"},
     WSUB_PROGRAM_DELIVER,
     "# Settings\n",
     "| `per_host` | `64` |",
     "--per-host"},
};

START_TEST(a_question_is_answered_and_ends_the_program)
{
    struct start start = {0};
    struct said said;

    memcpy(start.args, orders[_i].args, sizeof(start.args));
    said = start_program(orders[_i].program, &start);
    ck_assert_msg(said.err == WSUB_OK, "%s", said.err_text);
    ck_assert_int_eq(said.action, WSUB_CONFIG_EXIT);
    ck_assert_int_eq(
        strncmp(said.out, orders[_i].begins, strlen(orders[_i].begins)), 0);
    ck_assert_msg(strstr(said.out, orders[_i].holds) != NULL, "%s", said.out);
    ck_assert_ptr_null(strstr(said.out, orders[_i].lacks));
    said_done(&said);
}
END_TEST

/* Runs in the source folder, as the build arranges. */
START_TEST(the_page_of_settings_is_what_the_table_prints)
{
    struct said said = start_hub(&(struct start){.args = {"--help-markdown"}});
    FILE *page = fopen("docs/CONFIG.md", "r");
    char text[65536];
    size_t len;

    ck_assert_msg(page != NULL, "run this in the folder of the sources");
    len = fread(text, 1, sizeof(text) - 1, page);
    text[len] = '\0';
    fclose(page);
    ck_assert_msg(strcmp(text, said.out) == 0,
                  "docs/CONFIG.md is out of date; run: websub-hub "
                  "--help-markdown > docs/CONFIG.md");
    said_done(&said);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("config");

    tcase_add_test(cases, without_settings_the_defaults_hold);
    tcase_add_loop_test(cases, an_instance_is_named_by_role_host_and_process, 0,
                        COUNT(roles));
    tcase_add_loop_test(cases, the_flag_wins_over_the_environment_over_the_file,
                        0, COUNT(sources));
    tcase_add_test(cases, a_variable_names_the_file_and_a_flag_names_another);
    tcase_add_loop_test(cases, a_default_gives_way_to_what_was_set, 0,
                        COUNT(agreeing));
    tcase_add_test(cases, a_line_of_any_length_is_read_whole);
    tcase_add_loop_test(cases, quotes_and_comments_are_no_part_of_a_value, 0,
                        COUNT(values));
    tcase_add_loop_test(cases, a_question_is_answered_and_ends_the_program, 0,
                        COUNT(orders));
    tcase_add_test(cases, the_page_of_settings_is_what_the_table_prints);
    return config_suite_run("config", cases);
}
