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

enum wsub_tls_version { WSUB_TLS_1_2, WSUB_TLS_1_3 };
enum wsub_delivery_headers { WSUB_HEADERS_WEBSUB, WSUB_HEADERS_STANDARD };

/* Every string is owned by the config and never NULL. */
struct wsub_config {
    char *redis_url;
    char *registry_redis_url; /* of the registry of record; "": the same */
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
    uint32_t health_check_interval_s;
    bool cleanup_enabled;      /* unless it was switched at run time */
    uint32_t cleanup_pause_ms; /* between attempts to mend one thing */
    uint32_t suspended_max_s;  /* 0: no limit */
    char *alert_url;           /* "": none */
    char *alert_secret;        /* "": alerts are not signed */
    uint32_t alert_interval_s; /* between two looks */
    uint32_t alert_oldest_job_s;
    uint32_t alert_lag; /* events */
    uint32_t alert_suspended_percent;
    bool enable_cluster_event_subscriptions;
    char *cluster_events_topic; /* the stream's name behind P:{c}: */
    uint32_t cluster_events_kept;
    uint32_t max_groups;              /* topic groups, without tombstones */
    uint32_t group_watch_interval_ms; /* between two looks at the revision */
    uint32_t group_poll_interval_s;   /* between two looks at all groups */
    char *status_listen; /* or "default": common/program/status_listen.h */
    char *admin_listen;  /* "": on `listen` */
    enum wsub_log_format log_format;
    enum wsub_log_level log_level;
    bool access_log;
    char *listen;
    char *public_url; /* default http://LISTEN/, see wsub_config_load() */
    char *admin_token;
    char *publish_token;
    char *subscribe_token;
    char *admin_tokens_file; /* these four: hub/tokens.h */
    char *admin_read_tokens_file;
    char *publish_tokens_file;
    char *subscribe_tokens_file;
    bool publish_open;
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
    char *redirect_to;     /* "" = requests are served here */
    char *trusted_proxies; /* common/net/networks.h */
    /* Bounds of strangers; 0: no limit, but for max_pending. */
    uint32_t subscribe_rate;             /* requests a second of one client */
    uint32_t announce_rate;              /* URLs a second of one client */
    uint32_t max_pending;                /* of all shards; each has its part */
    uint32_t max_pending_per_host;       /* of a callback's host, in a shard */
    uint32_t max_pending_per_client;     /* in a shard */
    uint32_t max_subscriptions;          /* of all shards; each has its part */
    uint32_t max_subscriptions_per_host; /* of a callback's host, in a shard */
    uint32_t max_subscriptions_per_topic;
    uint32_t max_announced_per_host; /* of a topic's host, in a shard */
    uint32_t pull_max_subscriptions; /* of all shards */
    uint32_t max_streams;            /* of one hub */
    uint32_t pull_ttl_s;             /* of a pull subscription without one */
    char *cors_origins;              /* hub/cors.h; "" = none */
    /* Percent of Redis' maxmemory. */
    uint32_t refuse_subscriptions_percent;
    uint32_t refuse_content_percent;
    uint32_t max_connections; /* accepted at once by an HTTP server */
    uint32_t max_connections_per_client; /* 0: a tenth of these */
    uint32_t request_timeout_ms; /* from a request's first byte to its last */
    uint32_t drain_timeout_ms;   /* from SIGTERM to exit */
    uint32_t retention_s;
    uint32_t dead_letter_retention_s;
    uint32_t max_body_bytes;
    uint32_t max_inflight_bytes; /* of all bodies that the hub holds */
    uint32_t fetch_interval_ms;  /* a topic is fetched once in it */
    uint32_t replay_rate;        /* deliveries a second, of a shard */
    enum wsub_feed_choice feed_entries;
    uint32_t concurrency;
    uint32_t per_host;
    uint32_t per_callback;
    uint32_t per_host_rate; /* 0: no limit */
    uint32_t per_address;   /* likewise */
    uint32_t verify_rate;   /* likewise */
    uint32_t timeout_ms;
    uint32_t connect_timeout_ms;
    char *dns_servers; /* "": those of resolv.conf */
    bool http2;
    uint32_t max_attempts;
    uint32_t delivery_deadline_s; /* 0: none */
    uint32_t suspend_after;
    uint32_t probe_cap_ms;
    uint32_t max_crashes;
    uint32_t undecodable_max_tries;
    uint32_t fanout_backlog;
    uint32_t retry_base_ms;
    uint32_t retry_cap_ms;
    char *signature_hash; /* rules, see common/http/hash_rules.h */
    enum wsub_delivery_headers delivery_headers;
    bool keep_response_body;
    bool allow_private_networks;
    char *allow_networks; /* lists, see common/net/networks.h */
    char *deny_networks;
    char *callback_ports; /* see common/net/egress.h */
    bool require_https_callbacks;
    bool require_https_for_secret;
    char *callback_ca_file; /* "": those of the system */
    enum wsub_tls_version tls_min_version;
    char *client_certificate_file; /* "": none */
    char *client_key_file;
    char *egress_proxy; /* "": none */
    bool core_dumps;
    char *secret_keys_file; /* "" = secrets are stored in plain form */

    /* No setting: connections to strangers that may be open at once, as the
     * limit of open files has it (common/program/files_fit.h); 0: no limit. */
    uint32_t max_sockets;
};

/* "websub-hub", "websub-spreader" or "websub-deliver". */
const char *wsub_program_name(enum wsub_program program);

#endif
