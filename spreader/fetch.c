#include "spreader/fetch.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <uthash.h>

#include "common/base/backoff.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/client.h"
#include "common/store/store.h"
#include "common/store/promoter.h"
#include "common/store/stream_reader.h"
#include "common/store/topic.h"
#include "spreader/entries.h"
#include "spreader/intake.h"
#include "spreader/ping.h"
#include "spreader/request.h"
#include "spreader/spreader.h"
#include "spreader/stats.h"

#define RESUME_MS 500 /* between looks whether Redis is back */

enum fetch_state {
    FETCH_LOADING,
    FETCH_FETCHING,
    FETCH_STORING,
    FETCH_STATE_MAX_
};

#define BIT(state) (1u << (state))

static const struct {
    const char *name;
    unsigned next;
} states[FETCH_STATE_MAX_] = {
    [FETCH_LOADING] = {"loading", BIT(FETCH_FETCHING) | BIT(FETCH_STORING)},
    [FETCH_FETCHING] = {"fetching", BIT(FETCH_STORING)},
    [FETCH_STORING] = {"storing", BIT(FETCH_LOADING)},
};

struct fetch {
    struct spread_fetcher *fetcher;
    char *topic; /* owned; the key in the table */
    struct wsub_topic_ref ref;
    enum fetch_state state;
    bool stalled;              /* loading or storing, and Redis went away */
    struct spread_pings pings; /* answered by this fetch */
    struct spread_pings later; /* came after it had begun */
    uint64_t subscribers;
    struct spread_request request;
    /* What came of it, as the arguments of fetched.lua: */
    const char *outcome; /* const */
    long status;
    char error[128];
    struct wsub_buf etag, modified, type, body; /* owned */
    struct wsub_buf self, source; /* owned; canonical URL, URL that answered */
    struct spread_entries entries;
    uint32_t failures; /* of this topic so far */
    char digest[WSUB_DIGEST_LEN + 1];
    bool try_again;
    uint32_t delay_ms;
    UT_hash_handle hh;
};

struct spread_fetcher {
    struct spreader *s;   /* borrowed; outlives the fetcher */
    struct fetch *table;  /* owned; by topic */
    struct event *resume; /* owned */
};

static void load(struct fetch *f);
static void store(struct fetch *f);

static void enter(struct fetch *f, enum fetch_state state)
{
    if ((states[f->state].next & BIT(state)) == 0)
        wsub_panic("fetch of %s: %s -> %s", f->topic, states[f->state].name,
                   states[state].name);
    f->state = state;
}

static void results_clear(struct fetch *f)
{
    wsub_buf_done(&f->etag);
    wsub_buf_done(&f->modified);
    wsub_buf_done(&f->type);
    wsub_buf_done(&f->body);
    wsub_buf_done(&f->self);
    wsub_buf_done(&f->source);
    spread_entries_done(&f->entries);
    spread_request_done(&f->request);
}

static void fetch_free(struct fetch *f)
{
    HASH_DEL(f->fetcher->table, f);
    spread_pings_clear(&f->pings);
    spread_pings_clear(&f->later);
    results_clear(f);
    free(f->topic);
    free(f);
}

/* The outcome is stored: the topic is done with, unless it was announced
 * again meanwhile. */
static void stored(struct fetch *f)
{
    struct spreader *s = f->fetcher->s;
    size_t done = spread_pings_clear(&f->pings);

    if (f->try_again)
        wsub_promoter_hint(s->promoter, f->ref.shard, f->delay_ms);
    results_clear(f);
    if (spread_pings_empty(&f->later) || wsub_loop_draining(s->loop)) {
        done += spread_pings_clear(&f->later); /* draining: they stay pending */
        fetch_free(f);
    } else {
        spread_pings_move(&f->pings, &f->later);
        enter(f, FETCH_LOADING);
        load(f);
    }
    spread_intake_release(s->intake, done);
    spread_drain_check(s);
}

static void on_stored(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct fetch *f = arg;

    if (err == WSUB_OK) {
        if (reply->type == REDIS_REPLY_STRING)
            wsub_log_info("content-new", WSUB_KV("topic", f->topic),
                          WSUB_KU("shard", f->ref.shard),
                          WSUB_KV("event", reply->str));
        stored(f);
        return;
    }
    if (err == WSUB_ERR_REFUSED)
        wsub_log_error("fetched-refused", WSUB_KV("topic", f->topic),
                       WSUB_KV("error", reply->str));
    f->stalled = true;
}

