/* records.h - subscription records, read in batches.
 *
 * What is wanted of one topic during a turn of the event loop goes out as one
 * question, those of all topics one behind the other.  Records are not cached:
 * what is sent after this read sees every unsubscription that was active
 * before it. */
#ifndef DELIVER_RECORDS_H
#define DELIVER_RECORDS_H

#include <stddef.h>
#include <sys/queue.h>

struct deliver_records;
struct event_base;
struct wsub_store;

/* Embedded in whatever wants a record. */
struct deliver_record_wait {
    /* `record` is valid during the call; NULL when there is no such
     * subscription. */
    void (*on_record)(struct deliver_record_wait *wait, const char *record,
                      size_t len);
    const char *td; /* borrowed until on_record */
    const char *cd; /* borrowed until on_record */
    STAILQ_ENTRY(deliver_record_wait) next;
};

/* Both outlive the records. */
struct deliver_records *deliver_records_new(struct event_base *base,
                                            struct wsub_store *store);
/* Whoever waits is not told. */
void deliver_records_free(struct deliver_records *records);

/* Reads the record of subscription (TD, CD) in `shard`; on_record is called
 * once, later. */
void deliver_records_get(struct deliver_records *records, unsigned shard,
                         struct deliver_record_wait *wait);

/* The same, when the requests of this turn are over: each of those that end
 * may let somebody else begin. */
void deliver_records_get_later(struct deliver_records *records, unsigned shard,
                               struct deliver_record_wait *wait);

#endif
