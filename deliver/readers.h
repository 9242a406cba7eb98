/* readers.h - claim entries of all shards, no more than there are slots for.
 *
 * Each shard has a reader on `verify` and `outbox`, and one on `bulk`.  They
 * share the slots of the process (slots.h, credit.h). */
#ifndef DELIVER_READERS_H
#define DELIVER_READERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/lane_entry.h"

/* The streams of all readers. */
extern const char *const deliver_readers_streams[];
#define DELIVER_READERS_STREAMS 3

struct deliver_readers;
struct deliver_slots;
struct event_base;
struct wsub_store;
struct wsub_stream_entry;

struct deliver_readers_options {
    struct event_base *base;     /* borrowed; outlives the readers */
    struct wsub_store *store;    /* borrowed; outlives the readers */
    struct deliver_slots *slots; /* borrowed; outlives the readers */
    const char *consumer;        /* borrowed; outlives the readers */
    uint32_t takeover_idle_ms;
    /* Whether anything may be claimed, beside the slots.  When that changes the
     * readers are kicked. */
    bool (*may_claim)(void *arg);
    /* Jobs of `bulk` that are claimed and not being sent yet. */
    size_t (*ahead)(void *arg);
    /* One claimed entry; valid during the call. */
    void (*on_verification)(const struct wsub_stream_entry *entry, void *arg);
    void (*on_jobs)(enum deliver_lane lane,
                    const struct wsub_stream_entry *entry, void *arg);
    /* See deliver_readers_stop(). */
    void (*on_stopped)(void *arg);
    void *arg;
};

struct deliver_readers *
deliver_readers_new(const struct deliver_readers_options *options);
void deliver_readers_free(struct deliver_readers *readers);

/* Wakes readers that had no credit. */
void deliver_readers_kick(struct deliver_readers *readers);

/* Claims nothing more; on_stopped is called once, later, after the last
 * entries. */
void deliver_readers_stop(struct deliver_readers *readers);
bool deliver_readers_stopped(const struct deliver_readers *readers);

/* The slots that a process needs at least, for so many shards. */
size_t deliver_readers_least_slots(unsigned shards);

#endif
