#include "hub/deny.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/submissions.h"
#include "common/store/topic.h"

#define PAGE 200 /* subscriptions in one call: some 5 ms of Redis */

struct walk {
    struct wsub_store *store; /* borrowed; outlives the walk */
    char *topic;              /* owned; normalized */
    char *reason;             /* owned */
    struct wsub_topic_ref ref;
    char cd[WSUB_DIGEST_LEN + 1];    /* "": every callback */
    char after[WSUB_DIGEST_LEN + 1]; /* the page before ended with this CD */
    uint64_t ended;
    hub_deny_cb *done;
    void *arg; /* borrowed; given to done */
};

static void deny_page(struct walk *walk);

static void finish(struct walk *walk, enum wsub_err err)
{
    walk->done(err, walk->ended, walk->arg);
    free(walk->topic);
    free(walk->reason);
    free(walk);
}

static void on_page(enum wsub_err err, uint64_t ended, const char *after,
                    void *arg)
{
    struct walk *walk = arg;

    walk->ended += ended;
    snprintf(walk->after, sizeof(walk->after), "%s", after);
    if (err == WSUB_OK && walk->after[0] != '\0')
        deny_page(walk);
    else
        finish(walk, err);
}

static void deny_page(struct walk *walk)
{
    wsub_submissions_deny(walk->store,
                          &(struct wsub_denial_page){
                              .ref = &walk->ref,
                              .topic = walk->topic,
                              .cd = walk->cd[0] != '\0' ? walk->cd : NULL,
                              .reason = walk->reason,
                              .after = walk->after,
                              .limit = PAGE,
                          },
                          on_page, walk);
}

void hub_deny(struct wsub_store *store, const char *topic, const char *cd,
              const char *reason, hub_deny_cb *done, void *arg)
{
    struct walk *walk = wsub_calloc(1, sizeof(*walk));

    walk->store = store;
    walk->topic = wsub_strdup(topic);
    walk->reason = wsub_strdup(reason);
    walk->ref = wsub_topic_ref(store, topic);
    snprintf(walk->cd, sizeof(walk->cd), "%s", cd != NULL ? cd : "");
    walk->done = done;
    walk->arg = arg;
    deny_page(walk);
}
