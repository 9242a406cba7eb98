/* rejected_list.h - entries that could not be used (stream rejected, which
 * reject.lua writes). */
#ifndef WSUB_STORE_REJECTED_LIST_H
#define WSUB_STORE_REJECTED_LIST_H

#include "common/store/newest.h"
#include "common/store/place.h"

struct wsub_rejected_row {
    struct wsub_place place; /* its time is that of the rejection */
    char *from, *id, *why;   /* owned; a stream, and the entry's id there */
    char *topic;             /* owned; "" where it has none */
};

/* Lists the newest ones; the items are struct wsub_rejected_row. */
void wsub_rejected_list(struct wsub_store *store,
                        const struct wsub_place *after, size_t limit,
                        wsub_newest_cb *cb, void *arg);

#endif
