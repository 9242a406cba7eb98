/* records.h - reads the records of active subscriptions (record.h).
 *
 *   struct wsub_records_get get;
 *   wsub_records_begin(&get, store, shard, td);
 *   wsub_records_add(&get, cd);     for each
 *   wsub_records_send(&get, on_record, arg); */
#ifndef WSUB_STORE_RECORDS_H
#define WSUB_STORE_RECORDS_H

#include <stddef.h>

#include "common/store/store.h"

/* One question about subscriptions to one topic; plain data. */
struct wsub_records_get {
    struct wsub_store *store; /* borrowed */
    unsigned shard;
    struct wsub_cmd cmd; /* owned until it is sent */
};

/* The record is valid during the call; NULL when there is no such
 * subscription. */
typedef void wsub_record_cb(const char *record, size_t len, void *arg);

void wsub_records_begin(struct wsub_records_get *get, struct wsub_store *store,
                        unsigned shard, const char *td);
void wsub_records_add(struct wsub_records_get *get, const char *cd);

/* Asks until Redis has replied; `cb` is called once for each record, in the
 * order in which they were added. */
void wsub_records_send(struct wsub_records_get *get, wsub_record_cb *cb,
                       void *arg);

#endif
