/* draining.h - the steps of an order that is given while programs run.
 *
 *   hubs stay away -> all is fanned out -> everybody else stays away -> `next`
 *
 * Who has to stay away is asked to restart, which makes it finish what it has, and
 * finds at its start that it has to wait. */
#ifndef WSUB_RESHARD_DRAINING_H
#define WSUB_RESHARD_DRAINING_H

#include "common/reshard/steps.h"

void wsub_draining_begin(struct wsub_mover *mover);

/* Waits until no process lives, which are all asked to restart; then goes to
 * `after`. */
void wsub_draining_wait_for_all(struct wsub_mover *mover);

#endif
