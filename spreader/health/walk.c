#include "spreader/health/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "spreader/health/pace.h"

#define SCAN_COUNT 500 /* keys of the server in one call */
#define KEYS_MOST 64   /* in one look, */
#define LOOK_MOST 128  /* and what is in them: about a ms of Redis */
#define CURSOR_BYTES 24

/* A key that is to be looked at, or gone on with. */
struct entry {
    STAILQ_ENTRY(entry) next;
    size_t len;
    char cursor[CURSOR_BYTES];
    char name[]; /* `len` bytes */
};

struct slot {
    STAILQ_HEAD(, entry) waiting; /* owned */
    size_t count;
};

struct spread_walk {
    struct spread_walk_options o;
    struct spread_pace pace;
    struct slot *slots; /* owned; of the shards, and of the cluster */
    unsigned slot_count;
    unsigned at; /* the slot that is being looked at */
    char cursor[CURSOR_BYTES];
    bool scanned; /* all keys are known */
    bool stopped;
    uint64_t keys;
    struct wsub_health_totals totals;
};

static struct slot *slot_of(struct spread_walk *walk, unsigned shard)
{
    return &walk->slots[shard == WSUB_SHARD_CLUSTER ? walk->slot_count - 1
                                                    : shard];
}

static unsigned shard_of(const struct spread_walk *walk, unsigned slot)
{
    return slot == walk->slot_count - 1 ? WSUB_SHARD_CLUSTER : slot;
}

static void wait_for(struct slot *slot, const struct wsub_health_text *name,
                     const char *cursor)
{
    struct entry *entry = wsub_calloc(1, sizeof(*entry) + name->len + 1);

    entry->len = name->len;
    memcpy(entry->name, name->data, name->len);
    snprintf(entry->cursor, sizeof(entry->cursor), "%s", cursor);
    STAILQ_INSERT_TAIL(&slot->waiting, entry, next);
    slot->count++;
}

/* Takes the first entries off the slot, which the caller frees. */
static size_t take(struct slot *slot, struct entry *ret_entries[KEYS_MOST])
{
    size_t count = 0;

    while (slot->count > 0 && count < KEYS_MOST) {
        ret_entries[count++] = STAILQ_FIRST(&slot->waiting);
        STAILQ_REMOVE_HEAD(&slot->waiting, next);
        slot->count--;
    }
    return count;
}

static void free_all(struct entry *entries[KEYS_MOST], size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(entries[i]);
}

static void empty(struct spread_walk *walk)
{
    struct entry *entries[KEYS_MOST];

    for (unsigned i = 0; i < walk->slot_count; i++)
        while (walk->slots[i].count > 0)
            free_all(entries, take(&walk->slots[i], entries));
}

static void finish(struct spread_walk *walk, enum wsub_err err)
{
    empty(walk);
    walk->o.on_done(err, walk->o.arg);
}

/* A slot that has enough for a look, or, once all keys are known, any. */
static bool find_slot(const struct spread_walk *walk, unsigned *ret_slot)
{
    size_t enough = walk->scanned ? 1 : KEYS_MOST;

    for (unsigned i = 0; i < walk->slot_count; i++)
        if (walk->slots[i].count >= enough) {
            *ret_slot = i;
            return true;
        }
    return false;
}

/* A reply has come: the next call, once Redis had its time for others. */
static void go_on(struct spread_walk *walk, enum wsub_err err)
{
    if (err == WSUB_OK && walk->stopped)
        err = WSUB_ERR_FENCED;
    if (err != WSUB_OK) {
        finish(walk, err);
        return;
    }
    spread_pace_replied(&walk->pace);
}

