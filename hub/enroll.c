#include "hub/enroll.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/groups/policy.h"
#include "common/http/policy.h"
#include "common/store/store.h"
#include "common/store/submissions.h"
#include "common/store/subscription_orders.h"
#include "common/store/topic.h"
#include "hub/stats.h"

struct flow {
    struct hub *hub;
    hub_enroll_cb *cb;
    void *arg;                 /* borrowed; given to cb */
    struct wsub_topic_ref ref; /* of the topic */
    char cd[WSUB_DIGEST_LEN + 1];
    bool pauses_replicas;
    struct wsub_countdown replicas;
    enum hub_enrolled enrolled;
};

static enum hub_enrolled outcome(const struct wsub_submitted *submitted)
{
    if (submitted->err == WSUB_ERR_NOT_FOUND)
        return HUB_ENROLLED_UNCHANGED;
    if (submitted->err != WSUB_OK)
        return HUB_ENROLLED_FAILED;
    return submitted->was_active ? HUB_ENROLLED_RENEWED : HUB_ENROLLED_NEW;
}

static void finish(void *arg)
{
    struct flow *flow = arg;

    flow->cb(flow->enrolled, flow->arg);
    free(flow);
}

static void on_replica_paused(const struct wsub_ordered *done, void *arg)
{
    struct flow *flow = arg;

    if (done->err != WSUB_OK)
        flow->enrolled = HUB_ENROLLED_FAILED;
    wsub_countdown_off(&flow->replicas);
}

static void pause_replicas(struct flow *flow)
{
    for (unsigned n = 0; n < wsub_store_shards(flow->hub->store); n++) {
        if (n == flow->ref.shard)
            continue;
        wsub_countdown_add(&flow->replicas);
        wsub_subscription_pause(flow->hub->store,
                                &(struct wsub_subscription_name){
                                    .shard = n,
                                    .td = flow->ref.digest,
                                    .cd = flow->cd,
                                    .topic = WSUB_TOPIC_ALL,
                                    .is_replica = true,
                                },
                                on_replica_paused, flow);
    }
}

static void on_submitted(const struct wsub_submitted *submitted, void *arg)
{
    struct flow *flow = arg;

    if (submitted->err == WSUB_OK)
        wsub_metric_add(&hub_stats[HUB_STAT_SUBSCRIBE], 1);
    flow->enrolled = outcome(submitted);
    wsub_countdown_start(&flow->replicas, finish, flow);
    if (submitted->err == WSUB_OK && flow->pauses_replicas)
        pause_replicas(flow);
    wsub_countdown_off(&flow->replicas);
}

const char *hub_enroll_fault(const struct hub *hub,
                             const struct hub_subscription_params *params,
                             enum hub_fault *ret_fault)
{
    const char *denial = wsub_policy_denial(hub->config, params->topic.data,
                                            params->callback.data);

    *ret_fault = denial != NULL ? HUB_FAULT_CLOSED : HUB_FAULT_GONE;
    if (denial != NULL)
        return denial;
    return params->policy->is_deleted
               ? "The topics below this prefix were deleted."
               : NULL;
}

void hub_enroll(struct hub *hub, const struct hub_subscription_params *params,
                const struct hub_enroll_options *options, hub_enroll_cb *cb,
                void *arg)
{
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct wsub_buf secret = {0};

    *flow = (struct flow){
        .hub = hub,
        .cb = cb,
        .arg = arg,
        .ref = wsub_topic_ref(hub->store, params->topic.data),
        .pauses_replicas = options->is_paused &&
                           strcmp(params->topic.data, WSUB_TOPIC_ALL) == 0,
    };
    wsub_digest(params->callback.data, params->callback.len, flow->cd);
    hub_subscription_seal(hub, params, &flow->ref, flow->cd, &secret);
    wsub_submissions_add(hub->store,
                         &(struct wsub_submission){
                             .ref = &flow->ref,
                             .cd = flow->cd,
                             .subscribe = true,
                             .way = WSUB_SUBMISSION_TRUST,
                             .topic = params->topic.data,
                             .callback = params->callback.data,
                             .topic_given = params->topic_given,
                             .callback_given = params->callback_given,
                             .lease_s = params->lease_s,
                             .secret = secret.data,
                             .secret_len = secret.len,
                             .reason = "",
                             .ordered = params->ordered,
                             .choices = params->choices,
                             .verify_token = "",
                             .client = "-", /* not counted */
                             .is_unbounded = true,
                             .only_new = options->only_new,
                             .is_paused = options->is_paused,
                         },
                         on_submitted, flow);
    wsub_buf_done(&secret);
}
