/* test_config.c - flags, environment, file, and what is said about them. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/config.h"
#include "common/base/mem.h"
#include "tests/unit/suite.h"

#define ARGS_MAX 12

static char path[] = "/tmp/websubd-config-XXXXXX";

/* One start of a program, with all it is given and all it says. */
struct start {
    const char *args[ARGS_MAX]; /* without argv[0]; PATH is the file */
    const char *env[ARGS_MAX];
    const char *file; /* what the file holds, or NULL */
};

struct said {
    enum wsub_err err;
    char err_text[512];
    enum wsub_config_action action;
    struct wsub_config config;
    char *out; /* owned */
};

static void write_file(const void *bytes, size_t len)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

static struct said start_program(enum wsub_program program,
                                 const struct start *start)
{
    struct said said = {.action = WSUB_CONFIG_RUN};
    char *argv[ARGS_MAX + 2] = {wsub_strdup("program")};
    char *env[ARGS_MAX + 1] = {0};
    int argc = 1, variables = 0;
    size_t len;
    FILE *out = open_memstream(&said.out, &len);

    if (start->file != NULL)
        write_file(start->file, strlen(start->file));
    for (; argc <= ARGS_MAX && start->args[argc - 1] != NULL; argc++)
        argv[argc] = wsub_strdup(strcmp(start->args[argc - 1], "PATH") == 0
                                     ? path
                                     : start->args[argc - 1]);
    for (; variables < ARGS_MAX && start->env[variables]; variables++)
        env[variables] = wsub_strdup(start->env[variables]);
    said.err = wsub_config_load(program, argc, argv, env, out, said.err_text,
                                &said.action, &said.config);
    fclose(out);
    while (argc > 0)
        free(argv[--argc]);
    while (variables > 0)
        free(env[--variables]);
    return said;
}

static struct said start_hub(const struct start *start)
{
    return start_program(WSUB_PROGRAM_HUB, start);
}

static void said_done(struct said *said)
{
    wsub_config_done(&said->config);
    free(said->out);
}

static void expect_sentence(const struct start *start, const char *sentence)
{
    struct said said = start_hub(start);

    ck_assert_int_eq(said.err, WSUB_ERR_INVALID);
    ck_assert_str_eq(said.err_text, sentence);
    ck_assert_ptr_null(said.config.redis_url);
    said_done(&said);
}

