#include "spreader/alerts/mismatches.h"

#include <stdlib.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/cluster/shard_stats.h"
#include "common/store/alerts.h"
#include "common/store/store.h"

#define LOOK_MS 1000
/* With the time for which a condition counts: five minutes. */
#define SAID_MS (300000 - WSUB_CONDITION_MS)

struct spread_mismatches {
    struct wsub_store *store; /* borrowed */
    struct wsub_timer look;
    struct spread_mismatch mismatch;
};

void spread_mismatch_note(struct spread_mismatch *mismatch, uint64_t counted,
                          uint64_t now_ms)
{
    if (counted == mismatch->counted)
        return;
    *mismatch = (struct spread_mismatch){.counted = counted, .at_ms = now_ms};
}

bool spread_mismatch_due(struct spread_mismatch *mismatch, uint64_t now_ms)
{
    if (mismatch->at_ms == 0 || now_ms - mismatch->at_ms >= SAID_MS)
        return false;
    if (mismatch->said_ms != 0 &&
        now_ms - mismatch->said_ms < WSUB_CONDITION_AGAIN_MS)
        return false;
    mismatch->said_ms = now_ms;
    return true;
}

static void on_look(void *arg)
{
    static const struct wsub_alert condition = {
        .kind = WSUB_ALERT_LEADER_MISMATCH,
        .subject = "",
        .detail = "two processes took themselves for the coordinator, or "
                  "nobody could become it",
    };
    struct spread_mismatches *mismatches = arg;
    uint64_t now_ms = wsub_now_ms();

    spread_mismatch_note(&mismatches->mismatch,
                         wsub_shard_stats[WSUB_SHARD_STAT_MISMATCHES].value,
                         now_ms);
    if (wsub_store_up(mismatches->store) &&
        spread_mismatch_due(&mismatches->mismatch, now_ms))
        wsub_condition_say(mismatches->store, &condition);
}

struct spread_mismatches *spread_mismatches_new(struct event_base *base,
                                                struct wsub_store *store)
{
    struct spread_mismatches *mismatches = wsub_calloc(1, sizeof(*mismatches));

    mismatches->store = store;
    wsub_timer_every_ms(&mismatches->look, base, LOOK_MS, on_look, mismatches);
    return mismatches;
}

void spread_mismatches_free(struct spread_mismatches *mismatches)
{
    if (mismatches == NULL)
        return;
    wsub_timer_done(&mismatches->look);
    free(mismatches);
}
