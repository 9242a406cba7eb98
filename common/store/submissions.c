#include "common/store/submissions.h"

#include <string.h>

#include "common/store/quota.h"
#include "common/store/store.h"

/* An operator's denials wait beside as many requests of strangers. */
#define DENIALS_WAIT_TOO 2
#define OTHER_BOUNDS 5 /* of request.lua, behind those that wait */

static const char *const way_names[] = {[WSUB_SUBMISSION_VERIFY] = "verify",
                                        [WSUB_SUBMISSION_TRUST] = "trust",
                                        [WSUB_SUBMISSION_VALIDATE] = "validate",
                                        [WSUB_SUBMISSION_DENY] = "deny"};

/* The reply of request.lua: the generation, 0 or minus a bound; or, where it was
 * confirmed, the generation and whether it was active. */
static void parse_submitted(enum wsub_err err, const struct redisReply *reply,
                            wsub_store_cb *cb, void *arg)
{
    wsub_submitted_cb *on_submitted = (wsub_submitted_cb *)cb;
    struct wsub_submitted submitted = {.err = err};

    if (err != WSUB_OK) {
        on_submitted(&submitted, arg);
        return;
    }
    if (reply->type == REDIS_REPLY_ARRAY) {
        submitted.was_active = reply->element[1]->integer == 1;
    } else if (reply->integer == 0) {
        submitted.err = WSUB_ERR_NOT_FOUND;
    } else if (reply->integer < 0) {
        submitted.err = WSUB_ERR_FULL;
        submitted.bound = (enum wsub_submission_bound) - reply->integer;
    }
    on_submitted(&submitted, arg);
}

/* 0 is no limit, but of those that wait. */
static void add_bounds(struct wsub_cmd *cmd, const struct wsub_store *store,
                       bool is_unbounded)
{
    const struct wsub_config *config = wsub_store_config(store);

    if (is_unbounded) {
        wsub_cmd_u64(cmd, UINT32_MAX);
        for (int i = 0; i < OTHER_BOUNDS; i++)
            wsub_cmd_u64(cmd, 0);
        return;
    }
    wsub_cmd_u64(cmd, wsub_quota_part(store, config->max_pending));
    wsub_cmd_u64(cmd, config->max_pending_per_host);
    wsub_cmd_u64(cmd, config->max_pending_per_client);
    wsub_quota_args(cmd, store);
}

static void add_trust(struct wsub_cmd *cmd, const struct wsub_store *store,
                      const struct wsub_submission *s)
{
    bool has_replicas =
        strcmp(s->topic, WSUB_TOPIC_ALL) == 0 && wsub_store_shards(store) > 1;

    wsub_cmd_str(cmd, s->only_new ? "new" : "any");
    wsub_cmd_str(cmd, has_replicas ? "replicas" : "-");
    wsub_cmd_str(cmd, s->is_paused ? "paused" : "-");
}

void wsub_submissions_add(struct wsub_store *store,
                          const struct wsub_submission *s,
                          wsub_submitted_cb *cb, void *arg)
{
    struct wsub_cmd cmd;
    char choices[WSUB_CHOICES_BYTES], host[WSUB_QUOTA_HOST_BYTES];

    wsub_quota_host(s->callback, host);
    wsub_choices_print(&s->choices, choices);
    wsub_store_script(&cmd, store, s->ref->shard, WSUB_SCRIPT_REQUEST);
    wsub_cmd_str(&cmd, s->ref->digest);
    wsub_cmd_str(&cmd, s->cd);
    wsub_cmd_str(&cmd, s->subscribe ? "s" : "u");
    wsub_cmd_str(&cmd, s->topic);
    wsub_cmd_str(&cmd, s->topic_given);
    wsub_cmd_str(&cmd, s->callback_given);
    wsub_cmd_u64(&cmd, s->lease_s);
    wsub_cmd_arg(&cmd, s->secret, s->secret_len);
    wsub_cmd_str(&cmd, way_names[s->way]);
    wsub_cmd_str(&cmd, s->reason);
    wsub_cmd_str(&cmd, s->ordered ? "1" : "0");
    wsub_cmd_str(&cmd, choices);
    wsub_cmd_str(&cmd, s->verify_token);
    wsub_cmd_str(&cmd, host);
    wsub_cmd_str(&cmd, s->client);
    wsub_cmd_str(&cmd, s->memory_high ? "1" : "0");
    add_bounds(&cmd, store, s->is_unbounded);
    if (s->way == WSUB_SUBMISSION_TRUST)
        add_trust(&cmd, store, s);
    wsub_store_once(store, s->ref->shard, &cmd, parse_submitted,
                    (wsub_store_cb *)cb, arg);
}

/* The reply of deny.lua: subscriptions ended or -1, CD to go on after. */
static void parse_denied(enum wsub_err err, const struct redisReply *reply,
                         wsub_store_cb *cb, void *arg)
{
    wsub_denied_cb *on_denied = (wsub_denied_cb *)cb;

    if (err == WSUB_OK && reply->element[0]->integer < 0)
        err = WSUB_ERR_FULL;
    if (err == WSUB_OK)
        on_denied(err, (uint64_t)reply->element[0]->integer,
                  reply->element[1]->str, arg);
    else
        on_denied(err, 0, "", arg);
}

void wsub_submissions_deny(struct wsub_store *store,
                           const struct wsub_denial_page *page,
                           wsub_denied_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, page->ref->shard, WSUB_SCRIPT_DENY);
    wsub_cmd_str(&cmd, page->ref->digest);
    wsub_cmd_str(&cmd, page->topic);
    wsub_cmd_str(&cmd, page->cd != NULL ? page->cd : "-");
    wsub_cmd_str(&cmd, page->reason);
    wsub_cmd_str(&cmd, page->after);
    wsub_cmd_u64(&cmd, page->limit);
    wsub_cmd_u64(&cmd, DENIALS_WAIT_TOO *
                           (uint64_t)wsub_quota_part(
                               store, wsub_store_config(store)->max_pending));
    wsub_store_once(store, page->ref->shard, &cmd, parse_denied,
                    (wsub_store_cb *)cb, arg);
}
