/* groups.h - topic groups in Redis (group_put.lua, group_delete.lua,
 * group_apply.lua, group_changes.lua).
 *
 * A group is a record, JSON with `v`, `version`, `id` and `prefix` first; a deleted
 * one stays as a tombstone.  Each change has a revision, so that what has changed
 * since one is found without looking at the others.
 *
 * `store` is the own Redis or the registry of record (store.h): they have the same
 * keys, and the registry alone gives out versions.  Each call is sent once; its
 * callback is called once, maybe during the call.  Texts of a result are valid
 * during the callback. */
#ifndef WSUB_STORE_GROUPS_H
#define WSUB_STORE_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct wsub_store;

#define WSUB_GROUP_ID_BYTES 129
#define WSUB_BORN_BYTES 24 /* of the text that tells when revisions began */
#define WSUB_MATCH_ANY "*" /* whatever version there is */

enum wsub_group_outcome {
    WSUB_GROUP_DONE,
    WSUB_GROUP_STALE,   /* another version is there */
    WSUB_GROUP_GONE,    /* it is deleted */
    WSUB_GROUP_MISSING, /* there is none */
    WSUB_GROUP_PREFIX,  /* it has another prefix, which does not change */
    WSUB_GROUP_TAKEN,   /* another group has the prefix */
    WSUB_GROUP_COVERED, /* a tombstone has the prefix, or one above it */
    WSUB_GROUP_FULL,    /* there are as many groups as may be */
};

struct wsub_group_changed {
    enum wsub_err err;
    enum wsub_group_outcome outcome; /* with WSUB_OK */
    const char
        *what; /* the version that is there, or the other's id or prefix */
    const char *record; /* of WSUB_GROUP_DONE */
};

typedef void wsub_group_changed_cb(const struct wsub_group_changed *changed,
                                   void *arg);

/* All borrowed for the call. */
struct wsub_group_put {
    const char *id;
    const char *match; /* a version, WSUB_MATCH_ANY, or "": a new group */
    uint64_t known;    /* the highest version that the caller knows of */
    const char *prefix;
    const char *members; /* the record behind the prefix: `,"a":1}` or `}` */
    const char *const *above; /* the prefixes above */
    size_t above_count;
};

void wsub_group_put(struct wsub_store *store, const struct wsub_group_put *put,
                    wsub_group_changed_cb *cb, void *arg);

/* As above, with a `match` that is not "". */
void wsub_group_delete(struct wsub_store *store, const char *id,
                       const char *match, uint64_t known,
                       wsub_group_changed_cb *cb, void *arg);

#define WSUB_GROUP_RECORDS_MAX 500 /* in one call */

/* `applied` were taken over, `stale` are older than what is there. */
typedef void wsub_groups_applied_cb(enum wsub_err err, size_t applied,
                                    size_t stale, void *arg);

/* Takes records of the registry over into `store`, the own Redis. */
void wsub_groups_take_over(struct wsub_store *store, const char *const *records,
                           size_t count, wsub_groups_applied_cb *cb, void *arg);

/* Where somebody has come to: all up to `revision` of those that began at `born`,
 * WSUB_MATCH_ANY for whichever there are.  { 0 }: nowhere yet. */
struct wsub_group_place {
    uint64_t revision;
    char born[WSUB_BORN_BYTES];
};

struct wsub_group_change {
    uint64_t revision;
    const char *id;
    const char *record; /* "" where it is lost */
};

/* `place` is the one behind the changes that are given.  `is_reset`: it is not of
 * the revisions that the caller had read: all begin anew.  `more`: there
 * are further ones. */
struct wsub_group_changes {
    enum wsub_err err;
    struct wsub_group_place place;
    bool is_reset, more;
    const struct wsub_group_change *list;
    size_t count;
};

typedef void wsub_group_changes_cb(const struct wsub_group_changes *changes,
                                   void *arg);

/* Reads at most `limit` changes after `place`, the earliest first. */
void wsub_group_changes(struct wsub_store *store,
                        const struct wsub_group_place *place, size_t limit,
                        wsub_group_changes_cb *cb, void *arg);

/* `record` is NULL where there is none. */
typedef void wsub_group_read_cb(enum wsub_err err, const char *record,
                                void *arg);

void wsub_group_read(struct wsub_store *store, const char *id,
                     wsub_group_read_cb *cb, void *arg);

#endif
