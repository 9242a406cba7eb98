/* layout.h - how many shards Redis has, before anything is built on it. */
#ifndef WSUB_PROGRAM_LAYOUT_H
#define WSUB_PROGRAM_LAYOUT_H

#include "common/base/config.h"

/* Asks Redis, and puts its number in place of the setting `shards`; that stays when
 * Redis has none yet, or is not reached within a second.  Blocks. */
void wsub_layout_ask(struct wsub_config *config);

#endif
