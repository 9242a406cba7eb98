#include "hub/policy.h"

#include "common/groups/groups.h"
#include "hub/errors.h"
#include "hub/params.h"

bool hub_policy_ready(const struct hub *hub, struct wsub_http_request *req)
{
    if (wsub_groups_ready(hub->groups))
        return true;
    hub_refuse_unavailable(req);
    return false;
}

const struct wsub_policy *hub_policy_of(const struct hub *hub,
                                        const char *topic)
{
    return wsub_groups_find(hub->groups, topic);
}

const struct wsub_policy *
hub_policy_of_query(const struct hub *hub, const struct wsub_http_request *req,
                    enum wsub_topic_use use)
{
    const struct wsub_policy *policy = hub_policy_of(hub, "");
    struct hub_errors errors = {0};
    struct wsub_buf topic = {0};
    struct wsub_form query;
    const char *given = NULL;

    if (hub_params_query(req, &errors, &query)) {
        if (wsub_form_find(&query, "hub.topic", &given) == 1 &&
            hub_topic_fault(hub, given, use, &topic) == NULL)
            policy = hub_policy_of(hub, topic.data);
        wsub_form_done(&query);
    }
    hub_errors_done(&errors);
    wsub_buf_done(&topic);
    return policy;
}

static const struct wsub_policy_tokens *
tokens_of(const struct wsub_policy *policy, enum hub_token_use use)
{
    return use == HUB_TOKEN_PUBLISH ? &policy->publish : &policy->subscribe;
}

bool hub_policy_shows(const struct hub *hub, const struct wsub_policy *policy,
                      enum hub_token_use use, const char *authorization)
{
    const struct wsub_policy_tokens *tokens = tokens_of(policy, use);
    const char *token = hub_tokens_bearer(authorization);

    if (!tokens->said)
        return hub_tokens_has(hub->tokens, use, authorization);
    return token != NULL && wsub_policy_tokens_have(tokens, token);
}

bool hub_policy_admits(const struct hub *hub, const struct wsub_policy *policy,
                       enum hub_token_use use, const char *authorization)
{
    if (!tokens_of(policy, use)->said && !hub_tokens_needs(hub->tokens, use))
        return true;
    return hub_policy_shows(hub, policy, use, authorization);
}

static bool is_operator(const struct hub *hub, const char *authorization)
{
    return hub_tokens_has(hub->tokens, HUB_TOKEN_ADMIN, authorization) ||
           hub_tokens_has(hub->tokens, HUB_TOKEN_ADMIN_READ, authorization);
}

struct client {
    const struct hub *hub;
    const char *authorization;
    enum hub_token_use use;
};

static bool admits(const struct wsub_policy *policy, void *arg)
{
    const struct client *client = arg;

    return hub_policy_admits(client->hub, policy, client->use,
                             client->authorization);
}

bool hub_policy_admits_subscriber(const struct hub *hub, const char *topic,
                                  const char *authorization)
{
    struct client client = {hub, authorization, HUB_TOKEN_SUBSCRIBE};

    if (wsub_topic_is_reserved(topic))
        return is_operator(hub, authorization);
    return admits(hub_policy_of(hub, topic), &client) &&
           wsub_group_table_guarded(wsub_groups_table(hub->groups), topic,
                                    admits, &client);
}

bool hub_policy_may_be(const struct hub *hub, enum hub_token_use use,
                       const char *authorization)
{
    const char *token = hub_tokens_bearer(authorization);

    if (!hub_tokens_needs(hub->tokens, use) ||
        hub_tokens_has(hub->tokens, use, authorization) ||
        is_operator(hub, authorization))
        return true;
    return token != NULL &&
           wsub_group_table_knows(wsub_groups_table(hub->groups), token);
}

void hub_policy_refuse_gone(struct wsub_http_request *req)
{
    hub_refuse(req, HUB_FAULT_GONE, NULL,
               "The topics below this prefix were deleted.");
}
