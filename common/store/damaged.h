/* damaged.h - what was damaged in Redis (stream damaged). */
#ifndef WSUB_STORE_DAMAGED_H
#define WSUB_STORE_DAMAGED_H

#include "common/store/newest.h"
#include "common/store/place.h"

struct wsub_damaged {
    struct wsub_place place;        /* its time is that of the note */
    char *key, *why, *part, *value; /* owned; part and value may be "" */
};

/* Lists the newest ones; the items are struct wsub_damaged. */
void wsub_damaged_list(struct wsub_store *store, const struct wsub_place *after,
                       size_t limit, wsub_newest_cb *cb, void *arg);

#endif
