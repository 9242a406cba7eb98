/* order.h - which event of a shard gets the next page of its fan-out.
 *
 *   add -> fresh --page--> open --page--> open ... --last page--> gone
 *
 * Fresh events have had no page yet and come first, since most need no other
 * one; after several of them in a row an open event gets a page.  Open events
 * get theirs one after the other, so a topic with a million subscriptions does
 * not hold up one with a thousand.
 *
 * Redis may post nothing of an event for now.  When it has said so of all
 * events in a row, the shard pauses.  A fresh event may need nothing of `bulk`,
 * and may be the one that others wait for, so all are tried before the pause.
 *
 * Pure: no clock, no allocation. */
#ifndef SPREADER_ORDER_H
#define SPREADER_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/store/events.h"

#define SPREAD_FRESH_MAX 8 /* in a row, while open events want pages too */
#define SPREAD_PAUSE_MS 10 /* deliver empties `bulk` by some hundred jobs */
#define SPREAD_PAUSE_MAX_MS 160 /* while nothing but a takeover can help */

/* Embedded in an event. */
struct spread_place {
    bool is_open;
    TAILQ_ENTRY(spread_place) next;
};

TAILQ_HEAD(spread_places, spread_place);

struct spread_order {
    struct spread_places fresh, open; /* borrowed */
    size_t count;                     /* of both */
    unsigned fresh_in_a_row;
    size_t waiting; /* events in a row of which nothing was posted */
    uint32_t pause_ms;
};

void spread_order_init(struct spread_order *order);

/* Adds a fresh event. */
void spread_order_add(struct spread_order *order, struct spread_place *place);

/* Returns the event that gets the next page; NULL when there is none, or all
 * of them wait. */
struct spread_place *spread_order_next(struct spread_order *order);

/* Notes what came of the event's page.  WSUB_PAGE_FINISHED drops the event, and
 * ends the others' waiting: it may have been for this one. */
void spread_order_paged(struct spread_order *order, struct spread_place *place,
                        enum wsub_page_result result);

/* True when no event can get a page before something else happens; also when
 * there is no event. */
bool spread_order_waits(const struct spread_order *order);

/* Returns how long to pause while all wait.  Pauses grow while the reason is
 * that earlier events have to come first. */
uint32_t spread_order_pause(struct spread_order *order);

/* The pause is over: all events may be tried again. */
void spread_order_resume(struct spread_order *order);

#endif
