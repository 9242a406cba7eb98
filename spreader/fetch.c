#include "spreader/fetch.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "common/base/config.h"
#include "common/base/container_of.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/base/states.h"
#include "common/crypto/digest.h"
#include "common/store/fetches.h"
#include "common/store/store.h"
#include "spreader/gather.h"
#include "spreader/result.h"
#include "spreader/shard.h"
#include "spreader/stats.h"

/* Topics that have failed before, in flight at once: however many there are, most
 * of what hosts without a good response may have is for those that were never
 * tried. */
#define FAILING_MAX 32
#define AGAIN_MS 1000 /* others come again then */

#define LOADS_MAX 32 /* topics in one call: as many as one takes */

/* Outcomes of a shard that go together: well under a millisecond of Redis, and
 * bodies that are held twice for a moment.  They wait while more are expected than
 * are there, but not for long beside what a publisher takes to respond. */
#define RESULTS_MAX 16
#define RESULTS_BYTES (100 * 1024)
#define RESULTS_WAIT_US 4000

enum fetch_state {
    FETCH_ENTERING,
    FETCH_LOADING,
    FETCH_REQUESTING,
    FETCH_STORING,
    FETCH_PUTTING_BACK,
};

static const struct wsub_state states[] = {
    [FETCH_ENTERING] = {"entering",
                        WSUB_BIT(FETCH_LOADING) | WSUB_BIT(FETCH_PUTTING_BACK)},
    [FETCH_LOADING] = {"loading", WSUB_BIT(FETCH_REQUESTING) |
                                      WSUB_BIT(FETCH_STORING) |
                                      WSUB_BIT(FETCH_PUTTING_BACK)},
    [FETCH_REQUESTING] = {"requesting", WSUB_BIT(FETCH_STORING) |
                                            WSUB_BIT(FETCH_PUTTING_BACK)},
    [FETCH_STORING] = {"storing", 0},
    [FETCH_PUTTING_BACK] = {"putting-back", 0},
};

struct fetch {
    struct spread_fetcher *fetcher; /* borrowed; outlives the fetch */
    struct spread_topic topic;
    struct wsub_topic_ref ref;
    char *member;      /* owned; how Redis names what is wanted */
    uint64_t question; /* that has taken it */
    enum fetch_state state;
    bool lingers;
    bool did_well;     /* the last time */
    uint32_t failures; /* in a row, before this fetch */
    uint64_t sent_us;  /* the request; our clock */
    struct wsub_fetch_state last;
    struct spread_result result;
    struct spread_gathered gathered; /* while it is loading, or storing */
    TAILQ_ENTRY(fetch) next;         /* once it is dropped */
};

TAILQ_HEAD(fetches, fetch);

/* What goes on for a shard. */
struct shard {
    struct spread_fetcher *fetcher;
    struct spread_shard *shard; /* borrowed; while a call is on its way */
    struct spread_gathered_list loading, storing; /* in such a call */
    size_t requesting;
};

struct spread_fetcher {
    struct spread_topics topics; /* owned; members of fetches */
    /* Owned; in no table: their shards are closed, or their topics are being
     * fetched already. */
    struct fetches dropped;
    struct shard *shards;                  /* owned */
    struct spread_gather *loads, *results; /* owned */
    size_t failing; /* fetches of topics that have failed before */
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
    if (f->failures > 0)
        fetcher->failing--;
    spread_topics_drop(&fetcher->topics, &f->topic);
    wsub_fetch_state_done(&f->last);
    spread_result_clear(&f->result);
    free(f->member);
    free(f);
}

/* The fetch is over; the topic may be handed out again. */
static void over(struct fetch *f)
{
    const struct spread_topics_options *o = &f->fetcher->topics.o;
    unsigned shard = f->ref.shard;
    size_t count = f->lingers ? 0 : 1;

    fetch_free(f);
    o->on_over(shard, WSUB_WANTED_ANNOUNCED, count, o->arg);
}

