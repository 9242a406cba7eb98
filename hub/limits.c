#include "hub/limits.h"

#include <stdio.h>

#include "common/base/log.h"
#include "common/http/respond.h"
#include "hub/errors.h"

static const struct {
    const char *reason;
    enum hub_fault fault;
    uint32_t retry_after_s;
    const char *sentence;
} limits[HUB_LIMIT_MAX_] = {
    [HUB_LIMIT_SUBSCRIBE_RATE] = {"subscribe_rate", HUB_FAULT_TOO_MANY, 1,
                                  "Too many subscribe and unsubscribe requests "
                                  "of one client."},
    [HUB_LIMIT_ANNOUNCE_RATE] = {"announce_rate", HUB_FAULT_TOO_MANY, 1,
                                 "Too many announcements of one client."},
    [HUB_LIMIT_PUBLISH_RATE] = {"publish_rate", HUB_FAULT_TOO_MANY, 1,
                                "Too many events of the topic's group."},
    [HUB_LIMIT_PENDING] = {"max_pending", HUB_FAULT_UNAVAILABLE, 10,
                           "Too many requests wait for their verification."},
    [HUB_LIMIT_PENDING_HOST] = {"max_pending_per_host", HUB_FAULT_TOO_MANY, 10,
                                "Too many requests for the callback's host "
                                "wait for their verification."},
    [HUB_LIMIT_PENDING_CLIENT] = {"max_pending_per_client", HUB_FAULT_TOO_MANY,
                                  10,
                                  "Too many requests of one client wait for "
                                  "their verification."},
    [HUB_LIMIT_SUBSCRIPTIONS] = {"max_subscriptions", HUB_FAULT_UNAVAILABLE, 60,
                                 "The hub has as many subscriptions as it "
                                 "takes."},
    [HUB_LIMIT_SUBSCRIPTIONS_HOST] = {"max_subscriptions_per_host",
                                      HUB_FAULT_TOO_MANY, 60,
                                      "The callback's host has as many "
                                      "subscriptions as one may have."},
    [HUB_LIMIT_SUBSCRIPTIONS_TOPIC] = {"max_subscriptions_per_topic",
                                       HUB_FAULT_TOO_MANY, 60,
                                       "The topic has as many subscriptions as "
                                       "one may have."},
    [HUB_LIMIT_ANNOUNCED_HOST] = {"max_announced_per_host", HUB_FAULT_TOO_MANY,
                                  5,
                                  "Too many announced topics of one host wait "
                                  "to be fetched; announce those of this "
                                  "request again."},
    [HUB_LIMIT_MEMORY_SUBSCRIPTIONS] = {"memory_subscriptions",
                                        HUB_FAULT_UNAVAILABLE, 60,
                                        "The hub is short of memory and takes "
                                        "no new subscriptions now."},
    [HUB_LIMIT_MEMORY_CONTENT] = {"memory_content", HUB_FAULT_UNAVAILABLE, 5,
                                  "The hub is short of memory and takes no new "
                                  "content now; try again in 5 seconds."},
    [HUB_LIMIT_PULL_SUBSCRIPTIONS] = {"pull_max_subscriptions",
                                      HUB_FAULT_UNAVAILABLE, 60,
                                      "The hub has as many pull subscriptions "
                                      "as it takes."},
    [HUB_LIMIT_STREAMS] = {"max_streams", HUB_FAULT_UNAVAILABLE, 10,
                           "The hub has as many streams as it takes."},
    [HUB_LIMIT_WAITING] = {"max_connections", HUB_FAULT_UNAVAILABLE, 5,
                           "Too many requests wait for messages."},
};

#define STAT(limit, labels)                                                    \
    [(limit)-1] = {"websubd_hub_limited_total",                                \
                   "Requests refused for their number", WSUB_COUNTER,          \
                   "reason=\"" labels "\"", 0}

struct wsub_metric hub_limit_stats[HUB_LIMIT_MAX_ - 1] = {
    STAT(HUB_LIMIT_SUBSCRIBE_RATE, "subscribe_rate"),
    STAT(HUB_LIMIT_ANNOUNCE_RATE, "announce_rate"),
    STAT(HUB_LIMIT_PUBLISH_RATE, "publish_rate"),
    STAT(HUB_LIMIT_PENDING, "max_pending"),
    STAT(HUB_LIMIT_PENDING_HOST, "max_pending_per_host"),
    STAT(HUB_LIMIT_PENDING_CLIENT, "max_pending_per_client"),
    STAT(HUB_LIMIT_SUBSCRIPTIONS, "max_subscriptions"),
    STAT(HUB_LIMIT_SUBSCRIPTIONS_HOST, "max_subscriptions_per_host"),
    STAT(HUB_LIMIT_SUBSCRIPTIONS_TOPIC, "max_subscriptions_per_topic"),
    STAT(HUB_LIMIT_ANNOUNCED_HOST, "max_announced_per_host"),
    STAT(HUB_LIMIT_MEMORY_SUBSCRIPTIONS, "memory_subscriptions"),
    STAT(HUB_LIMIT_MEMORY_CONTENT, "memory_content"),
    STAT(HUB_LIMIT_PULL_SUBSCRIPTIONS, "pull_max_subscriptions"),
    STAT(HUB_LIMIT_STREAMS, "max_streams"),
    STAT(HUB_LIMIT_WAITING, "max_connections"),
};

const char *hub_limit_note(struct wsub_http_request *req, enum hub_limit limit,
                           uint32_t retry_after_s, const char *client)
{
    char seconds[16];

    if (retry_after_s == 0)
        retry_after_s = limits[limit].retry_after_s;
    snprintf(seconds, sizeof(seconds), "%u", retry_after_s);
    wsub_metric_add(&hub_limit_stats[limit - 1], 1);
    wsub_log_warn("request-limited", WSUB_KE("reason", limits[limit].reason),
                  WSUB_KV("client", client != NULL ? client : "-"),
                  WSUB_KU("retry_after_s", retry_after_s));
    wsub_http_respond_header(req, "Retry-After", seconds);
    return limits[limit].sentence;
}

void hub_limit_refuse(struct wsub_http_request *req, enum hub_limit limit,
                      uint32_t retry_after_s, const char *client)
{
    const char *sentence = hub_limit_note(req, limit, retry_after_s, client);

    hub_refuse(req, limits[limit].fault, NULL, "%s", sentence);
}
