#include "common/http/budget.h"

/* A client with such a part of the budget goes behind the others: enough for a
 * large body, and too little for one client to hold all that there is. */
#define HEAVY_PART 8

static bool waits(const struct wsub_http_share *share)
{
    return share->wanted > share->bytes;
}

static void tell(struct wsub_http_budget *budget)
{
    if (budget->on_load != NULL)
        budget->on_load(&budget->load, budget->arg);
}

static bool is_heavy(const struct wsub_http_budget *budget,
                     const struct wsub_http_share *share)
{
    return share->payer != NULL &&
           share->payer->bytes >= budget->load.max_bytes / HEAVY_PART;
}

/* The lower, the sooner it is served. */
static unsigned rank(const struct wsub_http_budget *budget,
                     const struct wsub_http_share *share)
{
    return 2u * is_heavy(budget, share) + (share->bytes == 0);
}

static struct wsub_http_share *
first_light(const struct wsub_http_budget *budget,
            const struct wsub_http_shares *queue)
{
    struct wsub_http_share *share;

    TAILQ_FOREACH(share, queue, next_waiting)
    if (!is_heavy(budget, share))
        return share;
    return NULL;
}

/* The one that is served next; NULL when none waits.  What it has to pass by are
 * waiting bodies of heavy clients: at most their connections. */
static struct wsub_http_share *first(const struct wsub_http_budget *budget)
{
    struct wsub_http_share *share = first_light(budget, &budget->growing);

    if (share == NULL)
        share = first_light(budget, &budget->fresh);
    if (share == NULL)
        share = TAILQ_FIRST(&budget->growing);
    if (share == NULL)
        share = TAILQ_FIRST(&budget->fresh);
    return share;
}

static bool fits(const struct wsub_http_budget *budget,
                 const struct wsub_http_share *share)
{
    const struct wsub_http_load *load = &budget->load;
    size_t others = load->used_bytes - share->bytes;

    return others == 0 || (share->wanted <= load->max_bytes &&
                           others <= load->max_bytes - share->wanted);
}

/* Whether it gets what it wants now, if it is the next one. */
static bool may_have(struct wsub_http_budget *budget,
                     struct wsub_http_share *share)
{
    if (fits(budget, share) || budget->favoured == share)
        return true;
    if (share->bytes == 0 || budget->favoured != NULL)
        return false;
    budget->favoured = share;
    return true;
}

static void give(struct wsub_http_budget *budget, struct wsub_http_share *share)
{
    budget->load.used_bytes += share->wanted - share->bytes;
    if (share->payer != NULL)
        share->payer->bytes += share->wanted - share->bytes;
    share->bytes = share->wanted;
}

static struct wsub_http_shares *queue_of(struct wsub_http_budget *budget,
                                         const struct wsub_http_share *share)
{
    return share->bytes > 0 ? &budget->growing : &budget->fresh;
}

static void leave_queue(struct wsub_http_share *share)
{
    TAILQ_REMOVE(queue_of(share->budget, share), share, next_waiting);
    share->budget->load.waiting--;
}

/* The one that gets what it wants now; NULL when there is none.  Where the first
 * has to wait for others to end, one that grows is favoured: it might be all of
 * these that wait. */
static struct wsub_http_share *next(struct wsub_http_budget *budget)
{
    struct wsub_http_share *share = first(budget);

    if (share == NULL || may_have(budget, share))
        return share;
    share = TAILQ_FIRST(&budget->growing);
    return share != NULL && may_have(budget, share) ? share : NULL;
}

/* One at a time: what is given may free the budget. */
static void on_given(void *arg)
{
    struct wsub_http_budget *budget = arg;
    struct wsub_http_share *share = next(budget);

    if (share == NULL)
        return;
    leave_queue(share);
    give(budget, share);
    if (budget->load.waiting > 0)
        wsub_timer_now(&budget->giving);
    tell(budget);
    share->on_held(share);
}

void wsub_http_budget_init(struct wsub_http_budget *budget,
                           struct event_base *base, size_t max_bytes,
                           wsub_http_load_cb *on_load, void *arg)
{
    *budget = (struct wsub_http_budget){
        .load.max_bytes = max_bytes > 0 ? max_bytes : SIZE_MAX,
        .on_load = on_load,
        .arg = arg,
    };
    TAILQ_INIT(&budget->holders);
    TAILQ_INIT(&budget->growing);
    TAILQ_INIT(&budget->fresh);
    wsub_timer_init(&budget->giving, base, on_given, budget);
}

void wsub_http_budget_disown(struct wsub_http_share *share)
{
    if (share->payer != NULL)
        share->payer->bytes -= share->bytes;
    share->payer = NULL;
}

static void forget(struct wsub_http_share *share)
{
    if (share->payer != NULL)
        share->payer->bytes -= share->bytes;
    TAILQ_REMOVE(&share->budget->holders, share, next_holder);
    share->budget = NULL;
    share->bytes = share->wanted = 0;
}

void wsub_http_budget_done(struct wsub_http_budget *budget)
{
    while (!TAILQ_EMPTY(&budget->holders))
        forget(TAILQ_FIRST(&budget->holders));
    wsub_timer_done(&budget->giving);
}

/* Waits behind the others of its kind. */
static void wait_for_more(struct wsub_http_budget *budget,
                          struct wsub_http_share *share)
{
    TAILQ_INSERT_TAIL(queue_of(budget, share), share, next_waiting);
    budget->load.waiting++;
    budget->load.waited++;
}

bool wsub_http_budget_take(struct wsub_http_budget *budget,
                           struct wsub_http_share *share, size_t bytes)
{
    const struct wsub_http_share *before;

    if (bytes <= share->bytes)
        return true;
    if (waits(share))
        return false;
    if (share->budget == NULL)
        TAILQ_INSERT_TAIL(&budget->holders, share, next_holder);
    share->budget = budget;
    share->wanted = bytes;
    before = first(budget);
    if ((share == budget->favoured || before == NULL ||
         rank(budget, share) < rank(budget, before)) &&
        may_have(budget, share)) {
        give(budget, share);
    } else {
        wait_for_more(budget, share);
        wsub_timer_now(&budget->giving);
    }
    tell(budget);
    return !waits(share);
}

void wsub_http_budget_return(struct wsub_http_share *share)
{
    struct wsub_http_budget *budget = share->budget;

    if (budget == NULL)
        return;
    if (waits(share))
        leave_queue(share);
    if (budget->favoured == share)
        budget->favoured = NULL;
    budget->load.used_bytes -= share->bytes;
    forget(share);
    if (budget->load.waiting > 0)
        wsub_timer_now(&budget->giving);
    tell(budget);
}