START_TEST(without_settings_the_defaults_hold)
{
    struct said said = start_hub(&(struct start){0});
    const struct wsub_config *c = &said.config;

    ck_assert_int_eq(said.err, WSUB_OK);
    ck_assert_int_eq(said.action, WSUB_CONFIG_RUN);
    ck_assert_str_eq(said.out, "");
    ck_assert_str_eq(c->redis_url, "redis://127.0.0.1:6379/0");
    ck_assert_str_eq(c->key_prefix, "websub");
    ck_assert_uint_eq(c->shards, 8);
    ck_assert_uint_eq(c->redis_timeout_ms, 2000);
    ck_assert_str_eq(c->status_listen, "127.0.0.1:0");
    ck_assert_int_eq(c->log_format, WSUB_LOG_TEXT);
    ck_assert_int_eq(c->log_level, WSUB_LOG_INFO);
    ck_assert_str_eq(c->listen, "127.0.0.1:8080");
    ck_assert_str_eq(c->public_url, "");
    ck_assert_str_eq(c->admin_token, "");
    ck_assert_str_eq(c->publish_token, "");
    ck_assert_str_eq(c->subscribe_token, "");
    ck_assert_uint_eq(c->lease_default_s, 432000);
    ck_assert_uint_eq(c->lease_min_s, 3600);
    ck_assert_uint_eq(c->lease_max_s, 31536000);
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
    ck_assert_uint_eq(c->request_timeout_ms, 10000);
    ck_assert_uint_eq(c->drain_timeout_ms, 15000);
    ck_assert_uint_eq(c->retention_s, 3600);
    ck_assert_uint_eq(c->dead_letter_retention_s, 604800);
    ck_assert_uint_eq(c->max_body_bytes, 1048576);
    ck_assert_uint_eq(c->concurrency, 1024);
    ck_assert_uint_eq(c->per_host, 16);
    ck_assert_uint_eq(c->timeout_ms, 10000);
    ck_assert_uint_eq(c->connect_timeout_ms, 3000);
    ck_assert_str_eq(c->dns_servers, "");
    ck_assert(!c->http2);
    ck_assert_uint_eq(c->max_attempts, 8);
    ck_assert_uint_eq(c->retry_base_ms, 5000);
    ck_assert_uint_eq(c->retry_cap_ms, 3600000);
    ck_assert_int_eq(c->signature_hash, WSUB_HASH_SHA256);
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
    {{.args = {"--config", "PATH"}, .file = ""}, 16},
    {{.args = {"--per-host", "1", "--config", "PATH"},
      .env = {"WEBSUB_PER_HOST=2"},
      .file = "per_host=3"},
     1},
    {{.args = {"--config", "PATH"},
      .env = {"WEBSUB_PER_HOST=2"},
      .file = "per_host=3"},
     2},
    {{.env = {"WEBSUB_CONFIG="}}, 16},
    {{.env = {"WEBSUB_UNKNOWN=x", "WEBSUB_PER_HOST_=y", "WEBSUBPER_HOST=1",
              "PER_HOST=2", "websub_per_host=3", "WEBSUB_PER_HOST", "x"}},
     16},
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

static const struct {
    const char *variable;
    const char *sentence; /* NULL: it is fine */
} values[] = {
    {"WEBSUB_PER_HOST=0",
     "WEBSUB_PER_HOST='0' is not valid: transfers in flight to one host (1 to "
     "65536)"},
    {"WEBSUB_PER_HOST=65537",
     "WEBSUB_PER_HOST='65537' is not valid: transfers in flight to one host "
     "(1 to 65536)"},
    {"WEBSUB_PER_HOST=18446744073709551617",
     "WEBSUB_PER_HOST='18446744073709551617' is not valid: transfers in "
     "flight to one host (1 to 65536)"},
    {"WEBSUB_PER_HOST=4294967297",
     "WEBSUB_PER_HOST='4294967297' is not valid: transfers in flight to one "
     "host (1 to 65536)"},
    {"WEBSUB_PER_HOST=",
     "WEBSUB_PER_HOST='' is not valid: transfers in flight to one host (1 to "
     "65536)"},
    {"WEBSUB_PER_HOST=+1",
     "WEBSUB_PER_HOST='+1' is not valid: transfers in flight to one host (1 "
     "to 65536)"},
    {"WEBSUB_PER_HOST= 1",
     "WEBSUB_PER_HOST=' 1' is not valid: transfers in flight to one host (1 "
     "to 65536)"},
    {"WEBSUB_PER_HOST=1k",
     "WEBSUB_PER_HOST='1k' is not valid: transfers in flight to one host (1 "
     "to 65536)"},
    {"WEBSUB_PER_HOST=1\n2\033",
     "WEBSUB_PER_HOST='1?2?' is not valid: transfers in flight to one host (1 "
     "to 65536)"},
    {"WEBSUB_PER_HOST="
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
     "WEBSUB_PER_HOST='"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' "
     "is not valid: transfers in flight to one host (1 to 65536)"},
    {"WEBSUB_SHARDS=1025",
     "WEBSUB_SHARDS='1025' is not valid: parts that the work is divided into; "
     "fixed at the first start (1 to 1024)"},
    {"WEBSUB_TOPIC_ALLOW=http://a.example/*, https://*", NULL},
    {"WEBSUB_TOPIC_DENY=", NULL},
    {"WEBSUB_CALLBACK_DENY=a\nb",
     "WEBSUB_CALLBACK_DENY='a?b' is not valid: callbacks that may not "
     "subscribe, also when allowed (at most 4,096 bytes: patterns divided by "
     "commas, * stands for any bytes)"},
    {"WEBSUB_UNKNOWN_UNSUBSCRIBE=reject", NULL},
    {"WEBSUB_REDIRECT_TO=https://new.example/hub", NULL},
    {"WEBSUB_REDIRECT_TO=/hub",
     "WEBSUB_REDIRECT_TO='/hub' is not valid: URL of the hub to which this "
     "one has moved: every POST to / and /subscriptions is answered 308; "
     "empty: it has not moved (an absolute http or https URL)"},
    {"WEBSUB_DNS_SERVERS=", NULL},
    {"WEBSUB_DNS_SERVERS=127.0.0.1", NULL},
    {"WEBSUB_DNS_SERVERS=127.0.0.1:5353,::1", NULL},
    {"WEBSUB_DNS_SERVERS=[::1]:53,[2001:db8::1]:65535", NULL},
    {"WEBSUB_DNS_SERVERS=1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1."
     "1,1.1.1.1",
     NULL},
    {"WEBSUB_DNS_SERVERS=localhost",
     "WEBSUB_DNS_SERVERS='localhost' is not valid: name servers to ask; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "divided by commas)"},
    {"WEBSUB_DNS_SERVERS=127.0.0.1:0",
     "WEBSUB_DNS_SERVERS='127.0.0.1:0' is not valid: name servers to ask; "
     "empty: those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "divided by commas)"},
    {"WEBSUB_DNS_SERVERS=127.0.0.1:65536",
     "WEBSUB_DNS_SERVERS='127.0.0.1:65536' is not valid: name servers to ask; "
     "empty: those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "divided by commas)"},
    {"WEBSUB_DNS_SERVERS=127.1",
     "WEBSUB_DNS_SERVERS='127.1' is not valid: name servers to ask; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "divided by commas)"},
    {"WEBSUB_DNS_SERVERS=::1:53x",
     "WEBSUB_DNS_SERVERS='::1:53x' is not valid: name servers to ask; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "divided by commas)"},
    {"WEBSUB_DNS_SERVERS=[::1]",
     "WEBSUB_DNS_SERVERS='[::1]' is not valid: name servers to ask; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "divided by commas)"},
    {"WEBSUB_DNS_SERVERS=1.1.1.1,",
     "WEBSUB_DNS_SERVERS='1.1.1.1,' is not valid: name servers to ask; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "divided by commas)"},
    {"WEBSUB_DNS_SERVERS=1.1.1.1,,1.1.1.1",
     "WEBSUB_DNS_SERVERS='1.1.1.1,,1.1.1.1' is not valid: name servers to ask; "
     "empty: those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "divided by commas)"},
    {"WEBSUB_DNS_SERVERS=,1.1.1.1",
     "WEBSUB_DNS_SERVERS=',1.1.1.1' is not valid: name servers to ask; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "divided by commas)"},
    {"WEBSUB_DNS_SERVERS=1.1.1.1 ",
     "WEBSUB_DNS_SERVERS='1.1.1.1 ' is not valid: name servers to ask; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "divided by commas)"},
    {"WEBSUB_DNS_SERVERS=1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1."
     "1,1.1.1.1,1.1.1.1",
     "WEBSUB_DNS_SERVERS='1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1."
     "1.1,1.1.1.1,...' is not valid: name servers to ask; empty: those of "
     "/etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, divided by "
     "commas)"},
    {"WEBSUB_SHARDS=1024", NULL},
    {"WEBSUB_DRAIN_TIMEOUT_MS=0", NULL},
    {"WEBSUB_LOG_LEVEL=debug", NULL},
    {"WEBSUB_LOG_LEVEL=Debug",
     "WEBSUB_LOG_LEVEL='Debug' is not valid: least severe lines in the log "
     "(error, warn, info or debug)"},
    {"WEBSUB_LEASE_POLICY=reject", NULL},
    {"WEBSUB_LEASE_POLICY=",
     "WEBSUB_LEASE_POLICY='' is not valid: what becomes of a lease out of "
     "range: moved into it, or refused (clamp or reject)"},
    {"WEBSUB_VERIFY=off", NULL},
    {"WEBSUB_VERIFY=yes", NULL},
    {"WEBSUB_VERIFY=maybe",
     "WEBSUB_VERIFY='maybe' is not valid: verify the intent of subscribers; "
     "off only in closed networks (on or off)"},
    {"WEBSUB_ALLOW_PRIVATE_NETWORKS=1",
     "WEBSUB_ALLOW_PRIVATE_NETWORKS='1' is not valid: let callbacks and "
     "topics on loopback and private addresses through; for tests and closed "
     "networks (yes or no)"},
    {"WEBSUB_KEY_PREFIX=a:b_c-d.9", NULL},
    {"WEBSUB_KEY_PREFIX=",
     "WEBSUB_KEY_PREFIX='' is not valid: what every key in Redis begins with "
     "(1 to 64 letters, digits, '_', '-', '.' and ':')"},
    {"WEBSUB_KEY_PREFIX=a{b}",
     "WEBSUB_KEY_PREFIX='a{b}' is not valid: what every key in Redis begins "
     "with (1 to 64 letters, digits, '_', '-', '.' and ':')"},
    {"WEBSUB_KEY_PREFIX=\303\251",
     "WEBSUB_KEY_PREFIX='\303\251' is not valid: what every key in Redis "
     "begins with (1 to 64 letters, digits, '_', '-', '.' and ':')"},
    {"WEBSUB_INSTANCE_NAME=a/b",
     "WEBSUB_INSTANCE_NAME='a/b' is not valid: name of this process among the "
     "others (at most 128 letters, digits, '.', '_' and '-')"},
    {"WEBSUB_STATUS_LISTEN=", NULL},
    {"WEBSUB_LISTEN=[::1]:0", NULL},
    {"WEBSUB_LISTEN=0.0.0.0:65535", NULL},
    {"WEBSUB_LISTEN=unix:/run/hub.sock", NULL},
    {"WEBSUB_LISTEN=",
     "WEBSUB_LISTEN='' is not valid: where the hub serves HTTP (HOST:PORT, "
     "[IPV6]:PORT or unix:/PATH; port 0 picks one)"},
    {"WEBSUB_LISTEN=8080",
     "WEBSUB_LISTEN='8080' is not valid: where the hub serves HTTP "
     "(HOST:PORT, [IPV6]:PORT or unix:/PATH; port 0 picks one)"},
    {"WEBSUB_LISTEN=:8080",
     "WEBSUB_LISTEN=':8080' is not valid: where the hub serves HTTP "
     "(HOST:PORT, [IPV6]:PORT or unix:/PATH; port 0 picks one)"},
    {"WEBSUB_LISTEN=h:65536",
     "WEBSUB_LISTEN='h:65536' is not valid: where the hub serves HTTP "
     "(HOST:PORT, [IPV6]:PORT or unix:/PATH; port 0 picks one)"},
    {"WEBSUB_LISTEN=::1:80",
     "WEBSUB_LISTEN='::1:80' is not valid: where the hub serves HTTP "
     "(HOST:PORT, [IPV6]:PORT or unix:/PATH; port 0 picks one)"},
    {"WEBSUB_LISTEN=[]:80",
     "WEBSUB_LISTEN='[]:80' is not valid: where the hub serves HTTP "
     "(HOST:PORT, [IPV6]:PORT or unix:/PATH; port 0 picks one)"},
    {"WEBSUB_LISTEN=unix:",
     "WEBSUB_LISTEN='unix:' is not valid: where the hub serves HTTP "
     "(HOST:PORT, [IPV6]:PORT or unix:/PATH; port 0 picks one)"},
    {"WEBSUB_PUBLIC_URL=https://hub.example/", NULL},
    {"WEBSUB_PUBLIC_URL=", NULL},
    {"WEBSUB_PUBLIC_URL=hub.example",
     "WEBSUB_PUBLIC_URL='hub.example' is not valid: URL of the hub as the "
     "world sees it, for Link headers (an absolute http or https URL)"},
    {"WEBSUB_PUBLIC_URL=http://h/#a",
     "WEBSUB_PUBLIC_URL='http://h/#a' is not valid: URL of the hub as the "
     "world sees it, for Link headers (has a fragment)"},
    {"WEBSUB_REDIS_URL=unix:///run/redis.sock?db=1", NULL},
    {"WEBSUB_REDIS_URL=redis://:swordfish@h:0",
     "WEBSUB_REDIS_URL is not valid: address of Redis (the port is not 1 to "
     "65535)"},
    {"WEBSUB_REDIS_URL=rediss://:swordfish@h",
     "WEBSUB_REDIS_URL is not valid: address of Redis (this build has no TLS, "
     "so rediss:// does not work)"},
    {"WEBSUB_ADMIN_TOKEN=sword-fish+/=~", NULL},
    {"WEBSUB_ADMIN_TOKEN=sword fish",
     "WEBSUB_ADMIN_TOKEN is not valid: bearer token of the admin API; empty: "
     "the API is off (at most 256 printable ASCII characters, no space)"},
    {"WEBSUB_ADMIN_TOKEN=sw\303\266rd",
     "WEBSUB_ADMIN_TOKEN is not valid: bearer token of the admin API; empty: "
     "the API is off (at most 256 printable ASCII characters, no space)"},
    {"WEBSUB_SECRET_KEYS_FILE=/etc/k\303\251ys", NULL},
    {"WEBSUB_SECRET_KEYS_FILE=a\nb",
     "WEBSUB_SECRET_KEYS_FILE='a?b' is not valid: file of the keys that "
     "subscribers' secrets are sealed with; empty: the secrets are stored in "
     "plain form (a path)"},
};

START_TEST(a_bad_value_is_named_with_its_meaning_and_range)
{
    struct start start = {.env = {values[_i].variable}};
    struct said said;

    if (values[_i].sentence != NULL) {
        expect_sentence(&start, values[_i].sentence);
        return;
    }
    said = start_hub(&start);
    ck_assert_msg(said.err == WSUB_OK, "%s", said.err_text);
    said_done(&said);
}
END_TEST

static const struct {
    const char *args[ARGS_MAX];
    const char *sentence;
} command_lines[] = {
    {{"--foo"}, "--foo is no setting; try --help"},
    {{"--foo=swordfish"}, "--foo is no setting; try --help"},
    {{"--redis-ulr", "x"},
     "--redis-ulr is no setting; did you mean --redis-url?"},
    {{"--redis_url=x"}, "--redis_url is no setting; did you mean --redis-url?"},
    {{"--admin-tokn=swordfish"},
     "--admin-tokn is no setting; did you mean --admin-token?"},
    {{"--"}, "-- is no setting; try --help"},
    {{"--=x"}, "-- is no setting; try --help"},
    {{"-h"}, "argument 1 belongs to no flag; try --help"},
    {{"--verify", "off", "swordfish"},
     "argument 3 belongs to no flag; try --help"},
    {{""}, "argument 1 belongs to no flag; try --help"},
    {{"--per-host"}, "--per-host needs a value; try --help"},
    {{"--per-host", "--shards", "3"}, "--per-host needs a value; try --help"},
    {{"--config"}, "--config needs a value; try --help"},
    {{"--help=yes"}, "--help is no setting; try --help"},
    {{"--per-host=x"},
     "--per-host='x' is not valid: transfers in flight to one host (1 to "
     "65536)"},
    {{"--publish-token", "sword fish"},
     "--publish-token is not valid: bearer token for publishing; empty: "
     "announcements are open, content push only while listening on loopback "
     "(at most 256 printable ASCII characters, no space)"},
};

START_TEST(a_bad_command_line_is_refused_with_a_sentence)
{
    struct start start = {0};

    memcpy(start.args, command_lines[_i].args, sizeof(start.args));
    expect_sentence(&start, command_lines[_i].sentence);
}
END_TEST

#define X100                                                                   \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
    const char *text;
    size_t len; /* 0: up to the zero */
    const char *sentence;
} files[] = {
    {"\n\nredis_ulr=x\n", 0,
     ":3: 'redis_ulr' is no setting; did you mean redis_url?"},
    {"redis-url=x\n", 0,
     ":1: 'redis-url' is no setting; did you mean redis_url?"},
    {"REDIS_URL=x\n", 0, ":1: 'REDIS_URL' is no setting; try --help"},
    {"foo=1\nbar=2\n", 0, ":1: 'foo' is no setting; try --help"},
    {"=1\n", 0, ":1: '' is no setting; try --help"},
    {"shards=8\nper_host=0", 0,
     ":2: per_host='0' is not valid: transfers in flight to one host (1 to "
     "65536)"},
    {"shards=8\n per_host=0", 0,
     ":2: per_host='0' is not valid: transfers in flight to one host (1 to "
     "65536)"},
    {"admin_token = sword fish\n", 0,
     ":1: admin_token is not valid: bearer token of the admin API; empty: the "
     "API is off (at most 256 printable ASCII characters, no space)"},
    {"shards=8\nshards=8\n", 0, ":2: the setting is set a second time"},
    {"[hub]\n", 0, ":1: the file has no sections, only lines NAME = VALUE"},
    {"shards=8\n  [hub]\nper_host=1\n", 0,
     ":2: the file has no sections, only lines NAME = VALUE"},
    {"\357\273\277[hub]\nper_host=1\n", 0,
     ":1: the file has no sections, only lines NAME = VALUE"},
    {"shards 8\n", 0, ":1: the line is not of the form NAME = VALUE"},
    {"#\n\nadmin_token\nshards=8\n", 0,
     ":3: the line is not of the form NAME = VALUE"},
    {"admin_token=" X100 X100 "\n", 0, ":1: the line is too long"},
    {"shards=8\n# " X100 X100 X100 "\n", 0, ":2: the line is too long"},
    {"shards=8\0\n", 10, ":1: the line holds a zero byte"},
    {"shards=\0008\n", 10, ":1: the line holds a zero byte"},
};

