/* intake.h - a feed on each shard that this process owns.
 *
 *   log   -> fanout, in its order, with what spread_check_event() says
 *   pings -> topics to fetch, or rejected
 *   wake  -> on_wake */
#ifndef SPREADER_INTAKE_H
#define SPREADER_INTAKE_H

struct event_base;
struct spread_fanout;
struct spread_intake;
struct spread_shard;
struct wsub_groups;
struct wsub_store;

/* All pointers are borrowed, and outlive the intake. */
struct spread_intake_options {
    struct event_base *base;
    struct wsub_store *store;
    struct spread_fanout *fanout;
    const struct wsub_groups *groups;
    unsigned shards;
    /* Something is due earlier than it was known. */
    void (*on_wake)(struct spread_shard *shard, void *arg);
    void *arg;
};

struct spread_intake *
spread_intake_new(const struct spread_intake_options *options);
/* The store is closed before. */
void spread_intake_free(struct spread_intake *intake);

/* Reads the log after `position`, from now on. */
void spread_intake_open(struct spread_intake *intake,
                        struct spread_shard *shard, const char *position);
void spread_intake_close(struct spread_intake *intake, unsigned shard);

/* The fan-out has capacity again. */
void spread_intake_kick(struct spread_intake *intake, unsigned shard);

#endif
