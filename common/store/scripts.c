#include "common/store/scripts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/store/lua_texts.h"

#define SCRIPT(name_)                                                          \
    {                                                                          \
        .name = #name_, .body = wsub_lua_##name_                               \
    }

static struct wsub_script scripts[WSUB_SCRIPT_MAX_] = {
    [WSUB_SCRIPT_ALERTS] = SCRIPT(alerts),
    [WSUB_SCRIPT_ALERT_NOTICES] = SCRIPT(alert_notices),
    [WSUB_SCRIPT_ANNOUNCE] = SCRIPT(announce),
    [WSUB_SCRIPT_ANNOUNCED] = SCRIPT(announced),
    [WSUB_SCRIPT_ATTEMPTS] = SCRIPT(attempts),
    [WSUB_SCRIPT_BEGIN] = SCRIPT(begin),
    [WSUB_SCRIPT_BURIED] = SCRIPT(buried),
    [WSUB_SCRIPT_BURY] = SCRIPT(bury),
    [WSUB_SCRIPT_CLAIM] = SCRIPT(claim),
    [WSUB_SCRIPT_COMMAND] = SCRIPT(command),
    [WSUB_SCRIPT_CRASHES] = SCRIPT(crashes),
    [WSUB_SCRIPT_DENY] = SCRIPT(deny),
    [WSUB_SCRIPT_DEREGISTER] = SCRIPT(deregister),
    [WSUB_SCRIPT_DUE] = SCRIPT(due),
    [WSUB_SCRIPT_EVENT_POSITION] = SCRIPT(event_position),
    [WSUB_SCRIPT_EVENT_STATUS] = SCRIPT(event_status),
    [WSUB_SCRIPT_EXTEND] = SCRIPT(extend),
    [WSUB_SCRIPT_FETCHED] = SCRIPT(fetched),
    [WSUB_SCRIPT_FETCH_STATE] = SCRIPT(fetch_state),
    [WSUB_SCRIPT_FREE] = SCRIPT(free),
    [WSUB_SCRIPT_GROUPS] = SCRIPT(groups),
    [WSUB_SCRIPT_GROUP_APPLY] = SCRIPT(group_apply),
    [WSUB_SCRIPT_GROUP_CHANGES] = SCRIPT(group_changes),
    [WSUB_SCRIPT_GROUP_DELETE] = SCRIPT(group_delete),
    [WSUB_SCRIPT_GROUP_PUT] = SCRIPT(group_put),
    [WSUB_SCRIPT_HAND_OVER] = SCRIPT(hand_over),
    [WSUB_SCRIPT_HEALTH_ASK] = SCRIPT(health_ask),
    [WSUB_SCRIPT_HEALTH_COUNT] = SCRIPT(health_count),
    [WSUB_SCRIPT_HEALTH_HOSTS] = SCRIPT(health_hosts),
    [WSUB_SCRIPT_HEALTH_INDEX] = SCRIPT(health_index),
    [WSUB_SCRIPT_HEALTH_KEYS] = SCRIPT(health_keys),
    [WSUB_SCRIPT_HEALTH_NOTE] = SCRIPT(health_note),
    [WSUB_SCRIPT_HEALTH_ORDERS] = SCRIPT(health_orders),
    [WSUB_SCRIPT_HEALTH_REPAIR] = SCRIPT(health_repair),
    [WSUB_SCRIPT_HEALTH_SLOT] = SCRIPT(health_slot),
    [WSUB_SCRIPT_HEARTBEAT] = SCRIPT(heartbeat),
    [WSUB_SCRIPT_HOLD] = SCRIPT(hold),
    [WSUB_SCRIPT_HOST_ORDER] = SCRIPT(host_order),
    [WSUB_SCRIPT_INSTANCE_LIST] = SCRIPT(instance_list),
    [WSUB_SCRIPT_LEADER] = SCRIPT(leader),
    [WSUB_SCRIPT_LEAVE] = SCRIPT(leave),
    [WSUB_SCRIPT_LETTERS] = SCRIPT(letters),
    [WSUB_SCRIPT_MENDING] = SCRIPT(mending),
    [WSUB_SCRIPT_NEXT_EVENT] = SCRIPT(next_event),
    [WSUB_SCRIPT_PAGE] = SCRIPT(page),
    [WSUB_SCRIPT_PAUSE] = SCRIPT(pause),
    [WSUB_SCRIPT_POSTPONE] = SCRIPT(postpone),
    [WSUB_SCRIPT_PROMOTE] = SCRIPT(promote),
    [WSUB_SCRIPT_PULL_ADD] = SCRIPT(pull_add),
    [WSUB_SCRIPT_PULL_BEGIN] = SCRIPT(pull_begin),
    [WSUB_SCRIPT_PULL_END] = SCRIPT(pull_end),
    [WSUB_SCRIPT_PULL_EXPIRE] = SCRIPT(pull_expire),
    [WSUB_SCRIPT_PULL_IN] = SCRIPT(pull_in),
    [WSUB_SCRIPT_PULL_PAGE] = SCRIPT(pull_page),
    [WSUB_SCRIPT_PULL_REMOVE] = SCRIPT(pull_remove),
    [WSUB_SCRIPT_PULL_TAIL] = SCRIPT(pull_tail),
    [WSUB_SCRIPT_PULL_TAKE] = SCRIPT(pull_take),
    [WSUB_SCRIPT_PULL_UPDATE] = SCRIPT(pull_update),
    [WSUB_SCRIPT_PULL_WANT] = SCRIPT(pull_want),
    [WSUB_SCRIPT_PUSH] = SCRIPT(push),
    [WSUB_SCRIPT_REGISTER] = SCRIPT(register),
    [WSUB_SCRIPT_REJECT] = SCRIPT(reject),
    [WSUB_SCRIPT_RELEASE] = SCRIPT(release),
    [WSUB_SCRIPT_REMOVE] = SCRIPT(remove),
    [WSUB_SCRIPT_RENEW] = SCRIPT(renew),
    [WSUB_SCRIPT_REPLAY_ADD] = SCRIPT(replay_add),
    [WSUB_SCRIPT_REPLAY_CANCEL] = SCRIPT(replay_cancel),
    [WSUB_SCRIPT_REPLAY_LIST] = SCRIPT(replay_list),
    [WSUB_SCRIPT_REPLAY_PAGE] = SCRIPT(replay_page),
    [WSUB_SCRIPT_REPLICATE] = SCRIPT(replicate),
    [WSUB_SCRIPT_REQUEST] = SCRIPT(request),
    [WSUB_SCRIPT_RESHARD_ADD] = SCRIPT(reshard_add),
    [WSUB_SCRIPT_RESHARD_DROP] = SCRIPT(reshard_drop),
    [WSUB_SCRIPT_RESHARD_KEY] = SCRIPT(reshard_key),
    [WSUB_SCRIPT_RESHARD_NOTE] = SCRIPT(reshard_note),
    [WSUB_SCRIPT_RESHARD_ORDER] = SCRIPT(reshard_order),
    [WSUB_SCRIPT_RESHARD_PUT] = SCRIPT(reshard_put),
    [WSUB_SCRIPT_RESHARD_STREAM] = SCRIPT(reshard_stream),
    [WSUB_SCRIPT_RESTART] = SCRIPT(restart),
    [WSUB_SCRIPT_RESUME] = SCRIPT(resume),
    [WSUB_SCRIPT_SEAL] = SCRIPT(seal),
    [WSUB_SCRIPT_SECRETS] = SCRIPT(secrets),
    [WSUB_SCRIPT_SETTLE] = SCRIPT(settle),
    [WSUB_SCRIPT_SHARD_STATUS] = SCRIPT(shard_status),
    [WSUB_SCRIPT_SITE_PUT] = SCRIPT(site_put),
    [WSUB_SCRIPT_SPLIT] = SCRIPT(split),
    [WSUB_SCRIPT_SUBSCRIBED_TOPICS] = SCRIPT(subscribed_topics),
    [WSUB_SCRIPT_SUBSCRIPTION_LIST] = SCRIPT(subscription_list),
    [WSUB_SCRIPT_SUBSCRIPTION_WORK] = SCRIPT(subscription_work),
    [WSUB_SCRIPT_SUMS_ADD] = SCRIPT(sums_add),
    [WSUB_SCRIPT_SUMS_LIST] = SCRIPT(sums_list),
    [WSUB_SCRIPT_SWEEP] = SCRIPT(sweep),
    [WSUB_SCRIPT_TAKE] = SCRIPT(take),
    [WSUB_SCRIPT_TEST_EVENT] = SCRIPT(test_event),
    [WSUB_SCRIPT_TOPIC_EVENTS] = SCRIPT(topic_events),
    [WSUB_SCRIPT_TOPIC_STATUS] = SCRIPT(topic_status),
    [WSUB_SCRIPT_UNPARK] = SCRIPT(unpark),
    [WSUB_SCRIPT_VALIDATED] = SCRIPT(validated),
    [WSUB_SCRIPT_VERIFIED] = SCRIPT(verified),
    [WSUB_SCRIPT_WAITING] = SCRIPT(waiting),
};

