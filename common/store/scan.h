/* scan.h - looks for the keys of all shards, and of the cluster. */
#ifndef WSUB_STORE_SCAN_H
#define WSUB_STORE_SCAN_H

#include <stdint.h>

#include "common/store/store.h"

/* Makes `cmd` the SCAN from `cursor` on, "0" at first, that looks at about `count`
 * keys and finds those that begin with `P:{`. */
void wsub_scan_cmd(struct wsub_cmd *cmd, const struct wsub_store *store,
                   const char *cursor, uint32_t count);

#endif
