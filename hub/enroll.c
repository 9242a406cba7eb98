#include "hub/enroll.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/groups/policy.h"
#include "common/http/policy.h"
#include "common/store/submissions.h"
#include "hub/stats.h"

struct flow {
    hub_enroll_cb *cb;
    void *arg; /* borrowed; given to cb */
};

static enum hub_enrolled outcome(const struct wsub_submitted *submitted)
{
    if (submitted->err == WSUB_ERR_NOT_FOUND)
        return HUB_ENROLLED_UNCHANGED;
    if (submitted->err != WSUB_OK)
        return HUB_ENROLLED_FAILED;
    return submitted->was_active ? HUB_ENROLLED_RENEWED : HUB_ENROLLED_NEW;
}

static void on_submitted(const struct wsub_submitted *submitted, void *arg)
{
    struct flow *flow = arg;

    if (submitted->err == WSUB_OK)
        wsub_metric_add(&hub_stats[HUB_STAT_SUBSCRIBE], 1);
    flow->cb(outcome(submitted), flow->arg);
    free(flow);
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
                bool only_new, hub_enroll_cb *cb, void *arg)
{
    struct wsub_topic_ref ref = wsub_topic_ref(hub->store, params->topic.data);
    struct flow *flow = wsub_calloc(1, sizeof(*flow));
    struct wsub_buf secret = {0};
    char cd[WSUB_DIGEST_LEN + 1];

    flow->cb = cb;
    flow->arg = arg;
    wsub_digest(params->callback.data, params->callback.len, cd);
    hub_subscription_seal(hub, params, &ref, cd, &secret);
    wsub_submissions_add(hub->store,
                         &(struct wsub_submission){
                             .ref = &ref,
                             .cd = cd,
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
                             .only_new = only_new,
                         },
                         on_submitted, flow);
    wsub_buf_done(&secret);
}
