#include "spreader/fetch.h"

#include <stdlib.h>

#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/states.h"
#include "common/crypto/digest.h"
#include "common/store/fetches.h"
#include "common/store/promoter.h"
#include "common/store/stream_reader.h"
#include "spreader/ping.h"
#include "spreader/result.h"
#include "spreader/stats.h"

enum fetch_state { FETCH_LOADING, FETCH_REQUESTING, FETCH_STORING };

static const struct wsub_state states[] = {
    [FETCH_LOADING] = {"loading",
                       WSUB_BIT(FETCH_REQUESTING) | WSUB_BIT(FETCH_STORING)},
    [FETCH_REQUESTING] = {"requesting", WSUB_BIT(FETCH_STORING)},
    [FETCH_STORING] = {"storing", WSUB_BIT(FETCH_LOADING)},
};

struct fetch {
    struct spread_fetcher *fetcher; /* borrowed; outlives the fetch */
    struct spread_topic topic;
    struct wsub_topic_ref ref;
    enum fetch_state state;
    struct spread_pings pings; /* this fetch is for these */
    struct spread_pings later; /* came after the request had begun */
    struct wsub_fetch_state last;
    struct spread_result result;
};

struct spread_fetcher {
    struct spread_topics topics; /* owned; members of fetches */
};

static void enter(struct fetch *f, enum fetch_state state)
{
    f->state = (enum fetch_state)wsub_state_enter(
        states, "fetch", f->topic.name, f->state, state);
}

static void fetch_free(struct fetch *f)
{
    spread_topics_drop(&f->fetcher->topics, &f->topic);
    spread_pings_clear(&f->pings);
    spread_pings_clear(&f->later);
    wsub_fetch_state_done(&f->last);
    spread_result_clear(&f->result);
    free(f);
}

static void on_loaded(void *arg);

static void load(struct fetch *f)
{
    wsub_fetch_load(f->fetcher->topics.o.store, &f->ref, &f->last, on_loaded,
                    f);
}

/* The topic is done with, unless it was announced again meanwhile.  In a
 * process that drains such announcements stay pending for others.  Returns how
 * many announcements are over. */
static size_t go_on(struct fetch *f)
{
    bool drains = wsub_loop_draining(f->fetcher->topics.o.loop);
    size_t over = f->pings.count;

    spread_result_clear(&f->result);
    if (f->later.count == 0 || drains) {
        over += f->later.count;
        fetch_free(f);
        return over;
    }
    spread_pings_move(&f->pings, &f->later);
    enter(f, FETCH_LOADING);
    load(f);
    return over;
}

static void on_stored(const char *event, void *arg)
{
    struct fetch *f = arg;
    struct spread_fetcher *fetcher = f->fetcher;
    const struct spread_topics_options *o = &fetcher->topics.o;

    if (event != NULL)
        wsub_log_info("content-new", WSUB_KV("topic", f->topic.name),
                      WSUB_KU("shard", f->ref.shard), WSUB_KV("event", event));
    if (f->result.again)
        wsub_promoter_hint(o->promoter, f->ref.shard, f->result.delay_ms);
    o->on_done(go_on(f), o->arg);
    if (spread_fetcher_idle(fetcher))
        o->on_idle(o->arg);
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
    wsub_fetched(f->fetcher->topics.o.store,
                 &(struct wsub_fetched){
                     .ref = &f->ref,
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
                     .announcements = f->pings.ids,
                     .announcement_count = f->pings.count,
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
        .failures = f->pings.failures,
    };

    wsub_random(&facts.random, sizeof(facts.random));
    spread_result_take(&f->result, response, &facts);
    if (f->result.outcome == WSUB_FETCH_FAILED)
        log_failure(f);
    store(f);
}

static void on_loaded(void *arg)
{
    struct fetch *f = arg;

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
    return fetcher;
}

static struct fetch *fetch_of(struct spread_topic *topic)
{
    return wsub_container_of(topic, struct fetch, topic);
}

void spread_fetcher_free(struct spread_fetcher *fetcher)
{
    if (fetcher == NULL)
        return;
    while (fetcher->topics.table != NULL)
        fetch_free(fetch_of(fetcher->topics.table));
    free(fetcher);
}

static struct fetch *fetch_new(struct spread_fetcher *fetcher,
                               const char *topic)
{
    struct fetch *f = wsub_calloc(1, sizeof(*f));

    f->fetcher = fetcher;
    f->ref = wsub_topic_ref(fetcher->topics.o.store, topic);
    spread_topics_add(&fetcher->topics, &f->topic, topic);
    return f;
}

/* Joins the request that can still answer the announcement. */
static void add_ping(struct fetch *f, const char *id, uint32_t failures)
{
    const struct spread_topics_options *o = &f->fetcher->topics.o;

    if (spread_pings_have(&f->pings, id) || spread_pings_have(&f->later, id))
        o->on_done(1, o->arg); /* it was taken over from ourselves */
    else if (f->state == FETCH_LOADING)
        spread_pings_add(&f->pings, id, failures);
    else
        spread_pings_add(&f->later, id, failures);
}

void spread_fetch_start(struct spread_fetcher *fetcher,
                        const struct wsub_stream_entry *entry)
{
    const char *name = wsub_stream_field(entry->fields, "t", NULL);
    const char *failures = wsub_stream_field(entry->fields, "n", NULL);
    uint32_t n = failures ? (uint32_t)strtoul(failures, NULL, 10) : 0;
    struct spread_topic *topic = spread_topics_find(&fetcher->topics, name);
    struct fetch *f = topic ? fetch_of(topic) : fetch_new(fetcher, name);

    add_ping(f, entry->id, n);
    if (topic == NULL)
        load(f);
}

bool spread_fetcher_idle(const struct spread_fetcher *fetcher)
{
    return fetcher->topics.table == NULL;
}
