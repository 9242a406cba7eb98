/* slots.h - how many jobs may be under way in this process.
 *
 *   admit -> on_slot, at once or when a slot is free
 *   take, release: what holds slots without having waited for them
 *
 * A job takes a slot and holds it until its outcome is in Redis.  A lane may
 * use no more than its limit of all slots; jobs that find none wait in the
 * order they came, and its readers claim nothing more meanwhile.  More than
 * all may be used when verifications come: they take slots that are not there.
 * Pure: no clock, no loop. */
#ifndef DELIVER_SLOTS_H
#define DELIVER_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "deliver/lane_entry.h"

/* Embedded in whatever waits for a slot. */
struct deliver_slot_wait {
    /* It has a slot now; may call any function of this header. */
    void (*on_slot)(struct deliver_slot_wait *wait);
    TAILQ_ENTRY(deliver_slot_wait) next;
};

struct deliver_slots;

struct deliver_slots_options {
    size_t total;
    size_t limits[DELIVER_LANES]; /* of `total`, for each lane */
    /* Slots were released, and who waited has had them; the last one may have
     * been. */
    void (*on_idle)(void *arg);
    void *arg;
};

struct deliver_slots *
deliver_slots_new(const struct deliver_slots_options *options);
/* Whoever waits is not told. */
void deliver_slots_free(struct deliver_slots *slots);

size_t deliver_slots_total(const struct deliver_slots *slots);
size_t deliver_slots_used(const struct deliver_slots *slots);

/* Slots that a lane may use and that are free. */
size_t deliver_slots_left(const struct deliver_slots *slots,
                          enum deliver_lane lane);

/* Whether jobs of the lane wait for slots; of any lane. */
bool deliver_slots_queued(const struct deliver_slots *slots,
                          enum deliver_lane lane);
bool deliver_slots_short(const struct deliver_slots *slots);

/* Takes `count` slots, whether there are any or not. */
void deliver_slots_take(struct deliver_slots *slots, size_t count);

/* Gives back slots without telling anyone; deliver_slots_release() follows. */
void deliver_slots_return(struct deliver_slots *slots, size_t count);

/* Calls on_slot once there is one, maybe during this call. */
void deliver_slots_admit(struct deliver_slots *slots, enum deliver_lane lane,
                         struct deliver_slot_wait *wait);

/* Gives back `count` slots, maybe none, to those who wait; then on_idle. */
void deliver_slots_release(struct deliver_slots *slots, size_t count);

/* The process drains: nobody waits for a slot any more. */
void deliver_slots_drain(struct deliver_slots *slots);

#endif
