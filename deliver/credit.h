/* credit.h - how many entries a reader may claim.
 *
 * A read that is to bring several entries takes slots for as many jobs as they
 * may have beforehand.  One that waits for a single entry takes one for each
 * stream, so that idle readers hold little back: should a whole bundle come,
 * its other jobs wait for slots.
 *
 * Of the lane `bulk` no more is claimed ahead than is about to be sent: where
 * callbacks respond faster than this process can send, slots stay free and
 * what is new doesn't queue behind a thousand others.  Pure. */
#ifndef DELIVER_CREDIT_H
#define DELIVER_CREDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "deliver/lane_entry.h"

/* Of the readers of the same streams. */
struct deliver_credit {
    enum deliver_lane lane; /* one of the streams */
    size_t stream_count;
    size_t slots; /* of the process */
};

/* How things are as a reader asks. */
struct deliver_credit_now {
    size_t left;  /* slots that the lane may use and that are free */
    size_t ahead; /* jobs that are claimed, or to be, and not being sent */
    bool waited;  /* for a batch, long enough */
};

/* Free slots without which nothing is claimed: else a bundle's jobs would wait
 * for slots here, where another process might have some. */
size_t deliver_credit_least(const struct deliver_credit *credit);

/* Entries of each stream that may be read, up to `want`.  0 with *ret_batch
 * set: the reader should wait for a batch of free slots. */
size_t deliver_credit_read(const struct deliver_credit *credit,
                           const struct deliver_credit_now *now, size_t want,
                           bool *ret_batch);

/* The slots that a credit of `granted` entries of each stream takes; or, to
 * take over, of one stream. */
size_t deliver_credit_slots(const struct deliver_credit *credit, size_t granted,
                            bool to_take_over);

#endif
