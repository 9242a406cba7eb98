/* entries.h - the entries of a shard's log that its fan-out holds.
 *
 *   add -> unbegun -> open -> page ... -> finished
 *
 * `unbegun` is in the order of the log.  `open` has the events that have begun
 * and need more pages, in the order in which they get them. */
#ifndef SPREADER_ENTRIES_H
#define SPREADER_ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "common/crypto/digest.h"
#include "common/store/entry_id.h"

/* An entry of the log. */
struct spread_entry {
    struct wsub_entry_id id;
    char *topic;                      /* owned; NULL: it can't be used */
    char digest[WSUB_DIGEST_LEN + 1]; /* of fetched content, else "" */
    char *why;                        /* owned; then what is wrong */
    bool is_newer;                    /* then: it is held, else rejected */
    TAILQ_ENTRY(spread_entry) next;
};

TAILQ_HEAD(spread_entry_list, spread_entry);

/* Both lists, with their lengths; the entries are owned. */
struct spread_entries {
    struct spread_entry_list unbegun, open;
    size_t unbegun_count, open_count;
};

void spread_entries_init(struct spread_entries *entries);

/* Frees all of them. */
void spread_entries_clear(struct spread_entries *entries);

/* `topic` NULL: it can't be used, and `why` tells the reason. */
struct spread_entry *spread_entry_new(const char *id, const char *topic,
                                      const char *digest, const char *why);
void spread_entry_free(struct spread_entry *entry);

/* Notes Redis' error as the reason, without the place in a script. */
void spread_entry_refused(struct spread_entry *entry, const char *error);

/* At the end of a list, which owns the entry from now on. */
void spread_entries_add_unbegun(struct spread_entries *entries,
                                struct spread_entry *entry);
void spread_entries_add_open(struct spread_entries *entries,
                             struct spread_entry *entry);

/* The first of a list, which there must be; the caller owns it. */
struct spread_entry *
spread_entries_take_unbegun(struct spread_entries *entries);
struct spread_entry *spread_entries_take_open(struct spread_entries *entries);

#endif
