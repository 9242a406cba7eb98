/* load.h - subscription records, read in batches.
 *
 * What is wanted of one topic during a turn of the event loop goes out as one
 * HMGET, those of all topics one behind the other.  Records are not cached:
 * what is sent after this read sees every unsubscription that was active
 * before it. */
#ifndef DELIVER_LOAD_H
#define DELIVER_LOAD_H

#include <stddef.h>
#include <sys/queue.h>

#include "common/base/err.h"

struct event_base;
struct wsub_store;
struct deliver_loader;

/* Embedded in whatever wants a record. */
struct deliver_load {
    /* `line` is NULL when there is no such subscription, or on an error
     * (WSUB_ERR_UNAVAILABLE, WSUB_ERR_REFUSED); valid during the call. */
    void (*on_record)(struct deliver_load *load, enum wsub_err err,
                      const char *line, size_t len);
    const char *td; /* borrowed until on_record */
    const char *cd; /* borrowed until on_record */
    STAILQ_ENTRY(deliver_load) next;
};

struct deliver_loader *deliver_loader_new(struct event_base *base,
                                          struct wsub_store *store);
void deliver_loader_free(struct deliver_loader *loader);

/* Reads field CD of sub:TD in `shard`; on_record is called once, later. */
void deliver_load_want(struct deliver_loader *loader, unsigned shard,
                       struct deliver_load *load);

/* The same, when the transfers of this turn are over: each of those that end
 * may let somebody else begin. */
void deliver_load_want_later(struct deliver_loader *loader, unsigned shard,
                             struct deliver_load *load);

#endif