/* Each behind mending.lua, made when it is wanted first; their bodies owned. */
static struct wsub_script mending[WSUB_SCRIPT_MAX_];

/* Those that take something out of one place before they put it into another, or
 * are called seldom, stand behind mending.lua from the first time on: none ends
 * between the two. */
static const enum wsub_script_id always_mending[] = {
    WSUB_SCRIPT_ANNOUNCED,     WSUB_SCRIPT_DUE,         WSUB_SCRIPT_GROUPS,
    WSUB_SCRIPT_HAND_OVER,     WSUB_SCRIPT_HEALTH_ASK,  WSUB_SCRIPT_HEALTH_NOTE,
    WSUB_SCRIPT_HEALTH_REPAIR, WSUB_SCRIPT_HOLD,        WSUB_SCRIPT_LETTERS,
    WSUB_SCRIPT_POSTPONE,      WSUB_SCRIPT_PROMOTE,     WSUB_SCRIPT_PULL_ADD,
    WSUB_SCRIPT_PULL_EXPIRE,   WSUB_SCRIPT_PULL_REMOVE, WSUB_SCRIPT_SPLIT,
    WSUB_SCRIPT_TAKE,          WSUB_SCRIPT_UNPARK,      WSUB_SCRIPT_VALIDATED,
    WSUB_SCRIPT_VERIFIED,
};

