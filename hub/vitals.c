/* vitals.c - see vitals.h.
 *
 *   request -> found a moment ago -> 200, 503
 *         '--> waits for the look that is under way
 *                 INFO, processes, owner and counts of each shard, suspended */
#include "hub/vitals.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/countdown.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/cluster/neglect.h"
#include "common/http/respond.h"
#include "common/store/shard_status.h"
#include "common/store/store.h"
#include "common/store/subscription_count.h"
#include "common/store/suspended.h"
#include "hub/hub.h"
#include "hub/vital_rules.h"

#define FRESH_MS 1000

struct hub_vitals {
    const struct hub *hub; /* borrowed */
    struct wsub_countdown all;
    bool looks;
    uint64_t looked_ms;                 /* our clock; 0: never */
    char *text;                         /* owned; what was found last */
    enum hub_vital last;                /* the worst of it */
    struct wsub_http_request **waiting; /* owned list */
    size_t waiting_count;
    /* Of the look that is under way. */
    enum hub_vital vital;
    json_t *redis, *instances; /* owned */
    unsigned owned;
    uint64_t subscriptions, suspended;
    bool counted;
};

static void note(struct hub_vitals *vitals, enum hub_vital vital)
{
    if (vital > vitals->vital)
        vitals->vital = vital;
}

/* The end of a look. */

static json_t *subscriptions_json(struct hub_vitals *vitals)
{
    enum hub_vital vital = vitals->counted ? HUB_HEALTHY : HUB_UNHEALTHY;

    note(vitals, vital);
    return json_pack("{s:s, s:I, s:I}", "status", hub_vital_name(vital),
                     "active", (json_int_t)vitals->subscriptions, "suspended",
                     (json_int_t)vitals->suspended);
}

/* What waits and nobody does, as /readyz says it. */
static json_t *work_json(struct hub_vitals *vitals)
{
    char reason[WSUB_STATUS_REASON_BYTES] = "";
    enum hub_vital vital;

    wsub_neglect_tell(vitals->hub->neglect, reason);
    vital = reason[0] != '\0' ? HUB_DEGRADED : HUB_HEALTHY;
    note(vitals, vital);
    return json_pack("{s:s, s:o}", "status", hub_vital_name(vital), "reason",
                     reason[0] != '\0' ? json_string(reason) : json_null());
}

static json_t *configuration_json(const struct hub_vitals *vitals)
{
    const struct wsub_config *config = vitals->hub->config;

    return json_pack("{s:s, s:s, s:i}", "status", hub_vital_name(HUB_HEALTHY),
                     "site", config->site, "shards",
                     (int)wsub_store_shards(vitals->hub->store));
}

static void compose(struct hub_vitals *vitals)
{
    json_t *root = json_object(), *shards = NULL;

    note(vitals, hub_vital_of_shards(wsub_store_shards(vitals->hub->store),
                                     vitals->owned, &shards));
    json_object_set_new(root, "redis", vitals->redis);
    json_object_set_new(root, "configuration", configuration_json(vitals));
    json_object_set_new(root, "instances", vitals->instances);
    json_object_set_new(root, "shards", shards);
    json_object_set_new(root, "subscriptions", subscriptions_json(vitals));
    json_object_set_new(root, "work", work_json(vitals));
    json_object_set_new(root, "status",
                        json_string(hub_vital_name(vitals->vital)));
    vitals->redis = vitals->instances = NULL;
    free(vitals->text);
    vitals->text = json_dumps(root, JSON_COMPACT);
    if (vitals->text == NULL)
        wsub_panic("out of memory (JSON)");
    json_decref(root);
    vitals->last = vitals->vital;
}

static void respond(const struct hub_vitals *vitals,
                    struct wsub_http_request *req)
{
    wsub_http_respond(req, vitals->last == HUB_UNHEALTHY ? 503 : 200,
                      "application/json", vitals->text, strlen(vitals->text));
}

