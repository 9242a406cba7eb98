/* budget.h - how many bytes the bodies of a server take at once.
 *
 * A large body takes its share once its first 32 KiB have come, before more of it
 * is read, and gives it back with the request: who only announces a body holds
 * nothing.  Where the budget is used up the share waits, first come first
 * served; nothing of the body is read meanwhile.
 *
 *   take -> held                         a body of known length: all at once
 *     |       '-> take more -> held      one in chunks: as it grows
 *     '-> waiting --on_held--> held
 *
 * Those that have begun and want more go before those that have not.  A client
 * that has an eighth of the budget goes behind all others, so that one with many
 * bodies does not hold up those with few.  Of bodies that have begun, one at a
 * time is favoured: it gets what it wants whatever is used, so that bodies which
 * all grow never wait for each other.  So the budget is
 * exceeded by at most one body.  One that is larger than the whole budget is
 * read while there is no other. */
#ifndef WSUB_HTTP_BUDGET_H
#define WSUB_HTTP_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/base/timer.h"

struct event_base;
struct wsub_http_budget;

/* Whose bodies they are; { 0 } at the start. */
struct wsub_http_payer {
    size_t bytes; /* that all its shares hold */
};

/* Embedded in the request whose body it is for; { 0 } but for `on_held` and
 * `payer`. */
struct wsub_http_share {
    /* It waited and has what it wants now; it comes from the loop, and may
     * free the budget. */
    void (*on_held)(struct wsub_http_share *share);

    struct wsub_http_payer *payer; /* borrowed; NULL: nobody known */

    /* budget.c's own: */
    struct wsub_http_budget *budget; /* borrowed; NULL when it holds nothing */
    size_t bytes;                    /* that it holds */
    size_t wanted;                   /* more than `bytes` while it waits */
    TAILQ_ENTRY(wsub_http_share) next_holder;
    TAILQ_ENTRY(wsub_http_share) next_waiting;
};

TAILQ_HEAD(wsub_http_shares, wsub_http_share);

/* How it stands. */
struct wsub_http_load {
    size_t max_bytes;
    size_t used_bytes;
    size_t waiting;  /* bodies that wait now */
    uint64_t waited; /* so often one had to, since the start */
};

typedef void wsub_http_load_cb(const struct wsub_http_load *load, void *arg);

struct wsub_http_budget {
    struct wsub_http_load load;
    wsub_http_load_cb *on_load; /* told of every change; may be NULL */
    void *arg;                  /* borrowed; given to on_load */
    struct wsub_timer giving;
    struct wsub_http_shares holders;  /* and those that wait; all borrowed */
    struct wsub_http_shares growing;  /* of those that wait: have begun */
    struct wsub_http_shares fresh;    /* of those that wait: have not */
    struct wsub_http_share *favoured; /* borrowed; may exceed the budget */
};

/* `max_bytes` of 0: there is no limit. */
void wsub_http_budget_init(struct wsub_http_budget *budget,
                           struct event_base *base, size_t max_bytes,
                           wsub_http_load_cb *on_load, void *arg);

/* Forgets all shares: they hold nothing, and are given nothing any more. */
void wsub_http_budget_done(struct wsub_http_budget *budget);

/* Raises the share to `bytes`.  True: it has them, or had them before.  Else it
 * waits, and on_held is called later, unless it is given back before. */
bool wsub_http_budget_take(struct wsub_http_budget *budget,
                           struct wsub_http_share *share, size_t bytes);

/* The payer goes before the share, which counts as nobody's from now on. */
void wsub_http_budget_disown(struct wsub_http_share *share);

/* Gives back what the share holds, and ends its wait. */
void wsub_http_budget_return(struct wsub_http_share *share);

#endif
