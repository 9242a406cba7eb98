#include "spreader/fetch.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/states.h"
#include "common/crypto/digest.h"
#include "common/store/fetches.h"
#include "spreader/result.h"
#include "spreader/shard.h"
#include "spreader/stats.h"

enum fetch_state { FETCH_LOADING, FETCH_REQUESTING, FETCH_STORING };

static const struct wsub_state states[] = {
    [FETCH_LOADING] = {"loading",
                       WSUB_BIT(FETCH_REQUESTING) | WSUB_BIT(FETCH_STORING)},
    [FETCH_REQUESTING] = {"requesting", WSUB_BIT(FETCH_STORING)},
    [FETCH_STORING] = {"storing", 0},
};

struct fetch {
    struct spread_fetcher *fetcher; /* borrowed; outlives the fetch */
    struct spread_topic topic;
    struct wsub_topic_ref ref;
    enum fetch_state state;
    uint32_t failures; /* in a row, before this fetch */
    struct wsub_fetch_state last;
    struct spread_result result;
    TAILQ_ENTRY(fetch) next; /* once it is dropped */
};

TAILQ_HEAD(fetches, fetch);

struct spread_fetcher {
    struct spread_topics topics; /* owned; members of fetches */
    struct fetches dropped;      /* owned; their shards are closed */
};

static void enter(struct fetch *f, enum fetch_state state)
{
    f->state = (enum fetch_state)wsub_state_enter(
        states, "fetch", f->topic.name, f->state, state);
}

static void fetch_free(struct fetch *f)
{
    struct spread_fetcher *fetcher = f->fetcher;

    if (!f->topic.in_table)
        TAILQ_REMOVE(&fetcher->dropped, f, next);
    spread_topics_drop(&fetcher->topics, &f->topic);
    wsub_fetch_state_done(&f->last);
    spread_result_clear(&f->result);
    free(f);
}

/* The fetch is over; the topic may be handed out again. */
static void over(struct fetch *f)
{
    const struct spread_topics_options *o = &f->fetcher->topics.o;
    unsigned shard = f->ref.shard;

    fetch_free(f);
    o->on_over(shard, 1, o->arg);
}

static void on_stored(enum wsub_err err, const char *event, void *arg)
{
    struct fetch *f = arg;

    if (event != NULL)
        wsub_log_info("content-new", WSUB_KV("topic", f->topic.name),
                      WSUB_KU("shard", f->ref.shard), WSUB_KV("event", event));
    (void)spread_shard_replied(f->topic.shard, err);
    over(f);
}

static void count(enum wsub_fetch_outcome outcome)
{
    static const enum spread_stat stats[] = {
        [WSUB_FETCH_NEW] = SPREAD_STAT_FETCH_NEW,
        [WSUB_FETCH_KNOWN] = SPREAD_STAT_FETCH_UNCHANGED,
        [WSUB_FETCH_UNCHANGED] = SPREAD_STAT_FETCH_UNCHANGED,
        [WSUB_FETCH_FAILED] = SPREAD_STAT_FETCH_FAILED,
        [WSUB_FETCH_UNNEEDED] = SPREAD_STAT_FETCH_UNNEEDED,
    };

    wsub_metric_add(&spread_stats[stats[outcome]], 1);
}

static void store(struct fetch *f)
{
    const struct spread_result *r = &f->result;

    enter(f, FETCH_STORING);
    count(r->outcome);
    spread_shard_sent(f->topic.shard);
    wsub_fetched(f->fetcher->topics.o.store,
                 &(struct wsub_fetched){
                     .owned = &f->topic.shard->owned,
                     .td = f->ref.digest,
                     .topic = f->topic.name,
                     .outcome = r->outcome,
                     .status = r->status,
                     .error = r->error,
                     .etag = wsub_buf_cstr(&r->etag),
                     .last_modified = wsub_buf_cstr(&r->last_modified),
                     .digest = r->digest,
                     .type = wsub_buf_cstr(&r->type),
                     .body = wsub_buf_cstr(&r->body),
                     .body_len = r->body.len,
                     .self = wsub_buf_cstr(&r->self),
                     .source = wsub_buf_cstr(&r->source),
                     .entries = wsub_buf_cstr(&r->entries),
                     .failures = r->failures,
                     .again = r->again,
                     .delay_ms = r->delay_ms,
                 },
                 on_stored, f);
    wsub_buf_done(&f->result.body); /* the store has a copy: it may be large */
}

