#include "deliver/crashes.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/deliveries.h"

#define BATCH_MAX 256 /* entries in one question */
#define WINDOW_MAX 64
#define IN_COMPANY 2 /* the first crashes, which others may have caused */

TAILQ_HEAD(check_list, deliver_crash_check);

/* Entries of one shard in one question. */
struct batch {
    struct deliver_crashes *crashes;
    struct check_list checks;
    LIST_ENTRY(batch) next;
};

struct deliver_crashes {
    struct wsub_store *store; /* borrowed */
    uint32_t limit;
    struct wsub_timer flush;    /* runs once this turn of the loop is over */
    struct check_list wanted;   /* to be counted */
    struct check_list waiting;  /* to go on after the others */
    size_t going;               /* of them, on their way */
    size_t window;              /* as many may be */
    LIST_HEAD(, batch) batches; /* owned */
};

uint32_t deliver_crashes_count(const struct deliver_crash_check *check)
{
    return check->before + check->counted;
}

bool deliver_crashes_over_limit(const struct deliver_crashes *crashes,
                                const struct deliver_crash_check *check)
{
    return check->counted > 0 && deliver_crashes_count(check) >= crashes->limit;
}

uint32_t deliver_crashes_certain(const struct deliver_crash_check *check)
{
    return check->before +
           (check->counted > IN_COMPANY ? check->counted - IN_COMPANY : 0);
}

static void on_alone(const uint32_t *counts, size_t count, void *arg)
{
    struct deliver_crash_check *check = arg;

    if (count != 1 || counts[0] == 0)
        check->on_settled_elsewhere(check);
    else
        check->on_go(check);
}

static void go_on(struct deliver_crashes *crashes)
{
    struct deliver_crash_check *check;

    while (crashes->going < crashes->window &&
           (check = TAILQ_FIRST(&crashes->waiting)) != NULL) {
        TAILQ_REMOVE(&crashes->waiting, check, next);
        crashes->going++;
        check->is_watched = true;
        if (crashes->window == 1) /* counts the crash before it can happen */
            wsub_deliveries_crashes(crashes->store, check->shard,
                                    WSUB_CRASH_ALONE, &check->claim, 1,
                                    on_alone, check);
        else
            check->on_go(check);
    }
}

static void counted(struct deliver_crashes *crashes,
                    struct deliver_crash_check *check, uint32_t count)
{
    if (count == 0) {
        check->on_settled_elsewhere(check);
        return;
    }
    check->counted = count;
    if (deliver_crashes_count(check) > 1 &&
        !deliver_crashes_over_limit(crashes, check)) {
        TAILQ_INSERT_TAIL(&crashes->waiting, check, next);
        go_on(crashes);
    } else {
        check->on_go(check);
    }
}

static void on_counts(const uint32_t *counts, size_t count, void *arg)
{
    struct batch *batch = arg;
    struct deliver_crashes *crashes = batch->crashes;
    struct deliver_crash_check *check;
    size_t i = 0;

    LIST_REMOVE(batch, next);
    while ((check = TAILQ_FIRST(&batch->checks)) != NULL) {
        TAILQ_REMOVE(&batch->checks, check, next);
        counted(crashes, check, i < count ? counts[i] : 0);
        i++;
    }
    free(batch);
}

/* Counts for the first that is wanted and the others of its shard. */
static void count_first(struct deliver_crashes *crashes)
{
    struct deliver_crash_check *check, *next;
    struct batch *batch = wsub_calloc(1, sizeof(*batch));
    unsigned shard = TAILQ_FIRST(&crashes->wanted)->shard;
    struct wsub_claim claims[BATCH_MAX];
    size_t count = 0;

    TAILQ_INIT(&batch->checks);
    batch->crashes = crashes;
    LIST_INSERT_HEAD(&crashes->batches, batch, next);
    for (check = TAILQ_FIRST(&crashes->wanted);
         check != NULL && count < BATCH_MAX; check = next) {
        next = TAILQ_NEXT(check, next);
        if (check->shard != shard)
            continue;
        TAILQ_REMOVE(&crashes->wanted, check, next);
        TAILQ_INSERT_TAIL(&batch->checks, check, next);
        claims[count++] = check->claim;
    }
    wsub_deliveries_crashes(crashes->store, shard, WSUB_CRASH_TAKEN, claims,
                            count, on_counts, batch);
}

static void on_flush(void *arg)
{
    struct deliver_crashes *crashes = arg;

    while (!TAILQ_EMPTY(&crashes->wanted))
        count_first(crashes);
}

struct deliver_crashes *deliver_crashes_new(struct event_base *base,
                                            struct wsub_store *store,
                                            uint32_t limit)
{
    struct deliver_crashes *crashes = wsub_calloc(1, sizeof(*crashes));

    crashes->store = store;
    crashes->limit = limit;
    wsub_timer_init(&crashes->flush, base, on_flush, crashes);
    TAILQ_INIT(&crashes->wanted);
    TAILQ_INIT(&crashes->waiting);
    LIST_INIT(&crashes->batches);
    crashes->window = 1;
    return crashes;
}

void deliver_crashes_free(struct deliver_crashes *crashes)
{
    struct batch *batch;

    if (crashes == NULL)
        return;
    while ((batch = LIST_FIRST(&crashes->batches)) != NULL) {
        LIST_REMOVE(batch, next);
        free(batch);
    }
    wsub_timer_done(&crashes->flush);
    free(crashes);
}

void deliver_crashes_check(struct deliver_crashes *crashes,
                           struct deliver_crash_check *check)
{
    TAILQ_INSERT_TAIL(&crashes->wanted, check, next);
    wsub_timer_now(&crashes->flush);
}

void deliver_crashes_over(struct deliver_crashes *crashes,
                          struct deliver_crash_check *check)
{
    if (!check->is_watched)
        return;
    check->is_watched = false;
    crashes->going--;
    if (crashes->window < WINDOW_MAX)
        crashes->window *= 2;
    go_on(crashes);
}
