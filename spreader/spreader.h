/* spreader.h - the parts of websub-spreader and what they share.
 *
 *   intake --ping--> fetch --> `fetched` script (event, validators, ack)
 *      |-----q, g--> validate -> `validated` script (verification or denial)
 *      |----event--> fanout -> `page` script, again and again
 *      '------------> aside -> `aside` script: what can't be used
 *   sweep: leases, retention, trimming
 *
 * One loop, one thread. */
#ifndef SPREADER_SPREADER_H
#define SPREADER_SPREADER_H

#include <stdbool.h>

#include "common/base/config.h"
#include "common/base/err.h"

/* Entries of `log` and `pings` held at once, a few hundred bytes each; never
 * less than 8 for each shard (1,024 shards at most). */
#define SPREAD_OPEN_MAX 8192

/* Fetches under way at once, each with up to max_body_bytes in memory. */
#define SPREAD_FETCHES_MAX 256

struct spread_fanout;
struct spread_fetcher;
struct spread_intake;
struct spread_sweeper;
struct spread_validator;
struct wsub_http_client;
struct wsub_loop;
struct wsub_progress;
struct wsub_promoter;
struct wsub_store;

/* Owned, but for the first two: made by spread_init(), freed by
 * spread_done(). */
struct spreader {
    const struct wsub_config *config; /* borrowed; outlives the program */
    struct wsub_loop *loop;           /* borrowed; outlives the program */
    struct wsub_store *store;
    struct wsub_http_client *client;
    struct wsub_progress *progress;
    struct wsub_promoter *promoter;
    struct spread_fanout *fanout;
    struct spread_fetcher *fetcher;
    struct spread_validator *validator;
    struct spread_intake *intake;
    struct spread_sweeper *sweeper;
    bool leaving; /* drained; ends once Redis has answered */
};

/* Builds everything in the zeroed `s`; one sentence goes to `err_text` on
 * failure, and what was built is freed by spread_done(). */
enum wsub_err spread_init(struct spreader *s, const struct wsub_config *config,
                          struct wsub_loop *loop,
                          char err_text[256]) WSUB_MUST_CHECK;
void spread_done(struct spreader *s);

/* Stops reading; the loop is finished once what was read is fetched and
 * fanned out.  What is not done by the deadline stays pending for others. */
void spread_drain(void *arg);

/* Called when work ended while draining. */
void spread_drain_check(struct spreader *s);

#endif
