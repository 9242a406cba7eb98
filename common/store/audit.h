/* audit.h - what operators have changed, in Redis (stream P:{c}:audit): the
 * newest WSUB_AUDIT_KEPT or so.
 *
 * The log of the hub has the same; the stream is there so that any hub can show
 * what was done at all of them. */
#ifndef WSUB_STORE_AUDIT_H
#define WSUB_STORE_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/place.h"

#define WSUB_AUDIT_KEPT 10000

struct wsub_store;

/* Texts are borrowed, none is NULL. */
struct wsub_audit_entry {
    const char *id;       /* MS-SEQ; only of entries that are listed */
    const char *token;    /* the name of who did it */
    const char *instance; /* the hub that was asked */
    const char *method, *path;
    const char *detail; /* an object of JSON */
    int status;         /* of the response */
};

/* Adds an entry; tried once, and nobody waits for it. */
void wsub_audit_add(struct wsub_store *store,
                    const struct wsub_audit_entry *entry);

/* `list` is valid during the call; NULL unless err is WSUB_OK.  Entries of
 * another version are in it with empty texts. */
typedef void wsub_audit_cb(enum wsub_err err,
                           const struct wsub_audit_entry *list, size_t count,
                           void *arg);

/* Lists at most `limit` entries, the newest first; those before `before` (of
 * which only the id counts), from the newest on with NULL.  Tried once: `cb` is
 * called once, maybe during this call. */
void wsub_audit_list(struct wsub_store *store, const struct wsub_place *before,
                     size_t limit, wsub_audit_cb *cb, void *arg);

#endif
