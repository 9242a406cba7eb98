#include "hub/pull/pull.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/pull/subscriptions_in_redis.h"
#include "hub/pull/feeds.h"
#include "hub/pull/gate.h"
#include "hub/pull/interests.h"
#include "hub/pull/places.h"
#include "hub/pull/poll.h"
#include "hub/pull/shared.h"
#include "hub/pull/stats.h"
#include "hub/pull/stream.h"
#include "hub/pull/survey.h"

struct hub_pull *hub_pull_new(struct event_base *base, struct wsub_store *store,
                              const struct wsub_config *config)
{
    struct hub_pull *pull = wsub_calloc(1, sizeof(*pull));

    pull->base = base;
    pull->store = store;
    pull->config = config;
    pull->subscriptions = wsub_pull_store_in_redis_new(store);
    pull->survey = hub_pull_survey_new(store);
    pull->feeds = hub_pull_feeds_new(base, store, config);
    pull->gate = hub_pull_gate_new(base);
    pull->interests = hub_pull_interests_new(base, store);
    pull->places = hub_pull_places_new();
    LIST_INIT(&pull->polls);
    LIST_INIT(&pull->streams);
    wsub_metrics_register(hub_pull_stats, HUB_PULL_STAT_MAX_);
    return pull;
}

void hub_pull_drain(struct hub_pull *pull)
{
    pull->draining = true;
    hub_pull_polls_drain(pull);
    hub_pull_streams_drain(pull);
}

void hub_pull_free(struct hub_pull *pull)
{
    if (pull == NULL)
        return;
    hub_pull_polls_free(pull);
    hub_pull_streams_free(pull);
    hub_pull_gate_free(pull->gate);
    hub_pull_interests_free(pull->interests);
    hub_pull_feeds_free(pull->feeds);
    hub_pull_survey_free(pull->survey);
    hub_pull_places_free(pull->places);
    wsub_pull_store_in_redis_free(pull->subscriptions);
    free(pull);
}
