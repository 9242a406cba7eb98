/* mover.h - moves all data to another number of shards
 * (docs/ARCHITECTURE.md, "Resharding").
 *
 *   order given by a hub -> drain (draining.h) --.
 *   order -> close -> nobody lives? -> everything is fanned out? -> clear
 *     -> streams -> keys -> finish          what is staged; the old layout stands
 *     -> drop -> rename -> open             the new one holds from here on
 *
 * Nothing is sent before the step before it has its replies.  While Redis is away
 * the mover waits, and begins anew where its order stands. */
#ifndef WSUB_RESHARD_MOVER_H
#define WSUB_RESHARD_MOVER_H

#include "common/reshard/steps.h"

struct wsub_mover *wsub_mover_new(const struct wsub_mover_options *options);

/* The store is up, maybe again. */
void wsub_mover_up(struct wsub_mover *mover);

/* After wsub_store_close(), which ends what is on its way.  NULL is fine. */
void wsub_mover_free(struct wsub_mover *mover);

#endif