static void on_all_looked(void *arg)
{
    struct hub_vitals *vitals = arg;

    compose(vitals);
    vitals->looks = false;
    vitals->looked_ms = wsub_now_ms();
    for (size_t i = 0; i < vitals->waiting_count; i++)
        respond(vitals, vitals->waiting[i]);
    vitals->waiting_count = 0;
}

/* Its parts. */

static void on_info(enum wsub_err err, const struct wsub_server_info *info,
                    void *arg)
{
    struct hub_vitals *vitals = arg;

    note(vitals,
         hub_vital_of_redis(err == WSUB_OK ? info : NULL, &vitals->redis));
    wsub_countdown_off(&vitals->all);
}

static void on_instances(enum wsub_err err,
                         const struct wsub_instance_row *rows, size_t count,
                         void *arg)
{
    struct hub_vitals *vitals = arg;

    note(vitals,
         hub_vital_of_instances(rows, err == WSUB_OK ? count : 0,
                                vitals->hub->config->heartbeat_timeout_ms,
                                &vitals->instances));
    wsub_countdown_off(&vitals->all);
}

static void on_shard(enum wsub_err err, const struct wsub_shard_status *status,
                     void *arg)
{
    struct hub_vitals *vitals = arg;

    vitals->owned += err == WSUB_OK && status->owner != NULL;
    wsub_countdown_off(&vitals->all);
}

static void on_subscriptions(enum wsub_err err, uint64_t count, void *arg)
{
    struct hub_vitals *vitals = arg;

    vitals->counted = err == WSUB_OK;
    vitals->subscriptions = count;
    wsub_countdown_off(&vitals->all);
}

static void on_suspended(enum wsub_err err, uint64_t count, void *arg)
{
    struct hub_vitals *vitals = arg;

    vitals->suspended = err == WSUB_OK ? count : 0;
    wsub_countdown_off(&vitals->all);
}

static void look(struct hub_vitals *vitals)
{
    struct wsub_store *store = vitals->hub->store;

    vitals->looks = true;
    vitals->vital = HUB_HEALTHY;
    vitals->owned = 0;
    wsub_countdown_start(&vitals->all, on_all_looked, vitals);
    wsub_countdown_add(&vitals->all);
    wsub_server_info(store, on_info, vitals);
    wsub_countdown_add(&vitals->all);
    wsub_instance_list(store, on_instances, vitals);
    wsub_countdown_add(&vitals->all);
    wsub_subscription_count(store, on_subscriptions, vitals);
    wsub_countdown_add(&vitals->all);
    wsub_suspended_count(store, on_suspended, vitals);
    for (unsigned i = 0; i < wsub_store_shards(store); i++) {
        wsub_countdown_add(&vitals->all);
        wsub_shard_status(store, i, on_shard, vitals);
    }
    wsub_countdown_off(&vitals->all);
}

static bool is_fresh(const struct hub_vitals *vitals)
{
    return vitals->text != NULL && wsub_now_ms() - vitals->looked_ms < FRESH_MS;
}

void hub_vitals_respond(struct hub_vitals *vitals,
                        struct wsub_http_request *req)
{
    if (!vitals->looks && is_fresh(vitals)) {
        respond(vitals, req);
        return;
    }
    vitals->waiting =
        wsub_realloc(vitals->waiting, (vitals->waiting_count + 1) *
                                          sizeof(struct wsub_http_request *));
    vitals->waiting[vitals->waiting_count++] = req;
    if (!vitals->looks)
        look(vitals);
}

struct hub_vitals *hub_vitals_new(const struct hub *hub)
{
    struct hub_vitals *vitals = wsub_calloc(1, sizeof(*vitals));

    vitals->hub = hub;
    return vitals;
}

void hub_vitals_free(struct hub_vitals *vitals)
{
    if (vitals == NULL)
        return;
    json_decref(vitals->redis);
    json_decref(vitals->instances);
    free(vitals->waiting);
    free(vitals->text);
    free(vitals);
}
