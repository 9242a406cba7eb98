#include "hub/pull/topic_check.h"

#include "common/http/policy.h"
#include "hub/params.h"
#include "hub/pull/topics.h"

const char *hub_pull_topic_check(const struct hub *hub, const char *value,
                                 struct wsub_buf *text)
{
    struct wsub_buf normal = {0};
    const char *fault =
        hub_topic_fault(hub, value, WSUB_TOPIC_SUBSCRIBE, &normal);

    if (fault == NULL)
        fault = hub_reach_fault(hub, normal.data);
    if (fault == NULL && !wsub_policy_serves(hub->config, normal.data))
        fault = "is none that this hub serves";
    if (fault == NULL)
        hub_pull_topics_add(text, normal.data);
    wsub_buf_done(&normal);
    return fault;
}