static struct shard *shard_of(const struct fetch *f)
{
    return &f->fetcher->shards[f->ref.shard];
}

static struct fetch *take_first(struct spread_gathered_list *list)
{
    struct spread_gathered *first = TAILQ_FIRST(list);

    if (first == NULL)
        return NULL;
    TAILQ_REMOVE(list, first, next);
    return wsub_container_of(first, struct fetch, gathered);
}

static void on_postponed(enum wsub_err err, void *arg)
{
    struct fetch *f = arg;

    (void)spread_shard_replied(f->topic.shard, err);
    over(f);
}

static void put_back(struct fetch *f, uint64_t delay_ms)
{
    enter(f, FETCH_PUTTING_BACK);
    wsub_metric_add(&spread_stats[SPREAD_STAT_FETCH_POSTPONED], 1);
    spread_shard_sent(f->topic.shard);
    wsub_fetches_postpone(f->fetcher->topics.o.store,
                          &(struct wsub_postponed){
                              .owned = &f->topic.shard->owned,
                              .question = f->question,
                              .member = f->member,
                              .td = f->ref.digest,
                              .delay_ms = delay_ms,
                          },
                          on_postponed, f);
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

static struct wsub_fetched fetched_of(const struct fetch *f)
{
    const struct spread_result *r = &f->result;

    return (struct wsub_fetched){
        .question = f->question,
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
        .pace_ms = r->pace_ms,
        .have = wsub_buf_cstr(&f->last.have),
        .unbegun = wsub_buf_cstr(&f->last.unbegun),
    };
}

/* What was stored is over. */
static void on_stored(enum wsub_err err, const char *const events[], void *arg)
{
    struct shard *shard = arg;
    unsigned number = shard->shard->owned.shard;
    struct spread_gathered_list stored = TAILQ_HEAD_INITIALIZER(stored);
    struct fetch *f;

    TAILQ_CONCAT(&stored, &shard->storing, next);
    (void)spread_shard_replied(shard->shard, err);
    spread_gather_over(shard->fetcher->results, number);
    for (size_t i = 0; (f = take_first(&stored)) != NULL; i++) {
        if (events != NULL && events[i] != NULL)
            wsub_log_info("content-new", WSUB_KV("topic", f->topic.name),
                          WSUB_KU("shard", number),
                          WSUB_KV("event_id", events[i]));
        over(f);
    }
}

/* The store has a copy of the bodies, which may be large. */
static void forget_bodies(const struct shard *shard)
{
    struct spread_gathered *one;

    TAILQ_FOREACH(one, &shard->storing, next)
    wsub_buf_done(&wsub_container_of(one, struct fetch, gathered)->result.body);
}

static void send_results(unsigned number, struct spread_gathered_list *list,
                         void *arg)
{
    struct spread_fetcher *fetcher = arg;
    struct shard *shard = &fetcher->shards[number];
    struct wsub_fetched fetched[RESULTS_MAX];
    struct fetch *f;
    size_t count = 0;

    while ((f = take_first(list)) != NULL) {
        if (!f->topic.in_table) {
            over(f);
            continue;
        }
        shard->shard = f->topic.shard;
        fetched[count++] = fetched_of(f);
        TAILQ_INSERT_TAIL(&shard->storing, &f->gathered, next);
    }
    if (count == 0) {
        spread_gather_over(fetcher->results, number);
        return;
    }
    spread_shard_sent(shard->shard);
    wsub_fetches_end(fetcher->topics.o.store, &shard->shard->owned, fetched,
                     count, on_stored, shard);
    forget_bodies(shard);
}

static void store(struct fetch *f)
{
    enter(f, FETCH_STORING);
    count(f->result.outcome);
    spread_gather_add(f->fetcher->results, f->ref.shard, &f->gathered,
                      f->result.body.len, shard_of(f)->requesting);
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

    shard_of(f)->requesting--;
    if (!f->topic.in_table) {
        over(f);
        return;
    }
    if (response->outcome == SPREAD_BUSY) {
        put_back(f, response->again_ms);
        return;
    }
    wsub_histogram_add(&spread_fetch_times, wsub_now_us() - f->sent_us);
    wsub_random(&facts.random, sizeof(facts.random));
    spread_result_take(&f->result, response, &facts);
    if (f->result.outcome == WSUB_FETCH_FAILED)
        log_failure(f);
    store(f);
}

static void request(struct fetch *f)
{
    enter(f, FETCH_REQUESTING);
    f->sent_us = wsub_now_us();
    shard_of(f)->requesting++;
    spread_request_send(
        &f->topic.request,
        &(struct spread_conditions){
            .etag = wsub_buf_cstr(&f->last.etag),
            .last_modified = wsub_buf_cstr(&f->last.last_modified),
            .source = wsub_buf_cstr(&f->last.source),
            .subscribers = f->last.subscribers,
        });
}

/* The fetch goes on as its state says. */
static void go_on(struct fetch *f)
{
    if (f->last.paced_ms == 0 && f->last.wanted) {
        request(f);
        return;
    }
    spread_request_leave(&f->topic.request);
    if (f->last.paced_ms > 0) {
        put_back(f, f->last.paced_ms);
    } else {
        f->result.outcome = WSUB_FETCH_UNNEEDED;
        store(f);
    }
}

static void drop_loading(struct fetch *f)
{
    spread_request_leave(&f->topic.request);
    over(f);
}

static void on_loaded(enum wsub_err err, struct wsub_fetch_state *found,
                      void *arg)
{
    struct shard *shard = arg;
    struct spread_gathered_list loaded = TAILQ_HEAD_INITIALIZER(loaded);
    unsigned number = shard->shard->owned.shard;
    bool is_open;
    struct fetch *f;

    TAILQ_CONCAT(&loaded, &shard->loading, next);
    is_open = spread_shard_replied(shard->shard, err);
    spread_gather_over(shard->fetcher->loads, number);
    for (size_t i = 0; (f = take_first(&loaded)) != NULL; i++) {
        if (found != NULL)
            f->last = found[i];
        if (is_open && f->topic.in_table)
            go_on(f);
        else
            drop_loading(f);
    }
}

static void send_loads(unsigned number, struct spread_gathered_list *list,
                       void *arg)
{
    struct spread_fetcher *fetcher = arg;
    const struct spread_topics_options *o = &fetcher->topics.o;
    struct shard *shard = &fetcher->shards[number];
    const char *tds[LOADS_MAX], *names[LOADS_MAX];
    struct fetch *f;
    size_t count = 0;

    while ((f = take_first(list)) != NULL) {
        if (!f->topic.in_table) {
            drop_loading(f);
            continue;
        }
        shard->shard = f->topic.shard;
        tds[count] = f->ref.digest;
        names[count++] = f->topic.name;
        TAILQ_INSERT_TAIL(&shard->loading, &f->gathered, next);
    }
    if (count == 0) {
        spread_gather_over(fetcher->loads, number);
        return;
    }
    spread_shard_sent(shard->shard);
    wsub_fetches_load(o->store, &shard->shard->owned, tds, names, count,
                      o->config->fetch_interval_ms, on_loaded, shard);
}

static void on_admitted(void *arg)
{
    struct fetch *f = arg;

    enter(f, FETCH_LOADING);
    spread_gather_add(f->fetcher->loads, f->ref.shard, &f->gathered, 0, 0);
}

static void on_linger(void *arg)
{
    struct fetch *f = arg;
    const struct spread_topics_options *o = &f->fetcher->topics.o;

    f->lingers = true;
    o->on_linger(WSUB_WANTED_ANNOUNCED, 1, o->arg);
}

static void ask_host(struct fetch *f)
{
    struct spread_topic_use use = {.did_well = f->did_well,
                                   .on_admitted = on_admitted,
                                   .on_linger = on_linger,
                                   .on_response = on_response,
                                   .arg = f};
    uint64_t again_ms;

    switch (
        spread_topics_enter(&f->fetcher->topics, &f->topic, &use, &again_ms)) {
    case WSUB_HOST_ENTRY_NOW:
        on_admitted(f);
        break;
    case WSUB_HOST_ENTRY_WAIT:
        break;
    default:
        put_back(f, again_ms);
    }
}

static void shards_init(struct spread_fetcher *fetcher, unsigned count)
{
    fetcher->shards = wsub_calloc(count, sizeof(*fetcher->shards));
    for (unsigned i = 0; i < count; i++) {
        fetcher->shards[i].fetcher = fetcher;
        TAILQ_INIT(&fetcher->shards[i].loading);
        TAILQ_INIT(&fetcher->shards[i].storing);
    }
}

struct spread_fetcher *
spread_fetcher_new(struct event_base *base,
                   const struct spread_topics_options *options)
{
    struct spread_fetcher *fetcher = wsub_calloc(1, sizeof(*fetcher));
    unsigned shards = wsub_store_shards(options->store);

    fetcher->topics.o = *options;
    TAILQ_INIT(&fetcher->dropped);
    shards_init(fetcher, shards);
    fetcher->loads = spread_gather_new(&(struct spread_gather_options){
        .base = base,
        .shards = shards,
        .most = LOADS_MAX,
        .bytes_max = SIZE_MAX,
        .send = send_loads,
        .arg = fetcher,
    });
    fetcher->results = spread_gather_new(&(struct spread_gather_options){
        .base = base,
        .shards = shards,
        .most = RESULTS_MAX,
        .bytes_max = RESULTS_BYTES,
        .wait_us = RESULTS_WAIT_US,
        .send = send_results,
        .arg = fetcher,
    });
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
    spread_gather_free(fetcher->loads);
    spread_gather_free(fetcher->results);
    free(fetcher->shards);
    free(fetcher);
}

static struct fetch *fetch_new(struct spread_fetcher *fetcher,
                               const struct wsub_wanted *wanted)
{
    struct fetch *f = wsub_calloc(1, sizeof(*f));

    f->fetcher = fetcher;
    f->failures = wanted->failures;
    f->did_well = wanted->did_well;
    f->question = wanted->question;
    f->ref = wsub_topic_ref(fetcher->topics.o.store, wanted->topic);
    f->member = wsub_strdup(wanted->member);
    if (f->failures > 0)
        fetcher->failing++;
    return f;
}

/* Redis has taken back what is being fetched (resume.lua) and hands it out again:
 * what comes of the fetch under way is too old to count. */
static void start_later(struct fetch *f, struct spread_shard *shard,
                        const char *topic)
{
    spread_topic_init(&f->topic, shard, topic);
    TAILQ_INSERT_TAIL(&f->fetcher->dropped, f, next);
    put_back(f, AGAIN_MS);
}

void spread_fetch_start(struct spread_fetcher *fetcher,
                        struct spread_shard *shard,
                        const struct wsub_wanted *wanted)
{
    struct fetch *f = fetch_new(fetcher, wanted);

    if (spread_topics_find(&fetcher->topics, wanted->topic) != NULL) {
        start_later(f, shard, wanted->topic);
        return;
    }
    spread_topics_add(&fetcher->topics, &f->topic, shard, wanted->topic);
    if (f->failures > 0 && fetcher->failing > FAILING_MAX)
        put_back(f, AGAIN_MS);
    else
        ask_host(f);
}

/* What is ready is stored, if it may be.  The others are freed when what is under
 * way for them is over. */
void spread_fetcher_close(struct spread_fetcher *fetcher, unsigned shard)
{
    struct spread_topic *topic, *next;

    spread_gather_flush(fetcher->results, shard);
    HASH_ITER(hh, fetcher->topics.table, topic, next)
    {
        struct fetch *f = fetch_of(topic);

        if (f->ref.shard != shard)
            continue;
        spread_topics_remove(&fetcher->topics, topic);
        TAILQ_INSERT_TAIL(&fetcher->dropped, f, next);
    }
}
