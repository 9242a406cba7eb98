#include "spreader/fetch.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <uthash.h>

#include "common/base/backoff.h"
#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/client.h"
#include "common/http/url.h"
#include "common/redis/redis.h"
#include "common/store/promoter.h"
#include "common/store/stream_reader.h"
#include "common/store/topic.h"
#include "spreader/intake.h"
#include "spreader/spreader.h"
#include "spreader/stats.h"

#define RESUME_MS 500         /* between looks whether Redis is back */
#define PING_ID_MAX 48
#define HEADER_MAX_BYTES 1024 /* of a validator or a content type */

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

struct ping {
    char id[PING_ID_MAX];
    STAILQ_ENTRY(ping) next;
};

STAILQ_HEAD(ping_list, ping);

struct fetch {
    struct spread_fetcher *fetcher;
    char *topic; /* owned; the key in the table */
    struct wsub_topic_ref ref;
    enum fetch_state state;
    bool stalled;           /* loading or storing, and Redis went away */
    struct ping_list pings; /* answered by this fetch */
    struct ping_list later; /* came after it had begun */
    uint32_t failures;      /* of this topic so far, as its pings say */
    uint32_t later_failures;
    uint64_t subscribers;
    struct wsub_buf request_headers[3]; /* owned */
    struct curl_slist headers[3];
    /* What came of it, as the arguments of fetched.lua: */
    const char *outcome; /* const */
    long status;
    char error[128];
    struct wsub_buf etag, modified, type, body; /* owned */
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

static size_t pings_free(struct ping_list *pings)
{
    struct ping *ping;
    size_t count = 0;

    while ((ping = STAILQ_FIRST(pings)) != NULL) {
        STAILQ_REMOVE_HEAD(pings, next);
        free(ping);
        count++;
    }
    return count;
}

static void results_clear(struct fetch *f)
{
    wsub_buf_done(&f->etag);
    wsub_buf_done(&f->modified);
    wsub_buf_done(&f->type);
    wsub_buf_done(&f->body);
    for (size_t i = 0; i < 3; i++)
        wsub_buf_done(&f->request_headers[i]);
}

static void fetch_free(struct fetch *f)
{
    HASH_DEL(f->fetcher->table, f);
    pings_free(&f->pings);
    pings_free(&f->later);
    results_clear(f);
    free(f->topic);
    free(f);
}

/* The outcome is stored: the topic is done with, unless it was announced
 * again meanwhile. */
static void stored(struct fetch *f)
{
    struct spreader *s = f->fetcher->s;
    size_t done = pings_free(&f->pings);

    if (f->try_again)
        wsub_promoter_hint(s->promoter, f->ref.shard, f->delay_ms);
    results_clear(f);
    if (STAILQ_EMPTY(&f->later) || wsub_loop_draining(s->loop)) {
        done += pings_free(&f->later); /* draining: they stay pending */
        fetch_free(f);
    } else {
        STAILQ_CONCAT(&f->pings, &f->later);
        f->failures = f->later_failures;
        f->later_failures = 0;
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
    struct wsub_redis *redis = f->fetcher->s->redis;
    const struct ping *ping;
    struct wsub_cmd cmd;

    f->stalled = false;
    wsub_cmd_init_script(&cmd, redis, f->ref.shard, WSUB_SCRIPT_FETCHED);
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
    wsub_cmd_u64(&cmd, f->failures);
    if (f->try_again)
        wsub_cmd_u64(&cmd, f->delay_ms);
    else
        wsub_cmd_str(&cmd, "-1");
    STAILQ_FOREACH(ping, &f->pings, next)
        wsub_cmd_str(&cmd, ping->id);
    if (wsub_redis_send(redis, f->ref.shard, &cmd, on_stored, f) != WSUB_OK)
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
    f->failures++;
    f->try_again = passing && wsub_backoff_next(&backoff, f->failures, draw,
                                                &f->delay_ms);
    snprintf(f->error, sizeof(f->error), "%s", error);
    spread_stat_add(SPREAD_STAT_FETCH_FAILED, 1);
    wsub_log_warn("fetch-failed", WSUB_KV("topic", f->topic),
                  WSUB_KV("error", f->error),
                  WSUB_KU("failures", f->failures),
                  WSUB_KV("again", f->try_again ? "yes" : "no"));
    finish(f, "failed");
}

static void take_header(CURL *easy, const char *name, struct wsub_buf *ret)
{
    struct curl_header *header;

    if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) ==
            CURLHE_OK &&
        strlen(header->value) <= HEADER_MAX_BYTES)
        wsub_buf_str(ret, header->value);
}

