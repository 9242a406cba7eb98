#include "deliver/slots.h"

#include <stdlib.h>

#include "common/base/mem.h"

TAILQ_HEAD(wait_list, deliver_slot_wait);

struct deliver_slots {
    struct deliver_slots_options o;
    size_t used;
    bool draining;
    struct wait_list waiting[DELIVER_LANES];
};

struct deliver_slots *
deliver_slots_new(const struct deliver_slots_options *options)
{
    struct deliver_slots *slots = wsub_calloc(1, sizeof(*slots));

    slots->o = *options;
    for (size_t i = 0; i < DELIVER_LANES; i++)
        TAILQ_INIT(&slots->waiting[i]);
    return slots;
}

void deliver_slots_free(struct deliver_slots *slots)
{
    free(slots);
}

size_t deliver_slots_total(const struct deliver_slots *slots)
{
    return slots->o.total;
}

size_t deliver_slots_used(const struct deliver_slots *slots)
{
    return slots->used;
}

size_t deliver_slots_left(const struct deliver_slots *slots,
                          enum deliver_lane lane)
{
    size_t limit = slots->o.limits[lane];

    return limit > slots->used ? limit - slots->used : 0;
}

bool deliver_slots_queued(const struct deliver_slots *slots,
                          enum deliver_lane lane)
{
    return !TAILQ_EMPTY(&slots->waiting[lane]);
}

bool deliver_slots_short(const struct deliver_slots *slots)
{
    for (size_t i = 0; i < DELIVER_LANES; i++)
        if (deliver_slots_queued(slots, (enum deliver_lane)i))
            return true;
    return false;
}

void deliver_slots_take(struct deliver_slots *slots, size_t count)
{
    slots->used += count;
}

void deliver_slots_return(struct deliver_slots *slots, size_t count)
{
    slots->used -= count;
}

static void start_waiting(struct deliver_slots *slots, enum deliver_lane lane)
{
    struct deliver_slot_wait *wait;

    while ((wait = TAILQ_FIRST(&slots->waiting[lane])) != NULL &&
           (slots->draining || deliver_slots_left(slots, lane) > 0)) {
        TAILQ_REMOVE(&slots->waiting[lane], wait, next);
        slots->used++;
        wait->on_slot(wait);
    }
}

static void start_all(struct deliver_slots *slots)
{
    for (size_t i = 0; i < DELIVER_LANES; i++)
        start_waiting(slots, (enum deliver_lane)i);
}

void deliver_slots_admit(struct deliver_slots *slots, enum deliver_lane lane,
                         struct deliver_slot_wait *wait)
{
    TAILQ_INSERT_TAIL(&slots->waiting[lane], wait, next);
    start_waiting(slots, lane);
}

void deliver_slots_release(struct deliver_slots *slots, size_t count)
{
    deliver_slots_return(slots, count);
    start_all(slots);
    slots->o.on_idle(slots->o.arg);
}

void deliver_slots_drain(struct deliver_slots *slots)
{
    slots->draining = true;
    start_all(slots);
}
