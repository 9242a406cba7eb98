/* settle_args.h - what became of a bundle's jobs, as arguments of settle.lua. */
#ifndef DELIVER_SETTLE_ARGS_H
#define DELIVER_SETTLE_ARGS_H

#include "common/store/settlement.h"
#include "deliver/bundle.h"

/* Adds the operations that settle the jobs of bundle->sent. */
void deliver_settle_args(struct wsub_settlement *settlement,
                         const struct deliver_bundle *bundle);

#endif