static void take_content(struct fetch *f,
                         const struct wsub_http_answer *answer)
{
    take_header(answer->easy, "ETag", &f->etag);
    take_header(answer->easy, "Last-Modified", &f->modified);
    take_header(answer->easy, "Content-Type", &f->type);
    if (f->type.len == 0)
        wsub_buf_str(&f->type, "application/octet-stream");
    wsub_buf_add(&f->body, answer->body, answer->body_len);
    wsub_digest(answer->body, answer->body_len, f->digest);
    f->failures = 0;
    spread_stat_add(SPREAD_STAT_FETCH_NEW, 1);
    finish(f, "content");
}

static void on_answer(const struct wsub_http_answer *answer, void *arg)
{
    struct fetch *f = arg;
    char text[64];

    f->status = answer->status;
    if (answer->outcome == WSUB_HTTP_ANSWERED && answer->status == 200) {
        take_content(f, answer);
    } else if (answer->outcome == WSUB_HTTP_ANSWERED &&
               answer->status == 304) {
        f->failures = 0;
        spread_stat_add(SPREAD_STAT_FETCH_UNCHANGED, 1);
        finish(f, "unchanged");
    } else if (answer->outcome == WSUB_HTTP_ANSWERED) {
        snprintf(text, sizeof(text), "HTTP status %ld", answer->status);
        fail(f, text, true);
    } else {
        fail(f, answer->error, answer->outcome != WSUB_HTTP_BLOCKED);
    }
}

static struct curl_slist *push_header(struct fetch *f, size_t at,
                                      struct curl_slist *rest)
{
    f->headers[at].data = f->request_headers[at].data;
    f->headers[at].next = rest;
    return &f->headers[at];
}

static struct curl_slist *request_headers(struct fetch *f, const char *etag,
                                          const char *modified)
{
    const char *url = wsub_redis_public_url(f->fetcher->s->redis);
    struct curl_slist *list = NULL;
    size_t used = 0;

    wsub_buf_printf(&f->request_headers[used],
                    "User-Agent: websubd/%s (+%s; %llu subscribers)",
                    WSUB_VERSION, url != NULL ? url : "",
                    (unsigned long long)f->subscribers);
    list = push_header(f, used++, list);
    if (etag != NULL && etag[0] != '\0') {
        wsub_buf_printf(&f->request_headers[used], "If-None-Match: %s", etag);
        list = push_header(f, used++, list);
    }
    if (modified != NULL && modified[0] != '\0') {
        wsub_buf_printf(&f->request_headers[used], "If-Modified-Since: %s",
                        modified);
        list = push_header(f, used++, list);
    }
    return list;
}

