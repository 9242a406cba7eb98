/* fanout.h - from an event to its jobs, page by page.
 *
 *   open -> resume: the position, and the events that the owner before left open
 *             '-> on_resumed
 *   add  -> unbegun -> begin ----> finished
 *                        '-> open -> page ... -> finished
 *
 * Events begin in the order of the log, several in one call.  Those that need
 * more than their first page get the others one after the other, so that a topic
 * with a million subscriptions does not hold up one with a thousand; where
 * `bulk` is full the shard pauses.  One call of each kind is under way for a
 * shard.  What must survive is in Redis (events.h). */
#ifndef SPREADER_FANOUT_H
#define SPREADER_FANOUT_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct spread_fanout;
struct spread_shard;
struct wsub_config;
struct wsub_groups;
struct wsub_store;

/* All pointers are borrowed, and outlive the fan-out. */
struct spread_fanout_options {
    struct event_base *base;
    struct wsub_store *store;
    const struct wsub_config *config;
    const struct wsub_groups *groups; /* NULL: there are none */
    unsigned shards;
    /* The log is to be read after `position`; also when it turns out that Redis
     * is elsewhere. */
    void (*on_resumed)(struct spread_shard *shard, const char *position,
                       void *arg);
    void (*on_capacity)(struct spread_shard *shard, void *arg);
    void (*on_progress)(void *arg); /* Redis has dealt with a call */
    void *arg;
};

struct spread_fanout *
spread_fanout_new(const struct spread_fanout_options *options);
/* The store is closed before. */
void spread_fanout_free(struct spread_fanout *fanout);

void spread_fanout_open(struct spread_fanout *fanout,
                        struct spread_shard *shard);
void spread_fanout_close(struct spread_fanout *fanout, unsigned shard);

/* An entry of the log, as spread_check_event() found it; all is borrowed. */
struct spread_fanout_entry {
    const char *id;
    const char *topic;  /* NULL: it can't be used */
    const char *digest; /* of its content when that was fetched, else "" */
    const char *why;    /* when it can't be used: what is wrong */
    bool is_newer;      /* then: of a newer version, so that it is held */
};

/* The next entry of the log. */
void spread_fanout_add(struct spread_fanout *fanout, unsigned shard,
                       const struct spread_fanout_entry *read);

/* How many more entries the shard takes. */
size_t spread_fanout_capacity(const struct spread_fanout *fanout,
                              unsigned shard);

/* What Redis says of the position, in its order with the fan-out's own calls:
 * resumes where it is another one (the log, or what was written last, is lost). */
void spread_fanout_position(struct spread_fanout *fanout, unsigned shard,
                            const char *position);

/* Redis may have lost what it had replied to (a failover, or a start from a file
 * that was behind): all shards resume. */
void spread_fanout_redis_up(struct spread_fanout *fanout);

/* Where `bulk` is full, looks again at once. */
void spread_fanout_look(struct spread_fanout *fanout);

/* True when an event has begun, or is about to, and is not finished. */
bool spread_fanout_holds_work(const struct spread_fanout *fanout);

#endif
