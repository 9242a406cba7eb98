/* canary.h - is ours the key that secrets in Redis are sealed with?
 *
 * `P:{c}:canary` is a text that every program knows, sealed by the first key of
 * the hub that started last.  Who can't open it could open none of the secrets
 * that this hub has stored, so it must not start: each event would be given up.
 * One that runs goes on, whether it could open it before or there was none: keys
 * change while programs run, and what it can't open is held (held.h).  A program
 * runs from the first look that Redis has replied to, and looks again each few
 * seconds.  A hub whose first key is another one, and that can open what is there,
 * seals it anew when it starts or its keys change; so does any after a FLUSHALL. */
#ifndef WSUB_STORE_CANARY_H
#define WSUB_STORE_CANARY_H

#include <stdbool.h>

#include "common/crypto/keyring.h"
#include "common/store/store.h"

struct wsub_canary {
    struct wsub_store *store;        /* borrowed; outlives the canary */
    const struct wsub_keyring *ring; /* borrowed; outlives the canary */
    bool seals;                      /* a hub: it stores secrets */
    /* The program must not run; with the sentence that says why. */
    void (*on_wrong)(const char *sentence, void *arg);
    void *arg;    /* borrowed; given to on_wrong */
    bool looking; /* the reply is due */
    bool passed;  /* a look at the start: the process runs */
    bool changed; /* the keys, since it looked */
    bool missing; /* it can't be opened, and the process runs */
};

/* Looks: Redis has come up. */
void wsub_canary_redis_up(struct wsub_canary *canary);

/* Looks: the ring has other keys. */
void wsub_canary_keys_changed(struct wsub_canary *canary);

/* Looks, now and then: another hub may have sealed it. */
void wsub_canary_look(struct wsub_canary *canary);

/* Adds the command that seals it with the first key of a ring. */
void wsub_canary_seal(struct wsub_cmd *cmd, const struct wsub_store *store,
                      const struct wsub_keyring *ring);

#endif
