#include "common/store/secret_keys.h"

#include <stdlib.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/crypto/keyring.h"
#include "common/store/canary.h"

#define LOOK_MS 2000

struct wsub_secret_keys {
    struct wsub_keyring *ring; /* owned */
    struct wsub_canary canary;
    struct wsub_timer look;
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

static void on_look(void *arg)
{
    (void)wsub_secret_keys_look(arg);
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
    wsub_canary_look(&keys->canary);
}

const struct wsub_keyring *
wsub_secret_keys_ring(const struct wsub_secret_keys *keys)
{
    return keys->ring;
}
