/* test_config_refusals.c - what is said about settings that are wrong. */
#include "tests/unit/config_fixture.h"

static const struct {
    const char *variable;
    const char *sentence; /* NULL: it is fine */
} values[] = {
    {"WEBSUB_PER_HOST=0",
     "WEBSUB_PER_HOST='0' is not valid: requests in flight to one host (1 to "
     "65536)"},
    {"WEBSUB_PER_HOST=65537",
     "WEBSUB_PER_HOST='65537' is not valid: requests in flight to one host "
     "(1 to 65536)"},
    {"WEBSUB_PER_HOST=18446744073709551617",
     "WEBSUB_PER_HOST='18446744073709551617' is not valid: requests in "
     "flight to one host (1 to 65536)"},
    {"WEBSUB_PER_HOST=4294967297",
     "WEBSUB_PER_HOST='4294967297' is not valid: requests in flight to one "
     "host (1 to 65536)"},
    {"WEBSUB_PER_HOST=",
     "WEBSUB_PER_HOST='' is not valid: requests in flight to one host (1 to "
     "65536)"},
    {"WEBSUB_PER_HOST=+1",
     "WEBSUB_PER_HOST='+1' is not valid: requests in flight to one host (1 "
     "to 65536)"},
    {"WEBSUB_PER_HOST= 1",
     "WEBSUB_PER_HOST=' 1' is not valid: requests in flight to one host (1 "
     "to 65536)"},
    {"WEBSUB_PER_HOST=1k",
     "WEBSUB_PER_HOST='1k' is not valid: requests in flight to one host (1 "
     "to 65536)"},
    {"WEBSUB_PER_HOST=1\n2\033",
     "WEBSUB_PER_HOST='1?2?' is not valid: requests in flight to one host (1 "
     "to 65536)"},
    {"WEBSUB_PER_HOST="
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab",
     "WEBSUB_PER_HOST='"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' "
     "is not valid: requests in flight to one host (1 to 65536)"},
    {"WEBSUB_SHARDS=1025",
     "WEBSUB_SHARDS='1025' is not valid: parts that the work is split into; "
     "once Redis has data, those that it has (1 to 1024)"},
    {"WEBSUB_REGISTRY_REDIS_URL=", NULL},
    {"WEBSUB_REGISTRY_REDIS_URL=unix:///r.sock", NULL},
    {"WEBSUB_MAX_GROUPS=0", "WEBSUB_MAX_GROUPS='0' is not valid: topic groups "
                            "that there may be, those "
                            "that were deleted not counted (1 to 1000000)"},
    {"WEBSUB_TOPIC_ALLOW=http://a.example/*, https://*", NULL},
    {"WEBSUB_TOPIC_DENY=", NULL},
    {"WEBSUB_CALLBACK_DENY=a\nb",
     "WEBSUB_CALLBACK_DENY='a?b' is not valid: callbacks that may not "
     "subscribe, also when allowed (at most 4,096 bytes: patterns separated by "
     "commas, * stands for any bytes)"},
    {"WEBSUB_UNKNOWN_UNSUBSCRIBE=reject", NULL},
    {"WEBSUB_TRUSTED_PROXIES=unix, 10.0.0.0/8,2001:db8::1", NULL},
    {"WEBSUB_TRUSTED_PROXIES=10.0.0.1/8",
     "WEBSUB_TRUSTED_PROXIES='10.0.0.1/8' is not valid: reverse proxies whose "
     "X-Forwarded-For or Forwarded says who the client is (addresses or "
     "networks such as 10.0.0.0/8 and 2001:db8::/32, without bits behind the "
     "prefix, or unix; at most 256, separated by commas)"},
    {"WEBSUB_REDIRECT_TO=https://new.example/hub", NULL},
    {"WEBSUB_REDIRECT_TO=/hub",
     "WEBSUB_REDIRECT_TO='/hub' is not valid: URL of the hub to which this "
     "one has moved: every POST to / and /subscriptions gets 308; "
     "empty: it has not moved (an absolute http or https URL)"},
    {"WEBSUB_CLUSTER_EVENTS_TOPIC=events-2", NULL},
    {"WEBSUB_CLUSTER_EVENTS_TOPIC=removing",
     "WEBSUB_CLUSTER_EVENTS_TOPIC='removing' is not valid: name of the stream "
     "of cluster events (a name that no other key of the cluster has)"},
    {"WEBSUB_CLUSTER_EVENTS_TOPIC=",
     "WEBSUB_CLUSTER_EVENTS_TOPIC='' is not valid: name of the stream of "
     "cluster events (1 to 128 letters, digits, '.', '_' and '-')"},
    {"WEBSUB_DNS_SERVERS=", NULL},
    {"WEBSUB_DNS_SERVERS=127.0.0.1", NULL},
    {"WEBSUB_DNS_SERVERS=127.0.0.1:5353,::1", NULL},
    {"WEBSUB_DNS_SERVERS=[::1]:53,[2001:db8::1]:65535", NULL},
    {"WEBSUB_DNS_SERVERS=1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1."
     "1,1.1.1.1",
     NULL},
    {"WEBSUB_DNS_SERVERS=localhost",
     "WEBSUB_DNS_SERVERS='localhost' is not valid: name servers; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "separated by commas)"},
    {"WEBSUB_DNS_SERVERS=127.0.0.1:0",
     "WEBSUB_DNS_SERVERS='127.0.0.1:0' is not valid: name servers; "
     "empty: those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "separated by commas)"},
    {"WEBSUB_DNS_SERVERS=127.0.0.1:65536",
     "WEBSUB_DNS_SERVERS='127.0.0.1:65536' is not valid: name servers; "
     "empty: those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "separated by commas)"},
    {"WEBSUB_DNS_SERVERS=127.1",
     "WEBSUB_DNS_SERVERS='127.1' is not valid: name servers; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "separated by commas)"},
    {"WEBSUB_DNS_SERVERS=::1:53x",
     "WEBSUB_DNS_SERVERS='::1:53x' is not valid: name servers; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "separated by commas)"},
    {"WEBSUB_DNS_SERVERS=[::1]",
     "WEBSUB_DNS_SERVERS='[::1]' is not valid: name servers; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "separated by commas)"},
    {"WEBSUB_DNS_SERVERS=1.1.1.1,",
     "WEBSUB_DNS_SERVERS='1.1.1.1,' is not valid: name servers; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "separated by commas)"},
    {"WEBSUB_DNS_SERVERS=1.1.1.1,,1.1.1.1",
     "WEBSUB_DNS_SERVERS='1.1.1.1,,1.1.1.1' is not valid: name servers; "
     "empty: those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "separated by commas)"},
    {"WEBSUB_DNS_SERVERS=,1.1.1.1",
     "WEBSUB_DNS_SERVERS=',1.1.1.1' is not valid: name servers; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "separated by commas)"},
    {"WEBSUB_DNS_SERVERS=1.1.1.1 ",
     "WEBSUB_DNS_SERVERS='1.1.1.1 ' is not valid: name servers; empty: "
     "those of /etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, "
     "separated by commas)"},
    {"WEBSUB_DNS_SERVERS=1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1."
     "1,1.1.1.1,1.1.1.1",
     "WEBSUB_DNS_SERVERS='1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1.1.1,1.1."
     "1.1,1.1.1.1,...' is not valid: name servers; empty: those of "
     "/etc/resolv.conf (IP, IP:PORT or [IPV6]:PORT, at most 8, separated by "
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
    {"WEBSUB_CORS_ORIGINS=", NULL},
    {"WEBSUB_CORS_ORIGINS=*", NULL},
    {"WEBSUB_CORS_ORIGINS=https://a.example, http://b:8080", NULL},
    {"WEBSUB_CORS_ORIGINS=a.example",
     "WEBSUB_CORS_ORIGINS='a.example' is not valid: origins whose pages in a "
     "browser may pull and stream; empty: none (origins such as "
     "https://app.example, separated by commas, or * for all)"},
    {"WEBSUB_PULL_TTL_S=864000", NULL},
    {"WEBSUB_PULL_TTL_S=0",
     "WEBSUB_PULL_TTL_S='0' is not valid: a pull subscription that names no "
     "time of its own ends when it was not used for so long (1 to 864000)"},
    {"WEBSUB_PULL_MAX_SUBSCRIPTIONS=0",
     "WEBSUB_PULL_MAX_SUBSCRIPTIONS='0' is not valid: pull subscriptions, in "
     "all (1 to 10000000)"},
    {"WEBSUB_MAX_STREAMS=0", NULL},
    {"WEBSUB_MAX_STREAMS=1000001",
     "WEBSUB_MAX_STREAMS='1000001' is not valid: Server-Sent Event streams of "
     "one hub at once (0 to 1000000)"},
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
     "WEBSUB_ADMIN_TOKEN is not valid: bearer token of the admin API; without "
     "any, "
     "the API is off (at most 256 printable ASCII characters, no space)"},
    {"WEBSUB_ADMIN_TOKEN=sw\303\266rd",
     "WEBSUB_ADMIN_TOKEN is not valid: bearer token of the admin API; without "
     "any, "
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
    {{"-h"}, "argument 1 '-h' belongs to no flag; try --help"},
    {{"--verify", "off", "8081"},
     "argument 3 '8081' belongs to no flag; try --help"},
    {{"--per-host", "8", "\x1b[2J\n"},
     "argument 3 '?[2J?' belongs to no flag; try --help"},
    {{"--admin-token", "sword", "fish"},
     "argument 3 belongs to no flag; try --help"},
    {{"--redis-url=redis://:a", "swordfish@b"},
     "argument 2 belongs to no flag; try --help"},
    {{""}, "argument 1 '' belongs to no flag; try --help"},
    {{"--per-host"}, "--per-host needs a value; try --help"},
    {{"--per-host", "--shards", "3"}, "--per-host needs a value; try --help"},
    {{"--config"}, "--config needs a value; try --help"},
    {{"--help=yes"}, "--help is no setting; try --help"},
    {{"--per-host=x"},
     "--per-host='x' is not valid: requests in flight to one host (1 to "
     "65536)"},
    {{"--publish-token", "sword fish"},
     "--publish-token is not valid: bearer token for publishing; without any, "
     "announcements are open, and content push as publish_open says "
     "(at most 256 printable ASCII characters, no space)"},
};

START_TEST(a_bad_command_line_is_refused_with_a_sentence)
{
    struct start start = {0};

    memcpy(start.args, command_lines[_i].args, sizeof(start.args));
    expect_sentence(&start, command_lines[_i].sentence);
}
END_TEST

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
     ":2: per_host='0' is not valid: requests in flight to one host (1 to "
     "65536)"},
    {"shards=8\n per_host=0", 0,
     ":2: per_host='0' is not valid: requests in flight to one host (1 to "
     "65536)"},
    {"admin_token = sword fish\n", 0,
     ":1: admin_token is not valid: bearer token of the admin API; without "
     "any, the "
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
    {"admin_token=\"x\nshards=8\n", 0,
     ":1: the value begins with a quote that is not closed"},
    {"shards=8\nadmin_token='x' y\n", 0,
     ":2: there is more behind the quoted value"},
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
    {{"WEBSUB_HEARTBEAT_INTERVAL_MS=600", "WEBSUB_HEARTBEAT_TIMEOUT_MS=1000"},
     "twice heartbeat_interval_ms=600 must not be above "
     "heartbeat_timeout_ms=1000"},
    {{"WEBSUB_FAILURE_NOTIFICATION_THRESHOLD=3",
      "WEBSUB_MAX_CONSECUTIVE_FAILURES=2"},
     "failure_notification_threshold=3 must not be above "
     "max_consecutive_failures=2"},
};

START_TEST(settings_that_contradict_each_other_are_refused)
{
    struct start start = {0};

    memcpy(start.env, contradictions[_i].env, sizeof(start.env));
    expect_sentence(&start, contradictions[_i].sentence);
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
                    "--shards='0' is not valid: parts that the work is split "
                    "into; once Redis has data, those that it has (1 to 1024)");
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("config_refusals");

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
    return config_suite_run("config_refusals", cases);
}
