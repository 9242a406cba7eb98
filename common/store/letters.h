/* letters.h - dead letters: deliveries that were given up (stream dead).
 *
 * One call does one page of one shard in one step (dead.lua).  Who walks over
 * all of them calls again from where the page ended; a walk that breaks off can
 * begin anew, since a letter that was replayed or purged is gone. */
#ifndef WSUB_STORE_LETTERS_H
#define WSUB_STORE_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/place.h"

struct redisReply;
struct wsub_store;

enum wsub_letters_act {
    WSUB_LETTERS_LIST,
    WSUB_LETTERS_COUNT,
    /* Each becomes a job with no failure so far, or goes back to where it could
     * not be interpreted. */
    WSUB_LETTERS_REPLAY,
    WSUB_LETTERS_PURGE,
};

enum wsub_letters_choice {
    WSUB_LETTERS_ALL,
    WSUB_LETTERS_OF_ID,       /* the value is MS-SEQ */
    WSUB_LETTERS_OF_TOPIC,    /* in its normal spelling */
    WSUB_LETTERS_OF_CALLBACK, /* as the subscriber gave it */
};

/* Strings are borrowed for the call. */
struct wsub_letters_page {
    enum wsub_letters_act act;
    enum wsub_letters_choice choice;
    const char *value;      /* that is chosen; "" for all */
    struct wsub_place from; /* its shard, and the first id */
    unsigned limit;         /* letters that are looked at */
};

/* Strings are borrowed for the callback; NULL where the letter has none. */
struct wsub_letter {
    struct wsub_place place;
    struct wsub_place event;
    const char *topic, *callback, *why;
    uint64_t attempts;
    /* Of an entry that could not be interpreted: the stream that it came from, and
     * its fields; NULL of a job. */
    const char *from;
    const struct redisReply *fields;
};

/* The entry's next field, as bytes, and where to go on: *at is 0 at first.  False
 * at the end. */
bool wsub_letter_field(const struct wsub_letter *letter, size_t *at,
                       const char **ret_name, const char **ret_value,
                       size_t *ret_len);

struct wsub_letters {
    uint64_t matched;                /* letters that were chosen */
    const struct wsub_letter *found; /* those of a list; for the callback */
    size_t found_count;
    bool more;              /* the shard may have more */
    struct wsub_place next; /* then: where they begin */
};

/* `letters` is NULL unless `err` is WSUB_OK. */
typedef void wsub_letters_cb(enum wsub_err err,
                             const struct wsub_letters *letters, void *arg);

/* Tried once: `cb` is called once, maybe during this call. */
void wsub_letters(struct wsub_store *store,
                  const struct wsub_letters_page *page, wsub_letters_cb *cb,
                  void *arg);

#endif
