#include "hub/resharding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/program/startup.h"
#include "common/reshard/mover.h"

/* A bit longer than WSUB_RESHARD_LEASE_MS. */
#define TRY_MS 500
#define TRIES 14

struct hub_resharding {
    struct wsub_loop *loop;
    struct wsub_store *store; /* owned */
    struct wsub_mover *mover; /* owned; NULL between two of them */
    struct wsub_timer again;
    unsigned tries;
    unsigned to;
};

static void on_progress(const struct wsub_reshard_note *note, void *arg)
{
    (void)arg;
    wsub_log_info("reshard",
                  WSUB_KV("state", wsub_reshard_state_name(note->state)),
                  WSUB_KU("percent", wsub_reshard_percent(note)),
                  WSUB_KU("keys", note->keys), WSUB_KU("of", note->of));
}

static void refuse(struct hub_resharding *resharding, const char *sentence)
{
    wsub_startup_failed(WSUB_PROGRAM_HUB, sentence);
    wsub_loop_finish(resharding->loop, WSUB_EXIT_START);
}

static void on_end(enum wsub_mover_end end, const char *why, void *arg)
{
    struct hub_resharding *resharding = arg;
    char sentence[512];

    if (end == WSUB_MOVER_DONE) {
        wsub_log_info("resharded", WSUB_KU("shards", resharding->to));
        wsub_loop_finish(resharding->loop, WSUB_EXIT_OK);
    } else if (end == WSUB_MOVER_BUSY && resharding->tries < TRIES) {
        wsub_timer_start_ms(&resharding->again, TRY_MS);
    } else if (end == WSUB_MOVER_BUSY) {
        refuse(resharding, "another process moves the data already");
    } else {
        snprintf(sentence, sizeof(sentence), "the data stay where they are: %s",
                 why);
        refuse(resharding, sentence);
    }
}

static void make_mover(struct hub_resharding *resharding)
{
    resharding->mover = wsub_mover_new(&(struct wsub_mover_options){
        .base = wsub_loop_base(resharding->loop),
        .store = resharding->store,
        .to = resharding->to,
        .on_progress = on_progress,
        .on_end = on_end,
        .arg = resharding,
    });
}

/* Who moves them may be dead. */
static void on_again(void *arg)
{
    struct hub_resharding *resharding = arg;

    resharding->tries++;
    wsub_mover_free(resharding->mover);
    make_mover(resharding);
    if (wsub_store_up(resharding->store))
        wsub_mover_up(resharding->mover);
}

static void on_redis_up(void *arg)
{
    struct hub_resharding *resharding = arg;

    if (wsub_store_shards(resharding->store) == resharding->to)
        refuse(resharding, "Redis has so many shards already");
    else
        wsub_mover_up(resharding->mover);
}

static void on_refused(const char *sentence, void *arg)
{
    refuse(arg, sentence);
}

/* It was not there when the program asked at its start. */
static void on_shards(unsigned shards, void *arg)
{
    char sentence[96];

    snprintf(sentence, sizeof(sentence),
             "Redis has %u shards: try again, it is there now", shards);
    refuse(arg, sentence);
}

static enum wsub_err read_shards(const char *text, unsigned *ret_shards,
                                 char err_text[256])
{
    char *end;
    unsigned long shards = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || shards < 1 ||
        shards > WSUB_SHARDS_MAX) {
        snprintf(err_text, 256, "--reshard needs a number of shards, 1 to %d",
                 WSUB_SHARDS_MAX);
        return WSUB_ERR_INVALID;
    }
    *ret_shards = (unsigned)shards;
    return WSUB_OK;
}

enum wsub_err hub_resharding_new(const struct wsub_config *config,
                                 struct wsub_loop *loop, const char *shards,
                                 char err_text[256],
                                 struct hub_resharding **ret_resharding)
{
    struct hub_resharding *resharding = wsub_calloc(1, sizeof(*resharding));
    enum wsub_err err = read_shards(shards, &resharding->to, err_text);

    resharding->loop = loop;
    wsub_timer_init(&resharding->again, wsub_loop_base(loop), on_again,
                    resharding);
    if (err == WSUB_OK)
        err = wsub_store_new(
            &(struct wsub_store_options){
                .base = wsub_loop_base(loop),
                .config = config,
                .on_up = on_redis_up,
                .on_unusable = on_refused,
                .on_shards = on_shards,
                .is_mover = true,
                .arg = resharding,
            },
            err_text, &resharding->store);
    if (err != WSUB_OK) {
        hub_resharding_free(resharding);
        return err;
    }
    make_mover(resharding);
    *ret_resharding = resharding;
    return WSUB_OK;
}

void hub_resharding_free(struct hub_resharding *resharding)
{
    if (resharding == NULL)
        return;
    if (resharding->store != NULL)
        wsub_store_close(resharding->store);
    wsub_mover_free(resharding->mover);
    wsub_timer_done(&resharding->again);
    wsub_store_free(resharding->store);
    free(resharding);
}

void hub_resharding_drain(void *arg)
{
    struct hub_resharding *resharding = arg;

    wsub_loop_finish(resharding->loop, WSUB_EXIT_DRAIN);
}
