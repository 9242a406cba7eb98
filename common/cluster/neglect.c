#include "common/cluster/neglect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/countdown.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/cluster/member.h"
#include "common/store/shard_hints.h"
#include "common/store/store.h"
#include "common/store/waiting.h"

#define LOOK_MS 5000

enum role { ROLE_DELIVER, ROLE_SPREADER, ROLES };

struct wsub_neglect {
    struct wsub_store *store;         /* borrowed */
    const struct wsub_member *member; /* borrowed */
    struct wsub_timer timer;
    bool looks; /* a look is under way */
    struct wsub_countdown all;
    struct {
        uint64_t entries; /* that wait, so far */
        unsigned shards;  /* with some */
    } found[ROLES];
    bool was_unowned; /* at the look before */
    char reason[WSUB_STATUS_REASON_BYTES];
};

/* The queues that a role works on, up to WSUB_QUEUE_MAX_. */
static const struct {
    enum wsub_program program;
    const char *name, *what;
    enum wsub_queue queues[8];
} roles[ROLES] = {
    [ROLE_DELIVER] = {WSUB_PROGRAM_DELIVER,
                      "deliver",
                      "jobs",
                      {WSUB_QUEUE_OUTBOX, WSUB_QUEUE_BULK, WSUB_QUEUE_VERIFY,
                       WSUB_QUEUE_MAX_}},
    [ROLE_SPREADER] = {WSUB_PROGRAM_SPREADER,
                       "spreader",
                       "pieces of work",
                       {WSUB_QUEUE_LOG, WSUB_QUEUE_OPEN, WSUB_QUEUE_PINGS,
                        WSUB_QUEUE_FETCHES, WSUB_QUEUE_VALIDATIONS,
                        WSUB_QUEUE_RETRY_DUE, WSUB_QUEUE_MAX_}},
};

static bool lives(const struct wsub_neglect *neglect, size_t role)
{
    return wsub_member_lives(neglect->member, roles[role].program);
}

static void on_waiting(enum wsub_err err, const struct wsub_waiting *waiting,
                       void *arg)
{
    struct wsub_neglect *neglect = arg;

    for (size_t r = 0; err == WSUB_OK && r < ROLES; r++) {
        const enum wsub_queue *queue = roles[r].queues;
        uint64_t entries = 0;

        for (; *queue != WSUB_QUEUE_MAX_; queue++)
            entries += waiting->queues[*queue].entries;
        neglect->found[r].entries += entries;
        neglect->found[r].shards += entries > 0;
    }
    wsub_countdown_off(&neglect->all);
}

static void on_all_waiting(void *arg)
{
    struct wsub_neglect *neglect = arg;

    neglect->looks = false;
    neglect->reason[0] = '\0';
    for (size_t r = 0; r < ROLES && neglect->reason[0] == '\0'; r++)
        if (!lives(neglect, r) && neglect->found[r].entries > 0)
            snprintf(neglect->reason, sizeof(neglect->reason),
                     "%" PRIu64 " %s wait in %u %s, and no %s lives",
                     neglect->found[r].entries, roles[r].what,
                     neglect->found[r].shards,
                     neglect->found[r].shards == 1 ? "shard" : "shards",
                     roles[r].name);
}

static void look_at_queues(struct wsub_neglect *neglect)
{
    memset(neglect->found, 0, sizeof(neglect->found));
    wsub_countdown_start(&neglect->all, on_all_waiting, neglect);
    for (unsigned i = 0; i < wsub_store_shards(neglect->store); i++) {
        wsub_countdown_add(&neglect->all);
        wsub_waiting(neglect->store, i, on_waiting, neglect);
    }
    wsub_countdown_off(&neglect->all);
}

/* A shard is nobody's for a moment whenever it changes hands. */
static void on_hints(enum wsub_err err, const bool *owned, void *arg)
{
    struct wsub_neglect *neglect = arg;
    unsigned shards = wsub_store_shards(neglect->store), unowned = 0;

    for (unsigned i = 0; err == WSUB_OK && i < shards; i++)
        unowned += !owned[i];
    neglect->looks = false;
    neglect->reason[0] = '\0';
    if (unowned > 0 && neglect->was_unowned)
        snprintf(neglect->reason, sizeof(neglect->reason),
                 "%u of %u shards have no owner", unowned, shards);
    neglect->was_unowned = unowned > 0;
}

static void on_timer(void *arg)
{
    struct wsub_neglect *neglect = arg;

    if (neglect->looks || !wsub_store_up(neglect->store) ||
        !wsub_member_alive(neglect->member))
        return;
    neglect->looks = true;
    if (lives(neglect, ROLE_DELIVER) && lives(neglect, ROLE_SPREADER))
        wsub_shard_hints(neglect->store, on_hints, neglect);
    else
        look_at_queues(neglect);
}

struct wsub_neglect *wsub_neglect_new(struct event_base *base,
                                      struct wsub_store *store,
                                      const struct wsub_member *member)
{
    struct wsub_neglect *neglect = wsub_calloc(1, sizeof(*neglect));

    neglect->store = store;
    neglect->member = member;
    wsub_timer_every_ms(&neglect->timer, base, LOOK_MS, on_timer, neglect);
    return neglect;
}

void wsub_neglect_free(struct wsub_neglect *neglect)
{
    if (neglect == NULL)
        return;
    wsub_timer_done(&neglect->timer);
    free(neglect);
}

void wsub_neglect_tell(const struct wsub_neglect *neglect,
                       char reason[WSUB_STATUS_REASON_BYTES])
{
    if (reason[0] == '\0')
        snprintf(reason, WSUB_STATUS_REASON_BYTES, "%s", neglect->reason);
}
