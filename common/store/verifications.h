/* verifications.h - verifications that failed within the last hour (stream
 * verifications). */
#ifndef WSUB_STORE_VERIFICATIONS_H
#define WSUB_STORE_VERIFICATIONS_H

#include "common/store/newest.h"
#include "common/store/place.h"
#include "common/store/requests.h"

struct wsub_failed_verification {
    struct wsub_place place; /* its time is that of the failure */
    enum wsub_request_mode mode;
    uint32_t failures;            /* so far, of those that may pass */
    bool again;                   /* there will be another attempt */
    char *topic, *callback, *why; /* owned */
};

/* Lists the newest ones; the items are struct wsub_failed_verification.  Those
 * of more than an hour ago may be among them. */
void wsub_verifications_list(struct wsub_store *store,
                             const struct wsub_place *after, size_t limit,
                             wsub_newest_cb *cb, void *arg);

#endif
