#include "common/program/config_table.h"

#include <stdio.h>
#include <string.h>

#include "common/http/subject.h"

#define ALL WSUB_PROGRAM_ALL
#define HUB WSUB_PROGRAM_HUB
#define SPREADER WSUB_PROGRAM_SPREADER
#define DELIVER WSUB_PROGRAM_DELIVER

#define MINUTE_MS 60000
#define DAY_MS 86400000
#define YEAR_S 31536000

#define SLIPS_MAX 2
#define NAME_MAX_BYTES 40 /* longer than any name; longer ones match none */

/* An enum that starts at zero is an unsigned number to the compiler, so
 * `choices` tells the two apart. */
#define KIND(field)                                                            \
    _Generic(((struct wsub_config *)0)->field,                                 \
             char *: WSUB_SETTING_TEXT,                                        \
             bool: WSUB_SETTING_SWITCH,                                        \
             uint32_t: WSUB_SETTING_NUMBER)
#define ROW(field, what, value, users, text, ...)                              \
    {                                                                          \
        .name = #field, .kind = (what),                                        \
        .offset = offsetof(struct wsub_config, field), .fallback = (value),    \
        .programs = (users), .meaning = (text), __VA_ARGS__                    \
    }
#define KEY(field, value, users, text, ...)                                    \
    ROW(field, KIND(field), value, users, text, __VA_ARGS__)
#define SWITCH(field, value, users, text)                                      \
    ROW(field, KIND(field), value, users, text, .min = 0)
#define CHOICE(field, value, users, text, names)                               \
    ROW(field, WSUB_SETTING_CHOICE, value, users, text, .choices = (names))

_Static_assert(sizeof(enum wsub_delivery_headers) == sizeof(unsigned) &&
                   sizeof(enum wsub_lease_policy) == sizeof(unsigned) &&
                   sizeof(enum wsub_unknown_unsubscribe) == sizeof(unsigned) &&
                   sizeof(enum wsub_feed_choice) == sizeof(unsigned) &&
                   sizeof(enum wsub_log_level) == sizeof(unsigned) &&
                   sizeof(enum wsub_log_format) == sizeof(unsigned),
               "choices are stored as unsigned numbers");

static const char *const log_formats[] = {
    [WSUB_LOG_TEXT] = "text", [WSUB_LOG_JSON] = "json", NULL};
static const char *const log_levels[] = {[WSUB_LOG_ERROR] = "error",
                                         [WSUB_LOG_WARN] = "warn",
                                         [WSUB_LOG_INFO] = "info",
                                         [WSUB_LOG_DEBUG] = "debug",
                                         NULL};
static const char *const lease_policies[] = {
    [WSUB_LEASE_CLAMP] = "clamp", [WSUB_LEASE_REJECT] = "reject", NULL};
static const char *const unknown_unsubscribes[] = {
    [WSUB_UNKNOWN_ACCEPT] = "accept", [WSUB_UNKNOWN_REJECT] = "reject", NULL};
static const char *const feed_choices[] = {
    [WSUB_ENTRIES_ALL] = "all", [WSUB_ENTRIES_NEW] = "new", NULL};
static const char *const tls_version_choices[] = {"1.2", "1.3", NULL};
static const char *const delivery_headers_choices[] = {
    [WSUB_HEADERS_WEBSUB] = "websub",
    [WSUB_HEADERS_STANDARD] = "standard-webhooks",
    NULL};

#define TOKEN                                                                  \
    .check = wsub_setting_is_token, .secret = true,                            \
    .form = "at most 256 printable ASCII characters, no space"
#define TOKENS_FILE                                                            \
    .check = wsub_setting_is_path,                                             \
    .form = "a path; one token a line, and not open to others"
#define PATTERNS                                                               \
    .check = wsub_setting_is_patterns, .normal = wsub_subject_patterns,        \
    .form = "at most 4,096 bytes: patterns separated by commas, * stands for " \
            "any bytes"