START_TEST(a_bad_file_is_refused_with_its_line)
{
    struct start start = {.args = {"--config", "PATH"}};
    char sentence[512];

    write_file(files[_i].text,
               files[_i].len ? files[_i].len : strlen(files[_i].text));
    snprintf(sentence, sizeof(sentence), "%s%s", path, files[_i].sentence);
    expect_sentence(&start, sentence);
}
END_TEST

START_TEST(a_line_of_198_bytes_is_read_whole)
{
    struct start start = {.args = {"--config", "PATH"},
                          .file = "publish_token=" X100 X100};
    char file[256];
    struct said said;

    snprintf(file, sizeof(file), "%.198s\n", start.file);
    start.file = file;
    said = start_hub(&start);
    ck_assert_msg(said.err == WSUB_OK, "%s", said.err_text);
    ck_assert_uint_eq(strlen(said.config.publish_token),
                      198 - strlen("publish_token="));
    said_done(&said);
}
END_TEST

static const char *const unreadable[] = {"/nowhere/websubd.ini", "/tmp"};

START_TEST(a_file_that_cannot_be_read_is_a_system_error)
{
    struct start start = {.args = {"--config", unreadable[_i]}};
    struct said said = start_hub(&start);

    ck_assert_int_eq(said.err, WSUB_ERR_SYSTEM);
    ck_assert_int_eq(
        strncmp(said.err_text, unreadable[_i], strlen(unreadable[_i])), 0);
    ck_assert_ptr_null(said.config.redis_url);
    said_done(&said);
}
END_TEST

