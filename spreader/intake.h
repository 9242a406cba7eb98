/* intake.h - readers on `log` and `pings` of every shard.
 *
 *   log   -> fanout
 *   pings -> fetch, or validate: an announcement with a subscribe request
 *   both  -> rejected: what spread_check_...() says can't be used
 *
 * At most SPREAD_ENTRIES_MAX entries are held at once. */
#ifndef SPREADER_INTAKE_H
#define SPREADER_INTAKE_H

#include <stdbool.h>
#include <stddef.h>

struct spread_fanout;
struct spread_fetcher;
struct spread_intake;
struct spread_rejecter;
struct spread_validator;
struct wsub_config;
struct wsub_loop;
struct wsub_store;

/* Entries of `log` and `pings` held at once, a few hundred bytes each; never
 * less than 8 for each shard (1,024 shards at most). */
#define SPREAD_ENTRIES_MAX 8192

/* All pointers are borrowed, and outlive the intake. */
struct spread_intake_options {
    struct wsub_loop *loop;
    struct wsub_store *store;
    const struct wsub_config *config;
    struct spread_fanout *fanout;
    struct spread_fetcher *fetcher;
    struct spread_validator *validator;
    struct spread_rejecter *rejecter;
    void (*on_stopped)(void *arg); /* spread_intake_stopped() has become true */
    void *arg;
};

struct spread_intake *
spread_intake_new(const struct spread_intake_options *options);
/* The store is closed before, while the parts are still there. */
void spread_intake_free(struct spread_intake *intake);

/* Entries are over: gives back their credit and wakes the readers. */
void spread_intake_release(struct spread_intake *intake, size_t entries);

/* Reads nothing more. */
void spread_intake_stop(struct spread_intake *intake);
/* True once every reader has stopped. */
bool spread_intake_stopped(const struct spread_intake *intake);

#endif
