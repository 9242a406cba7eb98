#include "hub/deny.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/topic.h"

#define PAGE 200 /* subscriptions in one script call: some 5 ms of Redis */

struct walk {
    struct hub *hub;
    char *topic;  /* owned; normalized */
    char *reason; /* owned */
    struct wsub_topic_ref ref;
    char cd[WSUB_DIGEST_LEN + 1];    /* "-": every callback */
    char after[WSUB_DIGEST_LEN + 1]; /* the page before ended with this CD */
    uint64_t ended;
    hub_deny_cb *done;
    void *arg; /* borrowed; given to done */
};

static void page(struct walk *walk);

static void finish(struct walk *walk, enum wsub_err err)
{
    walk->done(err, walk->ended, walk->arg);
    free(walk->topic);
    free(walk->reason);
    free(walk);
}

/* The reply is {subscriptions ended, CD to go on after}. */
static void on_page(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct walk *walk = arg;

    if (err == WSUB_ERR_REFUSED)
        wsub_log_error("denial-refused", WSUB_KV("error", reply->str));
    if (err == WSUB_OK && reply->element[0]->integer < 0)
        err = WSUB_ERR_UNAVAILABLE; /* too many verifications wait */
    if (err != WSUB_OK) {
        finish(walk, err);
        return;
    }
    walk->ended += (uint64_t)reply->element[0]->integer;
    snprintf(walk->after, sizeof(walk->after), "%s", reply->element[1]->str);
    if (walk->after[0] != '\0')
        page(walk);
    else
        finish(walk, WSUB_OK);
}

static void page(struct walk *walk)
{
    struct wsub_store *store = walk->hub->store;
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, walk->ref.shard, WSUB_SCRIPT_DENY);
    wsub_cmd_str(&cmd, walk->ref.digest);
    wsub_cmd_str(&cmd, walk->topic);
    wsub_cmd_str(&cmd, walk->cd);
    wsub_cmd_str(&cmd, walk->reason);
    wsub_cmd_str(&cmd, walk->after);
    wsub_cmd_u64(&cmd, PAGE);
    wsub_cmd_u64(&cmd, HUB_VERIFY_WAITING_MAX);
    if (wsub_store_send(store, walk->ref.shard, &cmd, on_page, walk) != WSUB_OK)
        finish(walk, WSUB_ERR_UNAVAILABLE);
}

void hub_deny(struct hub *hub, const char *topic, const char *cd,
              const char *reason, hub_deny_cb *done, void *arg)
{
    struct walk *walk = wsub_calloc(1, sizeof(*walk));

    walk->hub = hub;
    walk->topic = wsub_strdup(topic);
    walk->reason = wsub_strdup(reason);
    walk->ref = wsub_topic_ref(hub->store, topic);
    snprintf(walk->cd, sizeof(walk->cd), "%s", cd != NULL ? cd : "-");
    walk->done = done;
    walk->arg = arg;
    page(walk);
}
