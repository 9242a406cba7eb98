/* steps.h - how a mover goes from step to step.
 *
 * A step is a function that sends what it has to, or sets the next step.  It is
 * called again when all that was sent is replied to.  What goes wrong is noted and
 * looked at then: Redis is away, or refused it, so the order is asked for anew in
 * a second; or the data can't be moved, which is the end while the old layout
 * stands. */
#ifndef WSUB_RESHARD_STEPS_H
#define WSUB_RESHARD_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/timer.h"
#include "common/reshard/merge.h"
#include "common/reshard/outgoing.h"
#include "common/store/reshard/order.h"

struct event_base;
struct wsub_instance_row;
struct wsub_mover;

enum wsub_mover_end {
    WSUB_MOVER_DONE,
    WSUB_MOVER_NOTHING, /* there is no order */
    WSUB_MOVER_BUSY,    /* another one carries it out */
    WSUB_MOVER_FAILED,  /* the old layout stands */
};

struct wsub_mover_options {
    struct event_base *base;  /* borrowed; outlives the mover */
    struct wsub_store *store; /* borrowed; one that is_mover (store.h) */
    unsigned to;              /* 0: go on with the order that stands */
    bool waits;               /* for others to end, in place of giving up */
    /* How far it is, about once a second; may be NULL. */
    void (*on_progress)(const struct wsub_reshard_note *note, void *arg);
    /* It has ended: the owner frees it, not during this call.  `why` is one
     * sentence where it failed. */
    void (*on_end)(enum wsub_mover_end end, const char *why, void *arg);
    void *arg;
};

#define WSUB_CURSOR_BYTES 24

typedef void wsub_step(struct wsub_mover *mover);
typedef void wsub_step_look(struct wsub_mover *mover,
                            const struct wsub_reshard_key *key);

/* The fields are for the files that have steps. */
struct wsub_mover {
    struct wsub_mover_options o;
    char token[WSUB_RESHARD_TOKEN_BYTES];
    struct wsub_timer retry, tell;
    wsub_step *step;
    wsub_step *begin; /* const: asks for the order */
    wsub_step *fail;  /* const: begins the end of what can't be moved */
    wsub_step *after; /* const: once nobody lives */
    unsigned waits;   /* for so many replies */
    bool is_proceeding;
    bool is_broken;                /* one of them was an error */
    bool is_hopeless;              /* and the old layout has to stay */
    bool is_over;                  /* on_end was called */
    enum wsub_mover_end has_ended; /* how, once it has */
    char why[256];

    struct wsub_reshard_order order;
    struct wsub_layouts layouts;
    struct wsub_outgoing *out;      /* owned; NULL outside of staging */
    struct wsub_merge *merge;       /* owned; NULL between streams */
    struct wsub_reshard_word *room; /* owned; for a row */
    size_t stream;                  /* the next one */
    unsigned asked;                 /* shard, of a page of a stream */
    unsigned shard;                 /* the next one to look at */
    uint64_t keys, of;
    char cursor[WSUB_CURSOR_BYTES]; /* of a scan; "": it is over */
    wsub_step_look *look;           /* at each key of it */
    bool found;                     /* something, in this scan or look */
    bool has_looked;                /* at who lives */
};

void wsub_steps_init(struct wsub_mover *mover,
                     const struct wsub_mover_options *options, wsub_step *begin,
                     wsub_step *fail, wsub_step *after);
void wsub_steps_done(struct wsub_mover *mover);

/* Goes on once nothing is on its way. */
void wsub_step_proceed(struct wsub_mover *mover);

/* Whoever sends something adds to `waits`, and calls this with each reply. */
void wsub_step_replied(struct wsub_mover *mover);

/* What went wrong, unless that is WSUB_OK; the first time counts. */
void wsub_step_note(struct wsub_mover *mover, enum wsub_err err,
                    const char *why);

/* The data can't be moved. */
void wsub_step_give_up(struct wsub_mover *mover, const char *why);

/* For what is written once: notes, and goes on. */
wsub_reshard_written_cb wsub_step_on_written;

/* The step is called again after a pause. */
void wsub_step_pause(struct wsub_mover *mover, uint64_t ms);

/* Whether a process lives, by its heartbeat. */
bool wsub_step_lives(const struct wsub_mover *mover,
                     const struct wsub_instance_row *row);

/* Tells `state`, and how far it is. */
void wsub_step_tell(struct wsub_mover *mover, enum wsub_reshard_state state);

/* Scans all keys from the beginning; `next` goes on. */
void wsub_step_begin_scan(struct wsub_mover *mover, wsub_step *next);

/* Looks at the next page of the scan. */
void wsub_step_scan(struct wsub_mover *mover, wsub_step_look *look);

/* Whether the scan is over and nothing was found; a scan that has found something
 * begins again, since it may have missed what was changed meanwhile. */
bool wsub_step_scanned(struct wsub_mover *mover);

/* The greater number of shards of both layouts. */
unsigned wsub_step_all_shards(const struct wsub_mover *mover);

/* The last step. */
void wsub_step_end(struct wsub_mover *mover, enum wsub_mover_end how);

#endif