static void store(struct fetch *f)
{
    struct wsub_store *store = f->fetcher->s->store;
    struct wsub_cmd cmd;

    f->stalled = false;
    wsub_store_script(&cmd, store, f->ref.shard, WSUB_SCRIPT_FETCHED);
    wsub_cmd_str(&cmd, f->ref.digest);
    wsub_cmd_str(&cmd, f->topic);
    wsub_cmd_str(&cmd, f->outcome);
    wsub_cmd_u64(&cmd, (uint64_t)f->status);
    wsub_cmd_str(&cmd, f->error);
    wsub_cmd_str(&cmd, wsub_buf_cstr(&f->etag));
    wsub_cmd_str(&cmd, wsub_buf_cstr(&f->modified));
    wsub_cmd_str(&cmd, f->digest);
    wsub_cmd_str(&cmd, wsub_buf_cstr(&f->type));
    wsub_cmd_arg(&cmd, wsub_buf_cstr(&f->body), f->body.len);
    wsub_cmd_str(&cmd, wsub_buf_cstr(&f->self));
    wsub_cmd_str(&cmd, wsub_buf_cstr(&f->source));
    wsub_cmd_u64(&cmd, f->failures);
    if (f->try_again)
        wsub_cmd_u64(&cmd, f->delay_ms);
    else
        wsub_cmd_str(&cmd, "-1");
    wsub_cmd_str(&cmd, wsub_buf_cstr(&f->entries.now));
    spread_pings_args(&f->pings, &cmd);
    if (wsub_store_send(store, f->ref.shard, &cmd, on_stored, f) != WSUB_OK)
        f->stalled = true;
}

static void finish(struct fetch *f, const char *outcome)
{
    enter(f, FETCH_STORING);
    f->outcome = outcome;
    store(f);
}

static void fail(struct fetch *f, const char *error, bool passing)
{
    const struct wsub_config *config = f->fetcher->s->config;
    struct wsub_backoff backoff = {.base_ms = config->retry_base_ms,
                                   .cap_ms = config->retry_cap_ms,
                                   .max_tries = config->max_attempts};
    uint32_t draw;

    wsub_random(&draw, sizeof(draw));
    f->failures = f->pings.failures + 1;
    f->try_again =
        passing && wsub_backoff_next(&backoff, f->failures, draw, &f->delay_ms);
    snprintf(f->error, sizeof(f->error), "%s", error);
    spread_stat_add(SPREAD_STAT_FETCH_FAILED, 1);
    wsub_log_warn("fetch-failed", WSUB_KV("topic", f->topic),
                  WSUB_KV("error", f->error), WSUB_KU("failures", f->failures),
                  WSUB_KV("again", f->try_again ? "yes" : "no"));
    finish(f, "failed");
}

static void take_content(struct fetch *f, const struct spread_answer *answer)
{
    const struct wsub_http_response *http = answer->http;
    bool news;

    spread_answer_header(answer, "ETag", &f->etag);
    spread_answer_header(answer, "Last-Modified", &f->modified);
    spread_answer_type(answer, &f->type);
    spread_answer_self(answer, &f->self);
    wsub_buf_str(&f->source, answer->url);
    wsub_digest(http->body, http->body_len, f->digest);
    news = spread_entries_take(&f->entries, f->fetcher->s->config, http->body,
                               http->body_len, &f->body);
    spread_stat_add(news ? SPREAD_STAT_FETCH_NEW : SPREAD_STAT_FETCH_UNCHANGED,
                    1);
    finish(f, news ? "content" : "known");
}

static void on_answer(const struct spread_answer *answer, void *arg)
{
    struct fetch *f = arg;

    f->status = answer->status;
    if (answer->outcome == SPREAD_CONTENT) {
        take_content(f, answer);
    } else if (answer->outcome == SPREAD_UNCHANGED) {
        spread_stat_add(SPREAD_STAT_FETCH_UNCHANGED, 1);
        finish(f, "unchanged");
    } else {
        fail(f, answer->error, answer->outcome != SPREAD_BLOCKED);
    }
}

static void send_request(struct fetch *f, const struct redisReply *state)
{
    enter(f, FETCH_FETCHING);
    spread_entries_load(&f->entries, state->element[3]->str);
    spread_request_start(&f->request, f->fetcher->s,
                         &(struct spread_request_options){
                             .url = f->topic,
                             .etag = state->element[0]->str,
                             .modified = state->element[1]->str,
                             .source = state->element[2]->str,
                             .subscribers = f->subscribers,
                             .done = on_answer,
                             .arg = f,
                         });
}

