#include "common/store/secret_keys.h"

#include <stdlib.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/crypto/keyring.h"
#include "common/store/alerts.h"
#include "common/store/canary.h"

#define LOOK_MS 2000

struct wsub_secret_keys {
    struct wsub_keyring *ring; /* owned */
    struct wsub_canary canary;
    struct wsub_timer look;
    uint64_t said_ms; /* that a key is missing; 0: it is not */
};

enum wsub_err wsub_secret_keys_load(const char *path, char err_text[256],
                                    struct wsub_secret_keys **ret_keys)
{
    struct wsub_keyring *ring = NULL;
    enum wsub_err err = wsub_keyring_load(path, err_text, &ring);

    if (err != WSUB_OK)
        return err;
    if (wsub_keyring_count(ring) == 0)
        wsub_log_warn("secrets-in-plain-form",
                      WSUB_KV("remedy", "set secret_keys_file"));
    *ret_keys = wsub_calloc(1, sizeof(**ret_keys));
    (*ret_keys)->ring = ring;
    return WSUB_OK;
}

void wsub_secret_keys_free(struct wsub_secret_keys *keys)
{
    if (keys == NULL)
        return;
    wsub_timer_done(&keys->look);
    wsub_keyring_free(keys->ring);
    free(keys);
}

bool wsub_secret_keys_look(struct wsub_secret_keys *keys)
{
    char err_text[256];
    bool changed = wsub_keyring_refresh(keys->ring, err_text);

    if (changed) {
        wsub_log_info("keys-read",
                      WSUB_KU("keys", wsub_keyring_count(keys->ring)),
                      WSUB_KV("first", wsub_keyring_first_id(keys->ring)));
        wsub_canary_keys_changed(&keys->canary);
    } else if (err_text[0] != '\0') {
        wsub_log_error("keys-unusable", WSUB_KE("why", err_text),
                       WSUB_KV("effect", "the keys stay as they were"));
    }
    return changed;
}

/* A missing key is an alert as long as it is. */
static void say(struct wsub_secret_keys *keys)
{
    struct wsub_store *store = keys->canary.store;
    const struct wsub_alert condition = {
        .kind = WSUB_ALERT_KEYS_MISSING,
        .subject = wsub_store_config(store)->instance_name,
        .detail = "it has no key for secrets that others have sealed",
    };
    uint64_t now_ms = wsub_now_ms();

    if (!keys->canary.missing) {
        if (keys->said_ms != 0)
            wsub_condition_end(store, &condition);
        keys->said_ms = 0;
    } else if (keys->said_ms == 0 ||
               now_ms - keys->said_ms >= WSUB_CONDITION_AGAIN_MS) {
        wsub_condition_say(store, &condition);
        keys->said_ms = now_ms;
    }
}

static void on_look(void *arg)
{
    struct wsub_secret_keys *keys = arg;

    (void)wsub_secret_keys_look(keys);
    if (!wsub_store_up(keys->canary.store))
        return;
    wsub_canary_look(&keys->canary);
    say(keys);
}

void wsub_secret_keys_start(struct wsub_secret_keys *keys,
                            const struct wsub_secret_keys_options *options)
{
    keys->canary = (struct wsub_canary){
        .store = options->store,
        .ring = keys->ring,
        .seals = options->seals,
        .on_wrong = options->on_wrong,
        .arg = options->arg,
    };
    wsub_timer_every_ms(&keys->look, options->base, LOOK_MS, on_look, keys);
}

void wsub_secret_keys_redis_up(struct wsub_secret_keys *keys)
{
    (void)wsub_secret_keys_look(keys);
    wsub_canary_redis_up(&keys->canary);
}

const struct wsub_keyring *
wsub_secret_keys_ring(const struct wsub_secret_keys *keys)
{
    return keys->ring;
}
