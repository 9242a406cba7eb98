/* fsck.h - how far an fsck is: rounds of a check and of mending, until a check
 * finds nothing, or nothing of it can be mended.
 *
 *   begun -> check -> mending, until nothing is open -> next check ... -> done
 *              '-> nothing found, or only to look: done
 *
 * Pure: the monitor tells it what happens, and asks what is to be done. */
#ifndef SPREADER_HEALTH_FSCK_H
#define SPREADER_HEALTH_FSCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded; zeroed there has been none. */
struct spread_fsck {
    uint64_t number;
    bool repairs;
    bool active, finished;
    bool wants_check; /* of all keys, */
    bool checks;      /* which is under way */
    unsigned rounds;
    uint64_t found; /* by the first check */
    uint64_t mended, mended_before;
    uint64_t left;
    uint64_t began_ms, ended_ms; /* of Redis' clock */
};

/* Begins fsck `number`, at `now_ms` of Redis' clock; nothing when that is under
 * way, or finished. */
void spread_fsck_begin(struct spread_fsck *fsck, uint64_t number, bool repairs,
                       uint64_t now_ms);

/* Somebody else goes on with it, from its beginning. */
void spread_fsck_forget(struct spread_fsck *fsck);

bool spread_fsck_is_active(const struct spread_fsck *fsck);
bool spread_fsck_wants_check(const struct spread_fsck *fsck);
/* Whether things are mended for it. */
bool spread_fsck_repairs(const struct spread_fsck *fsck);

/* A check begins. */
void spread_fsck_begins_check(struct spread_fsck *fsck);
/* One thing was mended. */
void spread_fsck_mended(struct spread_fsck *fsck);
/* A check, or a look at what was found, is over: `left` things are wrong, of which
 * `open` will be looked at again. */
void spread_fsck_passed(struct spread_fsck *fsck, bool is_check, size_t left,
                        size_t open, uint64_t now_ms);

/* "running", "done", or NULL when there is nothing to tell. */
const char *spread_fsck_state(const struct spread_fsck *fsck);

/* `keys` of the walk so far, `by` the name of this process; the caller frees
 * it. */
char *spread_fsck_json(const struct spread_fsck *fsck, uint64_t keys,
                       const char *by);

#endif