#define NETWORKS_FORM                                                          \
    "addresses or networks such as 10.0.0.0/8 and 2001:db8::/32, without "     \
    "bits "                                                                    \
    "behind the prefix, or unix; at most 256, separated by commas"
#define LISTEN_FORM "HOST:PORT, [IPV6]:PORT or unix:/PATH; port 0 picks one"

/* clang-format off */
const struct wsub_setting wsub_settings[] = {
    KEY(redis_url, "redis://127.0.0.1:6379/0", ALL,
        "address of Redis",
        .check = wsub_setting_is_redis_url, .secret = true,
        .form = "redis://[USER:PASSWORD@]HOST[:PORT][/DB] or "
                "unix:///PATH[?db=DB]"),
    KEY(registry_redis_url, "", HUB | SPREADER,
        "address of the Redis whose topic groups count for all sites; empty: "
        "redis_url",
        .check = wsub_setting_is_redis_url_or_empty, .secret = true,
        .form = "empty, or as redis_url"),
    KEY(key_prefix, "websub", ALL,
        "what every key in Redis begins with",
        .check = wsub_setting_is_prefix,
        .form = "1 to 64 letters, digits, '_', '-', '.' and ':'"),
    KEY(shards, "8", ALL,
        "parts that the work is split into; once Redis has data, those that it "
        "has",
        .min = 1, .max = 1024),
    KEY(redis_timeout_ms, "2000", ALL,
        "longest wait for a reply of Redis",
        .min = 100, .max = MINUTE_MS),
    KEY(instance_name, "", ALL,
        "name of this process among the others",
        .check = wsub_setting_is_name, .fallback_text = "ROLE-HOST-PID",
        .form = "at most 128 letters, digits, '.', '_' and '-'"),
    KEY(site, "default", ALL,
        "where this process runs; told to operators",
        .check = wsub_setting_is_name,
        .form = "at most 128 letters, digits, '.', '_' and '-'"),
    KEY(heartbeat_interval_ms, "1000", ALL,
        "between two heartbeats of a process",
        .min = 10, .max = MINUTE_MS),
    KEY(heartbeat_timeout_ms, "5000", ALL,
        "age of its last heartbeat at which a process counts as dead; the "
        "same for all processes",
        .min = 100, .max = 10 * MINUTE_MS),
    KEY(heartbeat_check_interval_ms, "1000", ALL,
        "between two looks for missing heartbeats",
        .min = 10, .max = MINUTE_MS),
    KEY(initial_reregister_interval_ms, "1000", ALL,
        "from the start to the second registration",
        .min = 10, .max = 60 * MINUTE_MS),
    KEY(normal_reregister_interval_ms, "15000", ALL,
        "between two registrations that succeed",
        .min = 10, .max = 60 * MINUTE_MS),
    KEY(retry_reregister_interval_ms, "3000", ALL,
        "after a failed registration, with enable_exponential_backoff=no",
        .min = 10, .max = 60 * MINUTE_MS),
    SWITCH(enable_exponential_backoff, "yes", ALL,
           "wait 2, 4, 8 ... s after failed registrations in a row"),
    KEY(max_backoff_interval_ms, "60000", ALL,
        "longest wait after a failed registration",
        .min = 10, .max = 60 * MINUTE_MS),
    SWITCH(enable_registration_verification, "yes", ALL,
           "read a registration back: the name must be this process's"),
    KEY(verification_timeout_ms, "2000", ALL,
        "longest time for a registration and its verification",
        .min = 10, .max = MINUTE_MS),
    KEY(failure_notification_threshold, "3", ALL,
        "failed registrations in a row from which on a process is degraded",
        .min = 1, .max = 1000),
    KEY(max_consecutive_failures, "5", ALL,
        "failed registrations in a row from which on a process is failed: one "
        "attempt a minute follows",
        .min = 1, .max = 1000),
    KEY(shard_lease_ms, "5000", SPREADER,
        "how long a spreader owns a shard without renewing",
        .min = 100, .max = MINUTE_MS),
    KEY(health_check_interval_s, "60", SPREADER,
        "between two health checks of all that is in Redis",
        .min = 1, .max = 86400),
    SWITCH(cleanup_enabled, "yes", SPREADER,
           "mend what health checks find, unless the admin API says otherwise"),
    KEY(cleanup_pause_ms, "5000", SPREADER,
        "between finding something wrong, and each attempt to mend it",
        .min = 100, .max = MINUTE_MS),
    KEY(suspended_max_s, "1209600", SPREADER,
        "how long a subscription may be suspended before it is denied; 0: for "
        "ever",
        .min = 0, .max = YEAR_S),
    KEY(alert_url, "", SPREADER,
        "URL to which alerts are posted (docs/RUNBOOK.md); empty: nowhere",
        .check = wsub_setting_is_public_url,
        .form = "an absolute http or https URL"),
    KEY(alert_secret, "", SPREADER,
        "secret that alerts are signed with, as Standard Webhooks say; empty: "
        "they are not signed",
        TOKEN),
    KEY(alert_interval_s, "10", SPREADER,
        "between two looks for what is to be an alert", .min = 1, .max = 3600),
    KEY(alert_oldest_job_s, "300", SPREADER,
        "how long a job, or an event of the log, may wait before that is an "
        "alert",
        .min = 1, .max = YEAR_S),
    KEY(alert_lag, "10000", SPREADER,
        "how many events may wait to be fanned out before that is an alert",
        .min = 1, .max = 1000000000),
    KEY(alert_suspended_percent, "10", SPREADER,
        "how many percent of the subscriptions may be suspended before that is "
        "an alert",
        .min = 1, .max = 100),
    SWITCH(enable_cluster_event_subscriptions, "yes", ALL,
           "read the cluster events; no: everything is found out by looking"),
    KEY(cluster_events_topic, "events", ALL,
        "name of the stream of cluster events",
        .check = wsub_setting_is_stream,
        .form = "1 to 128 letters, digits, '.', '_' and '-'"),
    KEY(cluster_events_kept, "10000", ALL,
        "cluster events that are kept, about",
        .min = 1, .max = 10000000),
    KEY(max_groups, "10000", HUB,
        "topic groups that there may be, those that were deleted not counted",
        .min = 1, .max = 1000000),
    KEY(group_watch_interval_ms, "10000", ALL,
        "between two looks whether a topic group has changed that no cluster "
        "event told of",
        .min = 10, .max = 60 * MINUTE_MS),
    KEY(group_poll_interval_s, "3600", ALL,
        "between two looks at all topic groups, give or take a twentieth",
        .min = 1, .max = 604800),
    KEY(status_listen, "default", ALL,
        "where /healthz, /readyz and /metrics are served; empty: nowhere, of "
        "the hub on `listen`",
        .check = wsub_setting_is_status_listen,
        .form = LISTEN_FORM "; or default: 127.0.0.1:8081 of the hub, "
                "127.0.0.1:8082 of the spreader, 127.0.0.1:8083 of deliver, or "
                "a free port where that is taken"),
    CHOICE(log_format, "text", ALL, "form of the log", log_formats),
    CHOICE(log_level, "info", ALL, "least severe lines in the log",
           log_levels),
    SWITCH(access_log, "no", HUB, "log each request"),
    KEY(listen, "127.0.0.1:8080", HUB,
        "where the hub serves HTTP",
        .check = wsub_setting_is_listen, .form = LISTEN_FORM),
    KEY(admin_listen, "", HUB,
        "where /admin is served, health and metrics too; empty: on `listen`",
        .check = wsub_setting_is_listen_or_empty,
        .form = LISTEN_FORM),
    KEY(public_url, "", ALL,
        "URL of the hub as the world sees it, for Link headers",
        .check = wsub_setting_is_public_url,
        .fallback_text = "http://LISTEN/",
        .form = "an absolute http or https URL"),
    KEY(admin_token, "", HUB,
        "bearer token of the admin API; without any, the API is off", TOKEN),
    KEY(admin_tokens_file, "", HUB,
        "file of further tokens of the admin API", TOKENS_FILE),
    KEY(admin_read_tokens_file, "", HUB,
        "file of tokens for the GET requests of the admin API", TOKENS_FILE),
    KEY(publish_token, "", HUB,
        "bearer token for publishing; without any, announcements are open, and "
        "content push as publish_open says", TOKEN),
    KEY(publish_tokens_file, "", HUB,
        "file of further tokens for publishing", TOKENS_FILE),
    SWITCH(publish_open, "no", HUB,
           "let everybody push content where publishing needs no token; no: "
           "only programs of this machine, and only of a hub that listens on "
           "loopback and whose public_url is there"),
    KEY(subscribe_token, "", HUB,
        "bearer token for subscribing; without any, subscribing is open",
        TOKEN),
    KEY(subscribe_tokens_file, "", HUB,
        "file of further tokens for subscribing", TOKENS_FILE),
    KEY(lease_default_s, "432000", HUB,
        "lease of a subscription that names none",
        .min = 1, .max = 10 * YEAR_S),
    KEY(lease_min_s, "3600", HUB,
        "shortest lease", .min = 1, .max = 10 * YEAR_S),
    KEY(lease_max_s, "864000", HUB,
        "longest lease", .min = 1, .max = 10 * YEAR_S),
    CHOICE(lease_policy, "clamp", HUB,
           "what becomes of a lease out of range: moved into it, or refused",
           lease_policies),
    SWITCH(verify, "on", HUB,
           "verify the intent of subscribers; off only in closed networks"),
    KEY(topic_allow, "", HUB,
        "topics that may be subscribed to; empty: all", PATTERNS),
    KEY(topic_deny, "", HUB | SPREADER,
        "topics that may not be subscribed to, also when allowed; their events "
        "are delivered to nobody", PATTERNS),
    KEY(callback_allow, "", HUB,
        "callbacks that may subscribe; empty: all", PATTERNS),
    KEY(callback_deny, "", HUB,
        "callbacks that may not subscribe, also when allowed", PATTERNS),
    SWITCH(validate_topic, "no", HUB,
           "fetch a topic before a subscription to it is verified: it must "
           "name this hub"),
    CHOICE(unknown_unsubscribe, "accept", HUB,
           "response to who ends a subscription that does not exist; reject "
           "is 404 and tells who is subscribed",
           unknown_unsubscribes),
    KEY(redirect_to, "", HUB,
        "URL of the hub to which this one has moved: every POST to / and "
        "/subscriptions gets 308; empty: it has not moved",
        .check = wsub_setting_is_public_url,
        .form = "an absolute http or https URL"),
    KEY(trusted_proxies, "", HUB,
        "reverse proxies whose X-Forwarded-For or Forwarded says who the "
        "client is",
        .check = wsub_setting_is_networks, .form = NETWORKS_FORM),
    KEY(subscribe_rate, "50", HUB,
        "requests a second of one client to subscribe or unsubscribe, with "
        "bursts of 4 seconds' worth; by process; 0: no limit",
        .min = 0, .max = 1000000),
    KEY(announce_rate, "100", HUB,
        "announced URLs a second of one client, with bursts of 10 seconds' "
        "worth; by process; 0: no limit",
        .min = 0, .max = 1000000),
    KEY(max_pending, "100000", HUB,
        "requests that wait for their verification, in all; a shard takes its "
        "part of them",
        .min = 1, .max = 100000000),
    KEY(max_pending_per_host, "100", HUB,
        "those of them for one callback host, in a shard; 0: no limit",
        .min = 0, .max = 100000000),
    KEY(max_pending_per_client, "1000", HUB,
        "those of them by one client, in a shard; 0: no limit",
        .min = 0, .max = 100000000),
    KEY(max_subscriptions, "10000000", HUB | DELIVER,
        "active subscriptions, in all; a shard takes its part of them; 0: no "
        "limit",
        .min = 0, .max = 1000000000),
    KEY(max_subscriptions_per_host, "100000", HUB | DELIVER,
        "those of them for one callback host, in a shard; 0: no limit",
        .min = 0, .max = 1000000000),
    KEY(max_subscriptions_per_topic, "1000000", HUB | DELIVER,
        "active subscriptions to one topic; 0: no limit",
        .min = 0, .max = 1000000000),
    KEY(max_announced_per_host, "1000", HUB,
        "announced topics of one host that wait for their fetch, in a shard; "
        "0: no limit",
        .min = 0, .max = 100000000),
    KEY(pull_max_subscriptions, "100000", HUB,
        "pull subscriptions, in all", .min = 1, .max = 10000000),
    KEY(pull_ttl_s, "600", HUB,
        "a pull subscription that names no time of its own ends when it was "
        "not used for so long",
        .min = 1, .max = 864000),
    KEY(max_streams, "10000", HUB,
        "Server-Sent Event streams of one hub at once",
        .min = 0, .max = 1000000),
    KEY(cors_origins, "", HUB,
        "origins whose pages in a browser may pull and stream; empty: none",
        .check = wsub_setting_is_origins,
        .form = "origins such as https://app.example, separated by commas, or "
                "* for all"),
    KEY(refuse_subscriptions_percent, "75", HUB,
        "use of Redis' maxmemory from which on new subscriptions are refused",
        .min = 1, .max = 100),
    KEY(refuse_content_percent, "85", HUB,
        "use of Redis' maxmemory from which on pushes and announcements are "
        "refused",
        .min = 1, .max = 100),
    KEY(max_connections, "10000", ALL,
        "connections that the HTTP server holds at once",
        .min = 1, .max = 1000000),
    KEY(max_connections_per_client, "0", HUB,
        "connections of one client, an IPv4 address or an IPv6 /64, but for "
        "trusted_proxies and unix sockets; 0: a tenth of max_connections, at "
        "least 16",
        .min = 0, .max = 1000000),
    KEY(request_timeout_ms, "10000", ALL,
        "from the first byte of a request to the HTTP server to its last",
        .min = 1, .max = 60 * MINUTE_MS),
    KEY(drain_timeout_ms, "15000", ALL,
        "longest time from SIGTERM to the exit",
        .min = 0, .max = 60 * MINUTE_MS),
    KEY(retention_s, "3600", SPREADER,
        "how long an event stays in the log",
        .min = 1, .max = YEAR_S),
    KEY(dead_letter_retention_s, "604800", SPREADER,
        "how long a dead letter is kept",
        .min = 1, .max = YEAR_S),
    KEY(max_body_bytes, "1048576", HUB | SPREADER,
        "largest content of an event", .min = 1, .max = 64 << 20),
    KEY(max_inflight_bytes, "134217728", HUB,
        "bytes of all request bodies over 32 KiB that the hub holds at once; "
        "further ones wait unread",
        .min = 1 << 20, .max = UINT32_MAX),
    KEY(fetch_interval_ms, "1000", SPREADER,
        "shortest time between two fetches of a topic; what is announced "
        "meanwhile is fetched once, at its end",
        .min = 0, .max = 60 * MINUTE_MS),
    KEY(replay_rate, "100", SPREADER,
        "deliveries a second that replays of a shard post, behind live events",
        .min = 1, .max = 100000),
    CHOICE(feed_entries, "all", SPREADER,
           "what is delivered of an Atom or RSS feed that was announced: all, "
           "or new to leave out entries that were delivered before",
           feed_choices),
    KEY(concurrency, "1024", DELIVER,
        "deliveries in flight, beside those that take longer than a second",
        .min = 1, .max = 65536),
    KEY(per_host, "64", SPREADER | DELIVER,
        "requests in flight to one host", .min = 1, .max = 65536),
    KEY(per_callback, "4", DELIVER,
        "requests in flight to one callback; one while it fails",
        .min = 1, .max = 65536),
    KEY(per_host_rate, "0", DELIVER,
        "deliveries a second that one process starts to one host; 0: no limit",
        .min = 0, .max = 1000000),
    KEY(per_address, "128", SPREADER | DELIVER,
        "requests in flight to one address (IPv6: /64) for hosts without a "
        "good response in the last 10 minutes; 0: no limit",
        .min = 0, .max = 65536),
    KEY(verify_rate, "20", DELIVER,
        "verifications a second that one process starts to one host, and to "
        "one address; 0: no limit",
        .min = 0, .max = 1000000),
    KEY(timeout_ms, "10000", SPREADER | DELIVER,
        "longest time of an attempt to deliver or to fetch",
        .min = 1, .max = 10 * MINUTE_MS),
    KEY(connect_timeout_ms, "3000", SPREADER | DELIVER,
        "part of timeout_ms for the name to be resolved and the connection "
        "to be made",
        .min = 1, .max = 10 * MINUTE_MS),
    KEY(dns_servers, "", SPREADER | DELIVER,
        "name servers; empty: those of /etc/resolv.conf",
        .check = wsub_setting_is_servers,
        .form = "IP, IP:PORT or [IPV6]:PORT, at most 8, separated by commas"),
    SWITCH(http2, "no", SPREADER | DELIVER,
           "use HTTP/2 with https servers that offer it"),
    KEY(max_attempts, "8", SPREADER | DELIVER,
        "attempts before a delivery becomes a dead letter",
        .min = 1, .max = 1000),
    KEY(retry_base_ms, "5000", SPREADER | DELIVER,
        "delay after the first failed attempt; it doubles with each one",
        .min = 1, .max = DAY_MS),
    KEY(retry_cap_ms, "3600000", SPREADER | DELIVER,
        "longest delay between two attempts; the same for both programs",
        .min = 1, .max = 7 * DAY_MS),
    KEY(delivery_deadline_s, "0", DELIVER,
        "age of an event after which no further attempt is made; 0: none",
        .min = 0, .max = 10 * YEAR_S),
    KEY(suspend_after, "10", DELIVER,
        "failed attempts in a row that suspend a subscription",
        .min = 1, .max = 1000000),
    KEY(probe_cap_ms, "300000", DELIVER,
        "longest delay between two probes of a suspended subscription",
        .min = 1, .max = 7 * DAY_MS),
    KEY(max_crashes, "5", DELIVER,
        "ended processes after which what they held becomes a dead letter; the "
        "first two may have ended for another reason",
        .min = 3, .max = 1000),
    KEY(undecodable_max_tries, "5", SPREADER | DELIVER,
        "times that what can't be interpreted (a newer format, a secret whose "
        "key is missing) is tried before it becomes a dead letter",
        .min = 1, .max = 1000),
    KEY(fanout_backlog, "10000", SPREADER,
        "unread jobs of large fan-outs in a shard; more are posted when fewer "
        "are left",
        .min = 1, .max = 100000000),
    KEY(signature_hash, "sha256", DELIVER,
        "hash of the X-Hub-Signature, by callback; the first rule that "
        "matches counts, and what the subscriber chose before all",
        .check = wsub_setting_is_hash_rules, .normal = wsub_subject_patterns,
        .form = "sha1, sha256, sha384 or sha512; or rules PATTERN=HASH "
                "separated by commas, * stands for any bytes, a pattern "
                "without a scheme is for the host"),
    CHOICE(delivery_headers, "websub", DELIVER,
           "headers of deliveries: WebSub's, or those of Standard Webhooks "
           "beside them, where the subscriber has not chosen",
           delivery_headers_choices),
    SWITCH(keep_response_body, "no", DELIVER,
           "keep the first 256 bytes of the body of a response that is no "
           "success, in the attempt log, which operators read"),
    SWITCH(allow_private_networks, "no", ALL,
           "let callbacks and topics on loopback and private addresses "
           "through; for tests and closed networks"),
    KEY(allow_networks, "", ALL,
        "networks of callbacks and topics that are let through, public or not",
        .check = wsub_setting_is_networks, .form = NETWORKS_FORM),
    KEY(deny_networks, "", ALL,
        "networks of callbacks and topics that are kept out, also when allowed",
        .check = wsub_setting_is_networks, .form = NETWORKS_FORM),
    KEY(callback_ports, "80, 443, 1024-65535", ALL,
        "ports of callbacks and topics",
        .check = wsub_setting_is_ports,
        .form = "ports and ranges of them, at most 64, separated by commas"),
    SWITCH(require_https_callbacks, "no", HUB,
           "let only https callbacks subscribe"),
    SWITCH(require_https_for_secret, "no", HUB,
           "take hub.secret with an https callback only"),
    KEY(callback_ca_file, "", SPREADER | DELIVER,
        "file of the authorities (PEM) that certificates of callbacks and "
        "topics are checked with; empty: those of the system",
        .check = wsub_setting_is_readable, .form = "a file that can be read"),
    CHOICE(tls_min_version, "1.2", SPREADER | DELIVER,
           "oldest version of TLS for callbacks and topics",
           tls_version_choices),
    KEY(client_certificate_file, "", SPREADER | DELIVER,
        "certificate (PEM) that callbacks and topics are shown when they ask "
        "for one; empty: none",
        .check = wsub_setting_is_readable, .form = "a file that can be read"),
    KEY(client_key_file, "", SPREADER | DELIVER,
        "key of client_certificate_file (PEM); empty: it is in that file",
        .check = wsub_setting_is_readable, .form = "a file that can be read"),
    KEY(egress_proxy, "", SPREADER | DELIVER,
        "proxy for all requests to callbacks and topics, whose names it "
        "resolves and checks; empty: none, whatever the environment says",
        .check = wsub_setting_is_proxy,
        .form = "http://HOST:PORT or socks5h://HOST:PORT"),
    SWITCH(core_dumps, "no", ALL,
           "let the system write cores, which hold secrets, and let others "
           "than root trace the process"),
    KEY(secret_keys_file, "", HUB | DELIVER,
        "file of the keys that subscribers' secrets are sealed with; empty: "
        "the secrets are stored in plain form",
        .check = wsub_setting_is_path, .form = "a path"),
};
/* clang-format on */

