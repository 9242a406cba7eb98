/* rejected.h - takes entries that can't be used out of the way. */
#ifndef SPREADER_REJECTED_H
#define SPREADER_REJECTED_H

#include <stdbool.h>
#include <stddef.h>

struct spread_rejecter;
struct wsub_store;
struct wsub_stream_entry;

struct spread_rejecter_options {
    struct wsub_store *store; /* borrowed; outlives the rejecter */
    void (*on_done)(size_t entries, void *arg); /* they are over */
    void (*on_idle)(void *arg); /* spread_rejecter_idle() has become true */
    void *arg;
};

struct spread_rejecter *
spread_rejecter_new(const struct spread_rejecter_options *options);
/* The store is closed before. */
void spread_rejecter_free(struct spread_rejecter *rejecter);

/* Moves a claimed entry of `stream` (a name of keys.h) to the rejected ones,
 * with a phrase that says why. */
void spread_reject(struct spread_rejecter *rejecter, const char *stream,
                   const struct wsub_stream_entry *entry, const char *why);

/* True when Redis has moved all of them. */
bool spread_rejecter_idle(const struct spread_rejecter *rejecter);

#endif
