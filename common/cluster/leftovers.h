/* leftovers.h - what a dead process held: shards are freed, claims handed over.
 *
 *   shard 0 -> shard 1 -> ... -> done
 *     '- a spreader's: free it
 *     '- a deliver's: hand over some claims, until none is left
 *
 * Of a hub there is nothing.  Every step may be repeated, and be taken by
 * several processes at once. */
#ifndef WSUB_CLUSTER_LEFTOVERS_H
#define WSUB_CLUSTER_LEFTOVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/instances.h"

struct wsub_store;

/* Embedded; its fields are its own. */
struct wsub_leftovers {
    struct wsub_store *store; /* borrowed; outlives this */
    void (*on_done)(enum wsub_err err, void *arg);
    void *arg;                 /* borrowed; given to on_done */
    struct wsub_victim victim; /* its texts are borrowed */
    unsigned shard;            /* that it is at */
    uint64_t entries;          /* handed over so far */
    bool runs;                 /* a command has no reply */
    bool stopped;              /* nobody is told any more */
};

/* `on_done` is called once for each start: with an error when Redis can't be
 * reached, or refuses; then what was done stays. */
void wsub_leftovers_init(struct wsub_leftovers *leftovers,
                         struct wsub_store *store,
                         void (*on_done)(enum wsub_err err, void *arg),
                         void *arg);

/* Not while it runs.  Name and role outlive it; a life before the victim's
 * incarnation counts too. */
void wsub_leftovers_start(struct wsub_leftovers *leftovers,
                          const struct wsub_victim *victim);

/* `on_done` is called with WSUB_ERR_FENCED once the command on its way has its
 * reply. */
void wsub_leftovers_stop(struct wsub_leftovers *leftovers);

#endif
