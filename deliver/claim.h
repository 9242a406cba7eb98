/* claim.h - slots, and the readers that fill them.
 *
 * Each shard has a reader on `verify` and `outbox`, and one on `bulk`.  The
 * readers share the `concurrency` slots of the process: a read that is to bring
 * several entries takes slots for as many jobs as they may have beforehand.
 * One that waits for a single entry takes one a stream, so that idle readers
 * hold little back: should a whole bundle come, its other jobs wait for slots
 * here, before anything more is claimed.  An eighth of the slots is not for
 * `bulk`, so that a large fan-out to slow callbacks leaves room for what is
 * new.
 *
 * Of `bulk` no more is claimed ahead than is about to be sent: where callbacks
 * answer faster than this process can send, slots stay free and what is new
 * doesn't queue behind a thousand others. */
#ifndef DELIVER_CLAIM_H
#define DELIVER_CLAIM_H

#include <stdbool.h>
#include <stddef.h>

#include "deliver/job.h"
#include "deliver/verify.h"

#define DELIVER_CLAIM_SOURCES 2

struct wsub_stream_reader;

/* The readers of the same streams. */
struct deliver_claim_source {
    struct deliver_claim *claim;         /* borrowed; what this is part of */
    struct wsub_stream_reader **readers; /* owned; one a shard */
    struct deliver_job_list waiting;     /* for slots */
    size_t slots;                        /* that it may use */
    size_t entry_slots;                  /* for an entry of each stream */
    size_t granted;                      /* slots of reads on their way */
    unsigned stream_count;
    unsigned lane_at; /* index of the lane among its streams */
    enum deliver_lane lane;
};

struct deliver_claim {
    struct deliver *d; /* borrowed; outlives this */
    struct deliver_claim_source sources[DELIVER_CLAIM_SOURCES];
    unsigned stopped; /* readers that have stopped */
    unsigned first;   /* shard to wake first: in turn, lest one takes all */
    size_t slots;
    size_t used;                     /* granted to readers, or held; more than
                                      * there are when verifications come */
    size_t loading;                  /* jobs whose event or record is */
    struct event *batch;             /* owned; while a grant waits */
    bool waited;                     /* long enough: those few are granted */
    struct deliver_bundle *held;     /* by hold_key; its entry may come again
                                      * by a takeover */
    struct deliver_job_list stalled; /* jobs that wait for Redis */
    struct deliver_job_list spare;   /* owned; to be used again: they are too
                                      * large for what malloc keeps at hand */
    struct deliver_verification *verifications; /* by hold_key */
};

/* Writes the name of an entry among all of its kind that are held:
 * "LANE-SHARD-MS-SEQ". */
void deliver_hold_key(const struct wsub_stream_entry *entry,
                      enum deliver_lane lane,
                      char ret_key[DELIVER_HOLD_KEY_MAX]);

/* The jobs that may be under way: `concurrency`, or what the readers need at
 * least. */
size_t deliver_claim_slots(const struct deliver *d);

struct deliver_claim *deliver_claim_new(struct deliver *d);
/* Bundles and verifications must be gone. */
void deliver_claim_free(struct deliver_claim *claim);

/* Takes `count` slots, whether there are any or not. */
void deliver_claim_take(struct deliver_claim *claim, size_t count);

/* Starts the job, which has no slot yet, once there is one. */
void deliver_claim_admit(struct deliver_claim *claim, struct deliver_job *job);

/* Whether jobs wait for slots. */
bool deliver_claim_is_short(const struct deliver_claim *claim);

/* Gives back `count` slots, to jobs that wait for them and to readers. */
void deliver_claim_release(struct deliver_claim *claim, size_t count);

/* Wakes readers that had no room, or no public URL to send with. */
void deliver_claim_kick(struct deliver_claim *claim);

/* Keeps what is held for long, because Redis was away or the host is slow,
 * from being taken over by others; called every tick. */
void deliver_claim_renew(struct deliver_claim *claim);

/* Claims nothing more. */
void deliver_claim_stop(struct deliver_claim *claim);

/* True once the readers have stopped and nothing is held. */
bool deliver_claim_idle(const struct deliver_claim *claim);

#endif
