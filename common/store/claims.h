/* claims.h - entries of a stream that a consumer holds: claimed, not settled.
 *
 * What one consumer holds for long without a sign others take over
 * (stream_reader.h). */
#ifndef WSUB_STORE_CLAIMS_H
#define WSUB_STORE_CLAIMS_H

#include <stddef.h>

#include "common/store/store.h"

/* An entry of a stream of some shard. */
struct wsub_claim {
    const char *stream; /* borrowed */
    const char *entry;  /* borrowed; "MS-SEQ" */
};

/* Keeps entries that `consumer` still holds from being taken over: their idle
 * time begins anew.  Asked once: whoever holds them asks again in time. */
void wsub_claims_renew(struct wsub_store *store, unsigned shard,
                       const char *group, const char *consumer,
                       const struct wsub_claim *claims, size_t count);

/* Adds stream and entry of each as arguments. */
void wsub_claims_args(struct wsub_cmd *cmd, const struct wsub_claim *claims,
                      size_t count);

#endif
