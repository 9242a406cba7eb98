/* config.h - the settings of all programs.
 *
 * common/program/config_load.h fills them in. */
#ifndef WSUB_BASE_CONFIG_H
#define WSUB_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/log.h"

enum wsub_program {
    WSUB_PROGRAM_HUB = 1,
    WSUB_PROGRAM_SPREADER = 2,
    WSUB_PROGRAM_DELIVER = 4,
    WSUB_PROGRAM_ALL = 7,
};

enum wsub_lease_policy { WSUB_LEASE_CLAMP, WSUB_LEASE_REJECT };
enum wsub_unknown_unsubscribe { WSUB_UNKNOWN_ACCEPT, WSUB_UNKNOWN_REJECT };
enum wsub_feed_choice { WSUB_ENTRIES_ALL, WSUB_ENTRIES_NEW };
enum wsub_hash {
    WSUB_HASH_SHA1,
    WSUB_HASH_SHA256,
    WSUB_HASH_SHA384,
    WSUB_HASH_SHA512,
    WSUB_HASH_MAX_
};

/* Every string is owned by the config and never NULL. */
struct wsub_config {
    char *redis_url;
    char *key_prefix;
    uint32_t shards;
    uint32_t redis_timeout_ms; /* for one reply of Redis */
    char *instance_name;       /* default ROLE-HOST-PID */
    char *site;
    uint32_t heartbeat_interval_ms;
    uint32_t heartbeat_timeout_ms;
    uint32_t heartbeat_check_interval_ms;
    uint32_t initial_reregister_interval_ms;
    uint32_t normal_reregister_interval_ms;
    uint32_t retry_reregister_interval_ms;
    bool enable_exponential_backoff;
    uint32_t max_backoff_interval_ms;
    bool enable_registration_verification;
    uint32_t verification_timeout_ms;
    uint32_t failure_notification_threshold; /* failures in a row */
    uint32_t max_consecutive_failures;
    uint32_t shard_lease_ms;
    bool enable_cluster_event_subscriptions;
    char *cluster_events_topic; /* the stream's name behind P:{c}: */
    uint32_t cluster_events_kept;
    char *status_listen;
    enum wsub_log_format log_format;
    enum wsub_log_level log_level;
    char *listen;
    char *public_url; /* default http://LISTEN/, see wsub_config_load() */
    char *admin_token;
    char *publish_token;
    char *subscribe_token;
    uint32_t lease_default_s;
    uint32_t lease_min_s;
    uint32_t lease_max_s;
    enum wsub_lease_policy lease_policy;
    bool verify;
    char *topic_allow; /* patterns, see hub/policy.h; "" restricts nothing */
    char *topic_deny;
    char *callback_allow;
    char *callback_deny;
    bool validate_topic;
    enum wsub_unknown_unsubscribe unknown_unsubscribe;
    char *redirect_to;           /* "" = requests are served here */
    uint32_t max_connections;    /* accepted at once by an HTTP server */
    uint32_t request_timeout_ms; /* from a request's first byte to its last */
    uint32_t drain_timeout_ms;   /* from SIGTERM to exit */
    uint32_t retention_s;
    uint32_t dead_letter_retention_s;
    uint32_t max_body_bytes;
    enum wsub_feed_choice feed_entries;
    uint32_t concurrency;
    uint32_t per_host;
    uint32_t per_host_rate; /* 0: no limit */
    uint32_t timeout_ms;
    uint32_t connect_timeout_ms;
    char *dns_servers; /* "": those of resolv.conf */
    bool http2;
    uint32_t max_attempts;
    uint32_t delivery_deadline_s; /* 0: none */
    uint32_t suspend_after;
    uint32_t probe_cap_ms;
    uint32_t max_crashes;
    uint32_t fanout_backlog;
    uint32_t retry_base_ms;
    uint32_t retry_cap_ms;
    enum wsub_hash signature_hash;
    bool allow_private_networks;
    char *secret_keys_file; /* "" = secrets are stored in plain form */
};

/* "websub-hub", "websub-spreader" or "websub-deliver". */
const char *wsub_program_name(enum wsub_program program);

#endif
