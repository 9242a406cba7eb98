/* bucket.h - a token bucket: so many starts a second to one host.
 *
 * A second brings `rate` tokens, a start takes one.  What isn't taken is
 * saved, up to a tenth of a second's tokens and one at least.  Exact: a part
 * of a token is never rounded away.  Rate 0 means that nothing is limited. */
#ifndef DELIVER_BUCKET_H
#define DELIVER_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct deliver_bucket {
    uint32_t rate;  /* tokens a second */
    uint64_t level; /* millionths of a token, as of at_us */
    uint64_t at_us;
};

/* A full bucket. */
void deliver_bucket_init(struct deliver_bucket *bucket, uint32_t rate,
                         uint64_t now_us);

/* When there is a token: `now_us` or later. */
uint64_t deliver_bucket_next_us(const struct deliver_bucket *bucket,
                                uint64_t now_us);

/* Takes a token, which must be there. */
void deliver_bucket_take(struct deliver_bucket *bucket, uint64_t now_us);

bool deliver_bucket_is_full(const struct deliver_bucket *bucket,
                            uint64_t now_us);

#endif
