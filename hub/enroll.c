#include "hub/enroll.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/groups/policy.h"
#include "common/http/policy.h"
#include "common/store/submissions.h"
#include "common/store/subscription_list.h"
#include "hub/stats.h"

/* Copies of what outlives the call. */
struct flow {
    struct hub *hub;
    bool only_new, was_there;
    hub_enroll_cb *cb;
    void *arg;                          /* borrowed; given to cb */
    char *topic, *callback;             /* owned; normalized */
    char *topic_given, *callback_given; /* owned */
    struct wsub_buf secret;             /* owned; sealed */
    uint64_t lease_s;
    bool ordered;
    struct wsub_choices choices;
    struct wsub_topic_ref ref;
    char cd[WSUB_DIGEST_LEN + 1];
};

static void finish(struct flow *flow, enum hub_enrolled enrolled)
{
    flow->cb(enrolled, flow->arg);
    free(flow->topic);
    free(flow->callback);
    free(flow->topic_given);
    free(flow->callback_given);
    wsub_buf_done(&flow->secret);
    free(flow);
}

static struct wsub_submission submission_of(const struct flow *flow)
{
    return (struct wsub_submission){
        .ref = &flow->ref,
        .cd = flow->cd,
        .subscribe = true,
        .way = WSUB_SUBMISSION_TRUST,
        .topic = flow->topic,
        .callback = flow->callback,
        .topic_given = flow->topic_given,
        .callback_given = flow->callback_given,
        .lease_s = flow->lease_s,
        .secret = flow->secret.data,
        .secret_len = flow->secret.len,
        .reason = "",
        .ordered = flow->ordered,
        .choices = flow->choices,
        .verify_token = "",
        .client = "-", /* not counted */
        .is_unbounded = true,
    };
}

static void on_confirmed(enum wsub_err err, void *arg)
{
    struct flow *flow = arg;

    if (err == WSUB_OK)
        wsub_metric_add(&hub_stats[HUB_STAT_SUBSCRIBE], 1);
    finish(flow, err != WSUB_OK    ? HUB_ENROLLED_FAILED
                 : flow->was_there ? HUB_ENROLLED_RENEWED
                                   : HUB_ENROLLED_NEW);
}

static void on_submitted(const struct wsub_submitted *submitted, void *arg)
{
    struct flow *flow = arg;
    struct wsub_submission submission = submission_of(flow);

    if (submitted->err == WSUB_OK)
        wsub_submissions_confirm(flow->hub->store, &submission,
                                 submitted->generation, on_confirmed, flow);
    else
        finish(flow, HUB_ENROLLED_FAILED);
}

static void on_looked(enum wsub_err err, const char *after,
                      const struct wsub_subscription_row *rows, size_t count,
                      void *arg)
{
    struct flow *flow = arg;
    struct wsub_submission submission = submission_of(flow);

    (void)after;
    (void)rows;
    flow->was_there = count > 0;
    if (err != WSUB_OK)
        finish(flow, HUB_ENROLLED_FAILED);
    else if (flow->was_there && flow->only_new)
        finish(flow, HUB_ENROLLED_UNCHANGED);
    else
        wsub_submissions_add(flow->hub->store, &submission, on_submitted, flow);
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
    struct flow *flow = wsub_calloc(1, sizeof(*flow));

    *flow = (struct flow){
        .hub = hub,
        .only_new = only_new,
        .cb = cb,
        .arg = arg,
        .topic = wsub_strdup(params->topic.data),
        .callback = wsub_strdup(params->callback.data),
        .topic_given = wsub_strdup(params->topic_given),
        .callback_given = wsub_strdup(params->callback_given),
        .lease_s = params->lease_s,
        .ordered = params->ordered,
        .choices = params->choices,
        .ref = wsub_topic_ref(hub->store, params->topic.data),
    };
    wsub_digest(params->callback.data, params->callback.len, flow->cd);
    hub_subscription_seal(hub, params, &flow->ref, flow->cd, &flow->secret);
    wsub_subscription_find(hub->store, flow->ref.shard, flow->ref.digest,
                           flow->cd, on_looked, flow);
}
