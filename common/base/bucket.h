/* bucket.h - a token bucket: so many starts, or requests, a second.
 *
 * A second brings `rate` tokens, a start takes one.  What isn't taken is
 * saved, up to the burst: a tenth of a second's tokens unless it is given, and
 * one at least.  Exact: a part of a token is never rounded away.  Rate 0 means
 * that nothing is limited. */
#ifndef WSUB_BUCKET_H
#define WSUB_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct wsub_bucket {
    uint32_t rate;  /* tokens a second */
    uint32_t burst; /* tokens at most */
    uint64_t level; /* millionths of a token, as of at_us */
    uint64_t at_us;
};

/* A full bucket. */
void wsub_bucket_init(struct wsub_bucket *bucket, uint32_t rate,
                      uint64_t now_us);

/* The same with a burst of so many tokens. */
void wsub_bucket_init_burst(struct wsub_bucket *bucket, uint32_t rate,
                            uint32_t burst, uint64_t now_us);

/* When there is a token: `now_us` or later. */
uint64_t wsub_bucket_next_us(const struct wsub_bucket *bucket, uint64_t now_us);

/* Takes a token, which must be there. */
void wsub_bucket_take(struct wsub_bucket *bucket, uint64_t now_us);

/* The same for some tokens at once.  Where they are more than the burst a full
 * bucket will do, and is empty then. */
uint64_t wsub_bucket_next_of_us(const struct wsub_bucket *bucket,
                                uint32_t tokens, uint64_t now_us);
void wsub_bucket_take_of(struct wsub_bucket *bucket, uint32_t tokens,
                         uint64_t now_us);

bool wsub_bucket_is_full(const struct wsub_bucket *bucket, uint64_t now_us);

#endif
