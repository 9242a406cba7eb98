#include "hub/pull/admission.h"

#include <string.h>

#include "common/http/request.h"
#include "common/http/respond.h"
#include "hub/policy.h"
#include "hub/pull/refusal.h"

enum hub_pull_admission hub_pull_admit(const struct hub *hub,
                                       const struct hub_pull_topics *topics,
                                       const char *authorization)
{
    enum hub_pull_admission result = HUB_PULL_ADMITTED;
    const char *topic = topics->cut;

    if (topics->count == 0 &&
        !hub_policy_admits_subscriber(hub, "", authorization))
        return HUB_PULL_NO_TOKEN;
    for (size_t i = 0; i < topics->count; i++) {
        if (!hub_policy_admits_subscriber(hub, topic, authorization))
            return HUB_PULL_NO_TOKEN;
        if (hub_policy_of(hub, topic)->is_deleted)
            result = HUB_PULL_DELETED;
        topic += strlen(topic) + 1;
    }
    return result;
}

void hub_pull_refuse_token(struct wsub_http_request *req)
{
    wsub_http_respond_header(req, "WWW-Authenticate", "Bearer");
    hub_pull_refuse(req, 401, "a valid bearer token is needed");
}

bool hub_pull_may_have(const struct hub *hub, struct wsub_http_request *req,
                       const struct hub_pull_topics *topics, bool is_new)
{
    enum hub_pull_admission admission =
        hub_pull_admit(hub, topics, wsub_http_header(req, "Authorization"));

    if (admission == HUB_PULL_NO_TOKEN)
        hub_pull_refuse_token(req);
    else if (admission == HUB_PULL_DELETED && is_new)
        hub_pull_refuse(req, 410, "the topics below this prefix were deleted");
    else
        return true;
    return false;
}
