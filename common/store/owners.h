/* owners.h - who owns a shard, or is the coordinator (claim.lua, extend.lua,
 * release.lua, free.lua).
 *
 * The row `owner` of a shard names its owner: a spreader, with the epoch of its
 * ownership and the time until which it lasts unless it is extended.  An epoch is
 * never given out twice.  Scripts that only the owner may call carry the epoch,
 * and are refused with WSUB_ERR_FENCED once another one is valid, or none.  The
 * row of WSUB_SHARD_CLUSTER names the coordinator in the same way. */
#ifndef WSUB_STORE_OWNERS_H
#define WSUB_STORE_OWNERS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/redis/cmd.h"
#include "common/store/scripts.h"

struct wsub_store;

#define WSUB_INSTANCE_NAME_BYTES 129

/* One life of a process under its name. */
struct wsub_instance_ref {
    const char *name;     /* borrowed */
    uint64_t incarnation; /* rises with each life */
};

/* A shard while this process owns it. */
struct wsub_owned {
    unsigned shard;
    uint64_t epoch;
};

struct wsub_claimed {
    enum wsub_err err; /* WSUB_ERR_FULL: it is somebody else's */
    uint64_t epoch;    /* with WSUB_OK */
    uint64_t left_ms;  /* with WSUB_ERR_FULL: until it ends by itself */
    const char *owner; /* with WSUB_ERR_FULL: the other's name; borrowed */
};

typedef void wsub_claimed_cb(const struct wsub_claimed *claimed, void *arg);

/* `epoch` is 0 and err WSUB_ERR_FENCED when nothing was owned. */
typedef void wsub_owner_cb(enum wsub_err err, uint64_t epoch, void *arg);

/* Each is sent once; the callback is called once, maybe during the call.
 * Repeating any of them changes nothing. */
void wsub_owner_claim(struct wsub_store *store, unsigned shard,
                      const struct wsub_instance_ref *me, uint32_t lease_ms,
                      wsub_claimed_cb *cb, void *arg);
void wsub_owner_extend(struct wsub_store *store, unsigned shard, uint64_t epoch,
                       uint32_t lease_ms, wsub_owner_cb *cb, void *arg);
void wsub_owner_release(struct wsub_store *store, unsigned shard,
                        uint64_t epoch, wsub_owner_cb *cb, void *arg);

/* Ends the ownership of a process that is dead: of this incarnation or an
 * earlier one. */
void wsub_owner_free(struct wsub_store *store, unsigned shard,
                     const struct wsub_instance_ref *dead, wsub_owner_cb *cb,
                     void *arg);

/* For the typed calls of this folder: begins a call of a script that only the
 * owner may make; the epoch is its first argument. */
void wsub_owner_script(struct wsub_cmd *cmd, const struct wsub_store *store,
                       const struct wsub_owned *owned, enum wsub_script_id id);

#endif