static void on_state(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct fetch *f = arg;

    if (err != WSUB_OK) {
        f->stalled = true;
    } else if (f->subscribers == 0) {
        spread_stat_add(SPREAD_STAT_FETCH_UNNEEDED, 1);
        finish(f, "unneeded");
    } else {
        send_request(f, reply);
    }
}

static void on_subscribers(enum wsub_err err, const struct redisReply *reply,
                           void *arg)
{
    struct fetch *f = arg;

    if (err == WSUB_OK)
        f->subscribers = (uint64_t)reply->integer;
}

/* Two commands in one pipeline; the second one's answer goes on. */
static void load(struct fetch *f)
{
    struct wsub_store *store = f->fetcher->s->store;
    struct wsub_cmd cmd;

    f->stalled = false;
    f->try_again = false;
    f->status = 0;
    f->failures = 0;
    f->error[0] = f->digest[0] = '\0';
    wsub_cmd_init(&cmd, "HLEN");
    wsub_store_key(&cmd, store, f->ref.shard, "sub", f->ref.digest);
    if (wsub_store_send(store, f->ref.shard, &cmd, on_subscribers, f) !=
        WSUB_OK) {
        f->stalled = true;
        return;
    }
    wsub_cmd_init(&cmd, "HMGET");
    wsub_store_key(&cmd, store, f->ref.shard, "topic", f->ref.digest);
    wsub_cmd_str(&cmd, "etag");
    wsub_cmd_str(&cmd, "lm");
    wsub_cmd_str(&cmd, "src");
    wsub_cmd_str(&cmd, "entries");
    if (wsub_store_send(store, f->ref.shard, &cmd, on_state, f) != WSUB_OK)
        f->stalled = true;
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct spread_fetcher *fetcher = arg;
    struct fetch *f, *next;

    (void)fd;
    (void)what;
    if (!wsub_store_up(fetcher->s->store))
        return;
    HASH_ITER(hh, fetcher->table, f, next)
    {
        if (f->stalled && f->state == FETCH_LOADING)
            load(f);
        else if (f->stalled)
            store(f);
    }
}

struct spread_fetcher *spread_fetcher_new(struct spreader *s)
{
    struct spread_fetcher *fetcher = wsub_calloc(1, sizeof(*fetcher));
    struct timeval every = {RESUME_MS / 1000, (RESUME_MS % 1000) * 1000};

    fetcher->s = s;
    fetcher->resume =
        event_new(wsub_loop_base(s->loop), -1, EV_PERSIST, on_resume, fetcher);
    event_add(fetcher->resume, &every);
    return fetcher;
}

void spread_fetcher_free(struct spread_fetcher *fetcher)
{
    struct fetch *f, *next;

    if (fetcher == NULL)
        return;
    HASH_ITER(hh, fetcher->table, f, next)
    {
        fetch_free(f);
    }
    event_free(fetcher->resume);
    free(fetcher);
}

static struct fetch *fetch_new(struct spread_fetcher *fetcher,
                               const char *topic)
{
    struct fetch *f = wsub_calloc(1, sizeof(*f));

    f->fetcher = fetcher;
    f->topic = wsub_strdup(topic);
    f->ref = wsub_topic_ref(fetcher->s->store, topic);
    spread_pings_init(&f->pings);
    spread_pings_init(&f->later);
    HASH_ADD_KEYPTR(hh, fetcher->table, f->topic, strlen(f->topic), f);
    return f;
}

/* Joins the fetch that can still answer the announcement. */
static void add_ping(struct fetch *f, const char *id, uint32_t failures)
{
    if (spread_pings_have(&f->pings, id) || spread_pings_have(&f->later, id))
        spread_intake_release(f->fetcher->s->intake, 1);
    else if (f->state == FETCH_LOADING)
        spread_pings_add(&f->pings, id, failures);
    else
        spread_pings_add(&f->later, id, failures);
}

void spread_fetch_start(struct spread_fetcher *fetcher,
                        const struct wsub_stream_entry *entry)
{
    const char *topic = wsub_stream_field(entry->fields, "t", NULL);
    const char *failures = wsub_stream_field(entry->fields, "n", NULL);
    uint32_t n = failures ? (uint32_t)strtoul(failures, NULL, 10) : 0;
    struct fetch *f;
    bool fresh;

    HASH_FIND_STR(fetcher->table, topic, f);
    fresh = f == NULL;
    if (fresh)
        f = fetch_new(fetcher, topic);
    add_ping(f, entry->id, n);
    if (fresh)
        load(f);
}

bool spread_fetcher_idle(const struct spread_fetcher *fetcher)
{
    return fetcher->table == NULL;
}
