#include "spreader/order.h"

void spread_order_init(struct spread_order *order)
{
    *order = (struct spread_order){.pause_ms = SPREAD_PAUSE_MS};
    TAILQ_INIT(&order->fresh);
    TAILQ_INIT(&order->open);
}

void spread_order_add(struct spread_order *order, struct spread_place *place)
{
    place->is_open = false;
    TAILQ_INSERT_TAIL(&order->fresh, place, next);
    order->count++;
}

struct spread_place *spread_order_next(struct spread_order *order)
{
    struct spread_place *fresh = TAILQ_FIRST(&order->fresh);
    struct spread_place *open = TAILQ_FIRST(&order->open);
    bool may_be_fresh =
        order->fresh_in_a_row < SPREAD_FRESH_MAX || order->waiting > 0;

    if (spread_order_waits(order))
        return NULL;
    if (fresh == NULL || (open != NULL && !may_be_fresh)) {
        order->fresh_in_a_row = 0;
        return open;
    }
    order->fresh_in_a_row++;
    return fresh;
}

static void take_out(struct spread_order *order, struct spread_place *place)
{
    struct spread_places *places =
        place->is_open ? &order->open : &order->fresh;

    TAILQ_REMOVE(places, place, next);
}

void spread_order_paged(struct spread_order *order, struct spread_place *place,
                        enum wsub_page_result result)
{
    bool is_posted = result == WSUB_PAGE_MORE || result == WSUB_PAGE_FINISHED;

    order->waiting = is_posted ? 0 : order->waiting + 1;
    if (result != WSUB_PAGE_EARLY)
        order->pause_ms = SPREAD_PAUSE_MS;
    take_out(order, place);
    if (result == WSUB_PAGE_FINISHED) {
        order->count--;
        return;
    }
    TAILQ_INSERT_TAIL(&order->open, place, next);
    place->is_open = true;
}

bool spread_order_waits(const struct spread_order *order)
{
    return order->waiting >= order->count;
}

uint32_t spread_order_pause(struct spread_order *order)
{
    uint32_t ms = order->pause_ms;

    if (ms < SPREAD_PAUSE_MAX_MS)
        order->pause_ms = ms * 2;
    return ms;
}

void spread_order_resume(struct spread_order *order)
{
    order->waiting = 0;
}