static void name_by_sha1(struct wsub_script *script)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_Digest(script->body, strlen(script->body), hash, &len, EVP_sha1(),
                   NULL) != 1)
        wsub_panic("libcrypto has no SHA-1");
    for (unsigned i = 0; i < len; i++)
        snprintf(script->sha1 + 2 * i, 3, "%02x", hash[i]);
}

void wsub_scripts_init(void)
{
    if (scripts[0].sha1[0] != '\0')
        return;
    for (size_t i = 0; i < WSUB_SCRIPT_MAX_; i++)
        name_by_sha1(&scripts[i]);
}

const struct wsub_script *wsub_script(enum wsub_script_id id)
{
    for (size_t i = 0; i < sizeof(always_mending) / sizeof(*always_mending);
         i++)
        if (id == always_mending[i])
            return wsub_script_mending(&scripts[id]);
    return &scripts[id];
}

const char *wsub_script_name(enum wsub_script_id id)
{
    return scripts[id].name;
}

static bool is_in(const struct wsub_script *table,
                  const struct wsub_script *script)
{
    return script >= table && script < table + WSUB_SCRIPT_MAX_;
}

enum wsub_script_id wsub_script_id_of(const struct wsub_script *script)
{
    const struct wsub_script *table =
        is_in(scripts, script) ? scripts : mending;

    if (!is_in(table, script))
        wsub_panic("%s is no script of the store", script->name);
    return (enum wsub_script_id)(script - table);
}

const struct wsub_script *wsub_script_mending(const struct wsub_script *script)
{
    size_t at =
        script == NULL ? WSUB_SCRIPT_COMMAND : wsub_script_id_of(script);
    struct wsub_script *made = &mending[at];
    struct wsub_buf body = {0};

    if (made->body == NULL) {
        wsub_buf_printf(&body, "%s%s", scripts[WSUB_SCRIPT_MENDING].body,
                        scripts[at].body);
        made->name = scripts[at].name;
        made->body = wsub_buf_take(&body);
        name_by_sha1(made);
    }
    return made;
}
