#include "common/store/eviction_policy.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/store/calls.h"

#define POLICY_BYTES 40

/* A send that fails means that the link broke; its coming up again asks anew. */
static void send_cmd(struct wsub_eviction_policy *policy, struct wsub_cmd *cmd,
                     wsub_redis_cb *cb)
{
    (void)!wsub_calls_send(policy->calls, cmd,
                           &(struct wsub_call_options){
                               .cb = (wsub_store_cb *)cb,
                               .arg = policy,
                           });
}

static void on_memory(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    static const char name[] = "\nmaxmemory_policy:";
    const struct wsub_eviction_policy *policy = arg;
    const char *at =
        err == WSUB_OK && reply->str != NULL ? strstr(reply->str, name) : NULL;
    char known[POLICY_BYTES] = "";

    if (err == WSUB_ERR_UNAVAILABLE)
        return;
    if (at != NULL)
        snprintf(known, sizeof(known), "%.*s",
                 (int)strcspn(at + strlen(name), "\r\n"), at + strlen(name));
    else
        wsub_log_warn("redis-policy-unknown",
                      WSUB_KE("error", err == WSUB_ERR_REFUSED
                                           ? reply->str
                                           : "INFO does not tell it"));
    policy->on_known(known, policy->arg);
}

static void ask_memory(struct wsub_eviction_policy *policy)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "INFO");
    wsub_cmd_str(&cmd, "memory");
    send_cmd(policy, &cmd, on_memory);
}

static void on_config(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct wsub_eviction_policy *policy = arg;

    if (err == WSUB_ERR_UNAVAILABLE)
        return;
    if (err == WSUB_OK && reply->type == REDIS_REPLY_ARRAY &&
        reply->elements == 2 && reply->element[1]->str[0] != '\0')
        policy->on_known(reply->element[1]->str, policy->arg);
    else
        ask_memory(policy);
}

void wsub_eviction_policy_ask(struct wsub_eviction_policy *policy)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "CONFIG");
    wsub_cmd_str(&cmd, "GET");
    wsub_cmd_str(&cmd, "maxmemory-policy");
    send_cmd(policy, &cmd, on_config);
}
