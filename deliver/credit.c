#include "deliver/credit.h"

/* While the process is busy its readers wait for so many free slots: a read and
 * the load of its records cost as much for one job as for ten. */
#define BATCH_SHARE 8 /* of the slots */

#define LEAST_SHARE 16 /* part of the slots without which nothing is read */
#define AHEAD_MAX 128  /* jobs of `bulk` that may be on their way to be sent */

/* Slots for an entry of each stream, of which one is a lane. */
static size_t entry_slots(const struct deliver_credit *credit)
{
    return credit->stream_count - 1 + DELIVER_BUNDLE_MAX;
}

/* What may be claimed for now. */
static size_t capacity(const struct deliver_credit *credit,
                       const struct deliver_credit_now *now)
{
    size_t ahead_left = now->ahead < AHEAD_MAX ? AHEAD_MAX - now->ahead : 0;

    if (credit->lane != DELIVER_LANE_BULK || now->left < ahead_left)
        return now->left;
    return ahead_left;
}

/* Free slots that are worth a read. */
static size_t batch(const struct deliver_credit *credit)
{
    size_t share = credit->slots / BATCH_SHARE;

    return share < AHEAD_MAX / 2 ? share : AHEAD_MAX / 2;
}

size_t deliver_credit_least(const struct deliver_credit *credit)
{
    size_t share = credit->slots / LEAST_SHARE;

    if (share > entry_slots(credit))
        return entry_slots(credit);
    return share > credit->stream_count ? share : credit->stream_count;
}

size_t deliver_credit_read(const struct deliver_credit *credit,
                           const struct deliver_credit_now *now, size_t want,
                           bool *ret_batch)
{
    size_t slots = capacity(credit, now);
    size_t granted = slots / entry_slots(credit);

    *ret_batch = slots == 0 || (slots < batch(credit) && !now->waited);
    if (*ret_batch)
        return 0;
    if (granted > want)
        granted = want;
    return granted > 0 ? granted : 1;
}

size_t deliver_credit_slots(const struct deliver_credit *credit, size_t granted,
                            bool to_take_over)
{
    if (to_take_over)
        return granted;
    return granted > 1 ? granted * entry_slots(credit)
                       : granted * credit->stream_count;
}
