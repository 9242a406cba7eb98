#include "spreader/health/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "common/base/mem.h"
#include "common/store/health/looks.h"
#include "spreader/health/pace.h"

#define INDEX_MOST 200     /* subscriptions in one call, about */
#define HASHES_AT_ONCE 128 /* of hosts */
#define HOSTS_MOST 300     /* in one call; then fewer hashes */
#define HOST_BYTES 17      /* 16 hex digits */
#define X_DIGITS 3         /* of them name the hash */

struct host {
    char name[HOST_BYTES];
    uint64_t count;
    UT_hash_handle hh;
};

struct spread_tally {
    struct wsub_store *store; /* borrowed */
    struct spread_pace pace;
    spread_tally_cb *cb;
    void *arg;
    unsigned shard;
    bool mend;
    struct host *hosts;    /* owned; by name, then in the order of names */
    const struct host *at; /* the first one that was not compared */
    uint64_t subscriptions, urls, wrong;
    char *bound;     /* owned; the leaf to go on with; NULL: all are counted */
    char change[64]; /* the last one of subscriptions, at the first leaf */
    unsigned hash;   /* the first one that was not compared */
};

static void drop_hosts(struct spread_tally *tally)
{
    struct host *host, *next;

    HASH_ITER(hh, tally->hosts, host, next)
    {
        HASH_DELETE(hh, tally->hosts, host);
        free(host);
    }
}

static void finish(struct spread_tally *tally, enum wsub_err err, bool changed)
{
    drop_hosts(tally);
    free(tally->bound);
    tally->bound = NULL;
    tally->cb(err, changed, tally->wrong, tally->arg);
}

static void add(struct spread_tally *tally, const struct wsub_health_host *more)
{
    struct host *host = NULL;

    HASH_FIND_STR(tally->hosts, more->host, host);
    if (host == NULL) {
        host = wsub_calloc(1, sizeof(*host));
        snprintf(host->name, sizeof(host->name), "%s", more->host);
        HASH_ADD_STR(tally->hosts, name, host);
    }
    host->count += more->count;
}

static int compare_names(const struct host *a, const struct host *b)
{
    return strcmp(a->name, b->name);
}

static void all_counted(struct spread_tally *tally)
{
    free(tally->bound);
    tally->bound = NULL;
    HASH_SORT(tally->hosts, compare_names);
    tally->at = tally->hosts;
}

static void on_indexed(enum wsub_err err,
                       const struct wsub_health_indexed *indexed, void *arg)
{
    struct spread_tally *tally = arg;
    bool is_first = tally->bound != NULL && tally->bound[0] == '\0';

    if (err != WSUB_OK) {
        finish(tally, err, false);
        return;
    }
    if (is_first)
        snprintf(tally->change, sizeof(tally->change), "%s", indexed->change);
    tally->subscriptions += indexed->subscriptions;
    tally->urls += indexed->urls;
    for (size_t i = 0; i < indexed->host_count; i++)
        add(tally, &indexed->hosts[i]);
    free(tally->bound);
    tally->bound = wsub_strdup(indexed->next);
    if (tally->bound[0] == '\0')
        all_counted(tally);
    spread_pace_replied(&tally->pace);
}

static void on_compared(enum wsub_err err, bool changed, uint64_t wrong,
                        void *arg)
{
    struct spread_tally *tally = arg;

    if (err != WSUB_OK || changed) {
        finish(tally, err, changed);
        return;
    }
    tally->wrong += wrong;
    if (tally->hash < WSUB_HEALTH_HOST_HASHES)
        spread_pace_replied(&tally->pace);
    else
        finish(tally, WSUB_OK, false);
}

static unsigned hash_of(const struct host *host)
{
    char x[X_DIGITS + 1];

    snprintf(x, sizeof(x), "%.*s", X_DIGITS, host->name);
    return (unsigned)strtoul(x, NULL, 16);
}

/* Hashes with as many hosts as go into one call; those of a hash go together. */
static void compare(struct spread_tally *tally)
{
    unsigned first = tally->hash, end = first + HASHES_AT_ONCE, last = first;
    size_t count = 0, size = HOSTS_MOST;
    struct wsub_health_host *hosts = wsub_calloc(size, sizeof(*hosts));

    for (; tally->at != NULL && hash_of(tally->at) < end;
         tally->at = tally->at->hh.next) {
        if (count >= HOSTS_MOST && hash_of(tally->at) != last) {
            end = hash_of(tally->at);
            break;
        }
        last = hash_of(tally->at);
        if (count == size)
            hosts = wsub_realloc(hosts, (size *= 2) * sizeof(*hosts));
        hosts[count++] =
            (struct wsub_health_host){tally->at->name, tally->at->count};
    }
    tally->hash = end;
    wsub_health_compare_hosts(tally->store,
                              &(struct wsub_health_hosts){
                                  .shard = tally->shard,
                                  .change = tally->change,
                                  .mend = tally->mend,
                                  .with_total = first == 0,
                                  .subscriptions = tally->subscriptions,
                                  .urls = tally->urls,
                                  .first = first,
                                  .last = end - 1,
                                  .hosts = hosts,
                                  .count = count,
                              },
                              on_compared, tally);
    free(hosts);
}

static void step(void *arg)
{
    struct spread_tally *tally = arg;

    spread_pace_sent(&tally->pace);
    if (tally->bound != NULL)
        wsub_health_index(tally->store, tally->shard, tally->bound, INDEX_MOST,
                          on_indexed, tally);
    else
        compare(tally);
}

struct spread_tally *spread_tally_new(struct event_base *base,
                                      struct wsub_store *store)
{
    struct spread_tally *tally = wsub_calloc(1, sizeof(*tally));

    tally->store = store;
    spread_pace_init(&tally->pace, base, step, tally);
    return tally;
}

void spread_tally_free(struct spread_tally *tally)
{
    if (tally == NULL)
        return;
    spread_pace_done(&tally->pace);
    drop_hosts(tally);
    free(tally->bound);
    free(tally);
}

void spread_tally_start(struct spread_tally *tally, unsigned shard, bool mend,
                        spread_tally_cb *cb, void *arg)
{
    tally->cb = cb;
    tally->arg = arg;
    tally->shard = shard;
    tally->mend = mend;
    tally->subscriptions = tally->urls = tally->wrong = 0;
    tally->hash = 0;
    tally->at = NULL;
    drop_hosts(tally);
    free(tally->bound);
    tally->bound = wsub_strdup("");
    step(tally);
}