const size_t wsub_settings_count =
    sizeof(wsub_settings) / sizeof(wsub_settings[0]);

const struct wsub_setting *wsub_setting_find(const char *name, size_t len)
{
    for (size_t i = 0; i < wsub_settings_count; i++)
        if (strlen(wsub_settings[i].name) == len &&
            memcmp(wsub_settings[i].name, name, len) == 0)
            return &wsub_settings[i];
    return NULL;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The number of letters to insert, to drop or to change (Levenshtein). */
static size_t slips(const char *a, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1], b_len = strlen(b);

    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = least(change, least(row[j], row[j - 1]) + 1);
        }
    }
    return row[b_len];
}

const struct wsub_setting *wsub_setting_guess(const char *name)
{
    const struct wsub_setting *best = NULL;
    size_t fewest = SLIPS_MAX + 1;

    if (strlen(name) > NAME_MAX_BYTES)
        return NULL;
    for (size_t i = 0; i < wsub_settings_count; i++) {
        size_t count = slips(name, wsub_settings[i].name);

        if (count < fewest) {
            fewest = count;
            best = &wsub_settings[i];
        }
    }
    return best;
}

void wsub_setting_flag(const struct wsub_setting *setting,
                       char ret_flag[WSUB_SETTING_NAME_BYTES])
{
    snprintf(ret_flag, WSUB_SETTING_NAME_BYTES, "--%s", setting->name);
    for (char *p = ret_flag; *p != '\0'; p++)
        if (*p == '_')
            *p = '-';
}

void wsub_setting_variable(const struct wsub_setting *setting,
                           char ret_variable[WSUB_SETTING_NAME_BYTES])
{
    snprintf(ret_variable, WSUB_SETTING_NAME_BYTES, "WEBSUB_%s", setting->name);
    for (char *p = ret_variable; *p != '\0'; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
}