static void log_failure(const struct fetch *f)
{
    const struct spread_result *r = &f->result;

    wsub_log_warn("fetch-failed", WSUB_KV("topic", f->topic.name),
                  WSUB_KV("error", r->error), WSUB_KU("failures", r->failures),
                  WSUB_KV("again", r->again ? "yes" : "no"));
}

static void on_response(const struct spread_response *response, void *arg)
{
    struct fetch *f = arg;
    struct spread_result_facts facts = {
        .config = f->fetcher->topics.o.config,
        .entries = wsub_buf_cstr(&f->last.entries),
        .failures = f->failures,
    };

    if (!f->topic.in_table) {
        over(f);
        return;
    }
    wsub_random(&facts.random, sizeof(facts.random));
    spread_result_take(&f->result, response, &facts);
    if (f->result.outcome == WSUB_FETCH_FAILED)
        log_failure(f);
    store(f);
}

static void on_loaded(void *arg)
{
    struct fetch *f = arg;

    if (!spread_shard_replied(f->topic.shard, WSUB_OK)) {
        over(f);
        return;
    }
    if (f->last.subscribers == 0) {
        f->result.outcome = WSUB_FETCH_UNNEEDED;
        store(f);
        return;
    }
    enter(f, FETCH_REQUESTING);
    spread_topics_request(&f->fetcher->topics, &f->topic, &f->last, on_response,
                          f);
}

struct spread_fetcher *
spread_fetcher_new(const struct spread_topics_options *options)
{
    struct spread_fetcher *fetcher = wsub_calloc(1, sizeof(*fetcher));

    fetcher->topics.o = *options;
    TAILQ_INIT(&fetcher->dropped);
    return fetcher;
}

static struct fetch *fetch_of(struct spread_topic *topic)
{
    return wsub_container_of(topic, struct fetch, topic);
}

void spread_fetcher_free(struct spread_fetcher *fetcher)
{
    struct fetch *f;

    if (fetcher == NULL)
        return;
    while (fetcher->topics.table != NULL)
        fetch_free(fetch_of(fetcher->topics.table));
    while ((f = TAILQ_FIRST(&fetcher->dropped)) != NULL)
        fetch_free(f);
    free(fetcher);
}

void spread_fetch_start(struct spread_fetcher *fetcher,
                        struct spread_shard *shard,
                        const struct wsub_wanted *wanted)
{
    const struct spread_topics_options *o = &fetcher->topics.o;
    struct fetch *f;

    if (spread_topics_find(&fetcher->topics, wanted->topic) != NULL) {
        o->on_over(shard->owned.shard, 1, o->arg);
        return;
    }
    f = wsub_calloc(1, sizeof(*f));
    f->fetcher = fetcher;
    f->failures = wanted->failures;
    f->ref = wsub_topic_ref(o->store, wanted->topic);
    spread_topics_add(&fetcher->topics, &f->topic, shard, wanted->topic);
    spread_shard_sent(shard);
    wsub_fetch_load(o->store, &f->ref, &f->last, on_loaded, f);
}

/* They are freed when what is under way for them is over. */
void spread_fetcher_close(struct spread_fetcher *fetcher, unsigned shard)
{
    struct spread_topic *topic, *next;

    HASH_ITER(hh, fetcher->topics.table, topic, next)
    {
        struct fetch *f = fetch_of(topic);

        if (f->ref.shard != shard)
            continue;
        spread_topics_remove(&fetcher->topics, topic);
        TAILQ_INSERT_TAIL(&fetcher->dropped, f, next);
    }
}