static const struct {
    const char *env[ARGS_MAX];
    const char *sentence;
} contradictions[] = {
    {{"WEBSUB_LEASE_MIN_S=7200", "WEBSUB_LEASE_DEFAULT_S=3600"},
     "lease_min_s=7200 must not be above lease_default_s=3600"},
    {{"WEBSUB_LEASE_DEFAULT_S=7200", "WEBSUB_LEASE_MAX_S=3600"},
     "lease_default_s=7200 must not be above lease_max_s=3600"},
    {{"WEBSUB_LEASE_MIN_S=7200", "WEBSUB_LEASE_MAX_S=3600"},
     "lease_min_s=7200 must not be above lease_max_s=3600"},
    {{"WEBSUB_RETRY_BASE_MS=2", "WEBSUB_RETRY_CAP_MS=1"},
     "retry_base_ms=2 must not be above retry_cap_ms=1"},
    {{"WEBSUB_CONNECT_TIMEOUT_MS=2", "WEBSUB_TIMEOUT_MS=1"},
     "connect_timeout_ms=2 must not be above timeout_ms=1"},
};

START_TEST(settings_that_contradict_each_other_are_refused)
{
    struct start start = {0};

    memcpy(start.env, contradictions[_i].env, sizeof(start.env));
    expect_sentence(&start, contradictions[_i].sentence);
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
     31536000,
     1000,
     1000,
     5000,
     3600000},
    {{"WEBSUB_CONNECT_TIMEOUT_MS=20000"},
     3600,
     432000,
     31536000,
     20000,
     20000,
     5000,
     3600000},
    {{"WEBSUB_RETRY_CAP_MS=10"}, 3600, 432000, 31536000, 3000, 10000, 10, 10},
    {{"WEBSUB_RETRY_BASE_MS=7200000"},
     3600,
     432000,
     31536000,
     3000,
     10000,
     7200000,
     7200000},
    {{"WEBSUB_LEASE_MAX_S=60"}, 60, 60, 60, 3000, 10000, 5000, 3600000},
    {{"WEBSUB_LEASE_DEFAULT_S=60"},
     60,
     60,
     31536000,
     3000,
     10000,
     5000,
     3600000},
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
    {{"--check-config", "--per-host", "3"},
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
     "--per-host VALUE, WEBSUB_PER_HOST (default: 16)",
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
     "| `per_host` | `16` |",
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

START_TEST(a_list_of_patterns_has_at_most_4096_bytes)
{
    char list[4098 + sizeof("--topic-allow=")];
    struct start start = {.args = {"--check-config", list}};
    struct said said;

    memset(list, 'x', sizeof(list));
    memcpy(list, "--topic-allow=", strlen("--topic-allow="));
    list[strlen("--topic-allow=") + 4096] = '\0';
    said = start_hub(&start);
    ck_assert_int_eq(said.err, WSUB_OK);
    said_done(&said);
    list[strlen("--topic-allow=") + 4096] = 'x';
    list[strlen("--topic-allow=") + 4097] = '\0';
    said = start_hub(&start);
    ck_assert_int_eq(said.err, WSUB_ERR_INVALID);
    said_done(&said);
}
END_TEST

START_TEST(checking_the_settings_finds_bad_ones)
{
    expect_sentence(&(struct start){.args = {"--check-config", "--shards=0"}},
                    "--shards='0' is not valid: parts that the work is "
                    "divided into; fixed at the first start (1 to 1024)");
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

static TCase *reading(TCase *cases)
{
    tcase_add_test(cases, without_settings_the_defaults_hold);
    tcase_add_loop_test(cases, an_instance_is_named_by_role_host_and_process, 0,
                        COUNT(roles));
    tcase_add_loop_test(cases, the_flag_wins_over_the_environment_over_the_file,
                        0, COUNT(sources));
    tcase_add_test(cases, a_variable_names_the_file_and_a_flag_names_another);
    tcase_add_loop_test(cases, a_default_gives_way_to_what_was_set, 0,
                        COUNT(agreeing));
    tcase_add_test(cases, a_line_of_198_bytes_is_read_whole);
    tcase_add_loop_test(cases, a_question_is_answered_and_ends_the_program, 0,
                        COUNT(orders));
    tcase_add_test(cases, the_page_of_settings_is_what_the_table_prints);
    return cases;
}

static TCase *refusing(TCase *cases)
{
    tcase_add_loop_test(cases, a_bad_value_is_named_with_its_meaning_and_range,
                        0, COUNT(values));
    tcase_add_loop_test(cases, a_bad_command_line_is_refused_with_a_sentence, 0,
                        COUNT(command_lines));
    tcase_add_loop_test(cases, a_bad_file_is_refused_with_its_line, 0,
                        COUNT(files));
    tcase_add_loop_test(cases, a_file_that_cannot_be_read_is_a_system_error, 0,
                        COUNT(unreadable));
    tcase_add_loop_test(cases, settings_that_contradict_each_other_are_refused,
                        0, COUNT(contradictions));
    tcase_add_test(cases, a_list_of_patterns_has_at_most_4096_bytes);
    tcase_add_test(cases, checking_the_settings_finds_bad_ones);
    return cases;
}

int main(void)
{
    int fd = mkstemp(path), status;

    if (fd < 0)
        return EXIT_FAILURE;
    close(fd);
    status = suite_run("config", refusing(reading(tcase_create("config"))));
    unlink(path);
    return status;
}
