/* switching.h - the steps that put the new layout in the place of the old one:
 *
 *   drop old keys -> rename staged ones -> the number of shards -> done -> open
 *
 * Once the first has begun there is no way back, and each goes on after the death
 * of a mover. */
#ifndef WSUB_RESHARD_SWITCHING_H
#define WSUB_RESHARD_SWITCHING_H

#include "common/reshard/steps.h"

/* What is staged is complete. */
void wsub_switching_begin(struct wsub_mover *mover);

/* Goes on with what an order that stands says. */
void wsub_switching_drop(struct wsub_mover *mover);
void wsub_switching_rename(struct wsub_mover *mover);

/* Everybody may come back; the mover ends as `has_ended` says. */
void wsub_switching_open(struct wsub_mover *mover);

#endif
