/* staging.h - the steps that write the new shards beside the old ones.
 *
 *   clear -> marks -> streams, merged in the order of ids -> all other keys -> finish
 *
 * Nothing of the old layout is changed; whoever comes after a death begins with
 * clearing. */
#ifndef WSUB_RESHARD_STAGING_H
#define WSUB_RESHARD_STAGING_H

#include "common/reshard/steps.h"

/* Deletes what is staged, and goes on; goes to `switching.h` when all is staged. */
void wsub_staging_begin(struct wsub_mover *mover);

/* The data can't be moved: deletes what is staged, tells why, and ends. */
void wsub_staging_fail(struct wsub_mover *mover);

/* Forgets what is in memory. */
void wsub_staging_reset(struct wsub_mover *mover);

#endif