static void on_scanned(enum wsub_err err,
                       const struct wsub_health_scanned *scanned, void *arg)
{
    struct spread_walk *walk = arg;

    if (err == WSUB_OK) {
        for (size_t i = 0; i < scanned->count; i++)
            wait_for(slot_of(walk, scanned->keys[i].shard),
                     &scanned->keys[i].name, "0");
        walk->keys += scanned->count;
        snprintf(walk->cursor, sizeof(walk->cursor), "%s", scanned->next);
        walk->scanned = scanned->next[0] == '0' && scanned->next[1] == '\0';
    }
    go_on(walk, err);
}

static void add_totals(struct wsub_health_totals *sum,
                       const struct wsub_health_totals *more)
{
    sum->subscriptions += more->subscriptions;
    sum->pull_subscriptions += more->pull_subscriptions;
    sum->suspended += more->suspended;
    sum->requests += more->requests;
    sum->dead_letters += more->dead_letters;
}

static void on_looked(enum wsub_err err,
                      const struct wsub_health_looked *looked, void *arg)
{
    struct spread_walk *walk = arg;
    unsigned shard = shard_of(walk, walk->at);

    if (err == WSUB_OK) {
        add_totals(&walk->totals, &looked->totals);
        for (size_t i = 0; i < looked->rest_count; i++)
            wait_for(&walk->slots[walk->at], &looked->rest[i].name,
                     looked->rest[i].cursor.data);
        for (size_t i = 0; i < looked->issue_count; i++)
            walk->o.on_issue(&looked->issues[i], walk->o.arg);
        for (size_t i = 0; i < looked->cursor_count; i++)
            walk->o.on_cursor(shard, &looked->cursors[i], walk->o.arg);
    }
    go_on(walk, err);
}

/* The reply may come during the call, and end the walk. */
static void look(struct spread_walk *walk, unsigned at)
{
    struct entry *entries[KEYS_MOST];
    struct wsub_health_place places[KEYS_MOST];
    size_t count = take(&walk->slots[at], entries);

    for (size_t i = 0; i < count; i++)
        places[i] = (struct wsub_health_place){
            {entries[i]->name, entries[i]->len},
            {entries[i]->cursor, strlen(entries[i]->cursor)}};
    walk->at = at;
    wsub_health_look(walk->o.store, shard_of(walk, at), places, count,
                     LOOK_MOST, on_looked, walk);
    free_all(entries, count);
}

static void step(void *arg)
{
    struct spread_walk *walk = arg;
    unsigned slot;

    spread_pace_sent(&walk->pace);
    if (find_slot(walk, &slot)) {
        look(walk, slot);
    } else if (!walk->scanned) {
        wsub_health_scan(walk->o.store, walk->cursor, SCAN_COUNT, on_scanned,
                         walk);
    } else {
        finish(walk, WSUB_OK);
    }
}

struct spread_walk *spread_walk_new(const struct spread_walk_options *options)
{
    struct spread_walk *walk = wsub_calloc(1, sizeof(*walk));

    walk->o = *options;
    walk->slot_count = wsub_store_shards(options->store) + 1;
    walk->slots = wsub_calloc(walk->slot_count, sizeof(*walk->slots));
    for (unsigned i = 0; i < walk->slot_count; i++)
        STAILQ_INIT(&walk->slots[i].waiting);
    spread_pace_init(&walk->pace, options->base, step, walk);
    return walk;
}

void spread_walk_free(struct spread_walk *walk)
{
    if (walk == NULL)
        return;
    spread_pace_done(&walk->pace);
    empty(walk);
    free(walk->slots);
    free(walk);
}

void spread_walk_start(struct spread_walk *walk)
{
    snprintf(walk->cursor, sizeof(walk->cursor), "0");
    walk->scanned = walk->stopped = false;
    walk->keys = 0;
    walk->totals = (struct wsub_health_totals){0};
    step(walk);
}

void spread_walk_stop(struct spread_walk *walk)
{
    walk->stopped = true;
}

uint64_t spread_walk_keys(const struct spread_walk *walk)
{
    return walk->keys;
}

const struct wsub_health_totals *
spread_walk_totals(const struct spread_walk *walk)
{
    return &walk->totals;
}