static void send_request(struct fetch *f, const char *etag,
                         const char *modified)
{
    const struct spreader *s = f->fetcher->s;

    enter(f, FETCH_FETCHING);
    wsub_http_client_send(s->client,
                          &(struct wsub_http_send){
                              .url = f->topic,
                              .headers = request_headers(f, etag, modified),
                              .timeout_ms = s->config->timeout_ms,
                              .answer_max_bytes = s->config->max_body_bytes,
                              .keep_answer = true,
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
        send_request(f, reply->element[0]->str, reply->element[1]->str);
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
    struct wsub_redis *redis = f->fetcher->s->redis;
    struct wsub_cmd cmd;

    f->stalled = false;
    f->try_again = false;
    f->status = 0;
    f->error[0] = f->digest[0] = '\0';
    wsub_cmd_init(&cmd, "ZCARD");
    wsub_cmd_key(&cmd, redis, f->ref.shard, "subs", f->ref.digest);
    if (wsub_redis_send(redis, f->ref.shard, &cmd, on_subscribers, f) !=
        WSUB_OK) {
        f->stalled = true;
        return;
    }
    wsub_cmd_init(&cmd, "HMGET");
    wsub_cmd_key(&cmd, redis, f->ref.shard, "topic", f->ref.digest);
    wsub_cmd_str(&cmd, "etag");
    wsub_cmd_str(&cmd, "lm");
    if (wsub_redis_send(redis, f->ref.shard, &cmd, on_state, f) != WSUB_OK)
        f->stalled = true;
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct spread_fetcher *fetcher = arg;
    struct fetch *f, *next;

    (void)fd;
    (void)what;
    if (!wsub_redis_up(fetcher->s->redis))
        return;
    HASH_ITER(hh, fetcher->table, f, next) {
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
    fetcher->resume = event_new(wsub_loop_base(s->loop), -1, EV_PERSIST,
                                on_resume, fetcher);
    event_add(fetcher->resume, &every);
    return fetcher;
}

void spread_fetcher_free(struct spread_fetcher *fetcher)
{
    struct fetch *f, *next;

    if (fetcher == NULL)
        return;
    HASH_ITER(hh, fetcher->table, f, next) {
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
    f->ref = wsub_topic_ref(fetcher->s->redis, topic);
    STAILQ_INIT(&f->pings);
    STAILQ_INIT(&f->later);
    HASH_ADD_KEYPTR(hh, fetcher->table, f->topic, strlen(f->topic), f);
    return f;
}

static bool has_ping(const struct ping_list *pings, const char *id)
{
    const struct ping *ping;

    STAILQ_FOREACH(ping, pings, next)
        if (strcmp(ping->id, id) == 0)
            return true;
    return false;
}

/* Joins the fetch that can still answer the announcement. */
static void add_ping(struct fetch *f, const char *id, uint32_t failures)
{
    struct ping *ping;
    bool fresh = f->state == FETCH_LOADING;
    uint32_t *most = fresh ? &f->failures : &f->later_failures;

    if (has_ping(&f->pings, id) || has_ping(&f->later, id)) {
        spread_intake_release(f->fetcher->s->intake, 1);
        return;
    }
    ping = wsub_calloc(1, sizeof(*ping));
    snprintf(ping->id, sizeof(ping->id), "%s", id);
    if (failures > *most)
        *most = failures;
    if (fresh)
        STAILQ_INSERT_TAIL(&f->pings, ping, next);
    else
        STAILQ_INSERT_TAIL(&f->later, ping, next);
}

static void on_rejected(enum wsub_err err, const struct redisReply *reply,
                        void *arg)
{
    (void)err; /* an entry that is still pending comes again */
    (void)reply;
    (void)arg;
}

/* Acknowledges an entry that no fetch can answer. */
static void reject(struct spread_fetcher *fetcher,
                   const struct wsub_stream_entry *entry)
{
    struct wsub_redis *redis = fetcher->s->redis;
    struct wsub_cmd cmd;

    wsub_log_error("announcement-malformed", WSUB_KU("shard", entry->shard),
                   WSUB_KV("entry", entry->id));
    wsub_cmd_init(&cmd, "XACK");
    wsub_cmd_key(&cmd, redis, entry->shard, "pings", NULL);
    wsub_cmd_str(&cmd, "spread");
    wsub_cmd_str(&cmd, entry->id);
    if (wsub_redis_send(redis, entry->shard, &cmd, on_rejected, NULL) !=
        WSUB_OK)
        wsub_log_debug("reject-unsent", WSUB_KV("entry", entry->id));
    spread_intake_release(fetcher->s->intake, 1);
}

static bool is_well_formed(const struct spread_fetcher *fetcher,
                           const struct wsub_stream_entry *entry,
                           const char *topic)
{
    const char *version = wsub_stream_field(entry->fields, "v", NULL);
    struct wsub_url url;

    return version != NULL && strcmp(version, "1") == 0 && topic != NULL &&
           wsub_url_parse(topic, NULL, &url) == WSUB_URL_FINE &&
           wsub_topic_ref(fetcher->s->redis, topic).shard == entry->shard;
}

void spread_fetch_start(struct spread_fetcher *fetcher,
                        const struct wsub_stream_entry *entry)
{
    const char *topic = wsub_stream_field(entry->fields, "t", NULL);
    const char *failures = wsub_stream_field(entry->fields, "n", NULL);
    uint32_t n = failures ? (uint32_t)strtoul(failures, NULL, 10) : 0;
    struct fetch *f;

    if (!is_well_formed(fetcher, entry, topic)) {
        reject(fetcher, entry);
        return;
    }
    HASH_FIND_STR(fetcher->table, topic, f);
    if (f != NULL) {
        add_ping(f, entry->id, n);
        return;
    }
    f = fetch_new(fetcher, topic);
    add_ping(f, entry->id, n);
    load(f);
}

bool spread_fetcher_idle(const struct spread_fetcher *fetcher)
{
    return fetcher->table == NULL;
}
