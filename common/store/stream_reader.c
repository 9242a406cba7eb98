#include "common/store/stream_reader.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/timer.h"
#include "common/store/reader_link.h"
#include "common/store/store.h"
#include "common/store/streams.h"

/* Notices a stop even where CLIENT is forbidden. */
#define BLOCK_MS 5000
#define BLOCK_LEAST_MS 100
/* Entries a stream that an idle reader reserves: what it holds back for up to
 * BLOCK_MS others can't use. */
#define READ_MIN 1
#define TAKEOVER_MS 5000 /* between looks for entries to take over */
#define TAKEOVER_MAX 64  /* entries in one look: readers look all at once */

enum reader_state {
    READER_DOWN,    /* the link is down, or groups are being made */
    READER_READING, /* a read is on its way */
    READER_FULL,    /* no credit; waits for a kick */
    READER_STOPPED,
};

struct wsub_stream_reader {
    struct wsub_stream_reader_options o;
    struct wsub_reader_link link;
    struct wsub_redis_request read, groups; /* their commands owned */
    struct wsub_timer pause, takeover, stopped;
    enum reader_state state;
    uint32_t pause_ms;  /* the last one; 0 once Redis has not refused */
    size_t want;        /* entries a stream in the next read */
    size_t credited;    /* to the read on its way */
    bool making_groups; /* the request is on its way */
    bool had_groups;    /* they were there once */
    bool stopping;
    bool freeing; /* the program's parts may be gone: tells them nothing */
    struct {
        size_t credited;
        unsigned stream;
        char cursor[48];
        bool active;
        bool wanted; /* it waits for credit */
    } claim;         /* the XAUTOCLAIM on its way */
};

static void read_next(struct wsub_stream_reader *r);
static void claim_next(struct wsub_stream_reader *r);

static void stop_if_idle(struct wsub_stream_reader *r)
{
    if (!r->stopping || r->state == READER_READING || r->claim.active ||
        r->state == READER_STOPPED)
        return;
    r->state = READER_STOPPED;
    wsub_timer_stop(&r->pause);
    wsub_timer_stop(&r->takeover);
    wsub_timer_start_ms(&r->stopped, 0);
}

static void on_stopped_event(void *arg)
{
    struct wsub_stream_reader *r = arg;

    r->o.on_stopped(r->o.arg);
}

const char *wsub_stream_field(const struct redisReply *fields, const char *name,
                              size_t *ret_len)
{
    if (fields == NULL || fields->type != REDIS_REPLY_ARRAY)
        return NULL;
    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        const struct redisReply *value = fields->element[i + 1];

        if (strcmp(fields->element[i]->str, name) == 0) {
            if (ret_len != NULL)
                *ret_len = value->len;
            return value->str;
        }
    }
    return NULL;
}

/* Hands out the entries of one stream; returns their number. */
static size_t give_entries(struct wsub_stream_reader *r, unsigned stream,
                           const struct redisReply *entries, bool taken_over)
{
    size_t given = 0;

    for (size_t i = 0; i < entries->elements; i++) {
        const struct redisReply *one = entries->element[i];
        struct wsub_stream_entry entry = {
            .shard = r->o.shard, .stream = stream, .taken_over = taken_over};

        if (one->type != REDIS_REPLY_ARRAY || one->elements != 2)
            continue; /* pending, but no longer there */
        entry.id = one->element[0]->str;
        entry.fields = one->element[1];
        r->o.on_entry(&entry, r->o.arg);
        given++;
    }
    return given;
}

static unsigned stream_index(const struct wsub_stream_reader *r,
                             const char *key)
{
    size_t prefix = strlen(wsub_store_prefix(r->o.store, r->o.shard));

    for (unsigned i = 0; i < r->o.stream_count; i++)
        if (strcmp(key + prefix, r->o.streams[i]) == 0)
            return i;
    wsub_panic("Redis replied with a stream that was not asked for: %s", key);
}

static void groups_make(struct wsub_stream_reader *r);

static void read_pause(struct wsub_stream_reader *r)
{
    r->state = READER_DOWN;
    r->pause_ms = wsub_streams_pause_ms(r->pause_ms);
    wsub_timer_start_ms(&r->pause, r->pause_ms);
}

static void on_pause(void *arg)
{
    struct wsub_stream_reader *r = arg;

    groups_make(r);
}

/* The read is over, whatever came of it. */
static void read_end(struct wsub_stream_reader *r)
{
    size_t credited = r->credited;

    r->credited = 0;
    r->o.give_back(credited, false, r->o.arg);
}

static void read_done(struct wsub_stream_reader *r,
                      const struct redisReply *reply)
{
    size_t most = 0, credited = r->credited;

    read_end(r);
    for (size_t i = 0; reply != NULL && i < reply->elements; i++) {
        const struct redisReply *of = reply->element[i];
        size_t n = give_entries(r, stream_index(r, of->element[0]->str),
                                of->element[1], false);

        most = n > most ? n : most;
    }
    r->want = most >= credited  ? r->want * 2
              : most > READ_MIN ? most
                                : READ_MIN;
    r->want = r->want > r->o.read_max ? r->o.read_max : r->want;
    r->o.on_given(r->o.arg);
}

static void on_read(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct wsub_stream_reader *r = arg;

    wsub_cmd_done(&r->read.cmd);
    if (r->freeing)
        return;
    r->state = READER_DOWN;
    if (err != WSUB_OK) {
        read_end(r);
        r->o.on_given(r->o.arg);
        if (err == WSUB_ERR_REFUSED) {
            wsub_log_warn("stream-read-refused", WSUB_KU("shard", r->o.shard),
                          WSUB_KE("error", reply->str));
            wsub_streams_mend(r->o.store, r->o.shard, r->o.streams,
                              r->o.stream_count);
            read_pause(r);
        }
    } else {
        r->pause_ms = 0;
        read_done(r, reply->type == REDIS_REPLY_ARRAY ? reply : NULL);
    }
    if (r->stopping)
        stop_if_idle(r);
    else if (err == WSUB_OK)
        read_next(r);
}

/* A read that blocks gets entries for a process that stands still.  It ends
 * before that can be taken for dead, so that what it has claimed till then is
 * all. */
static uint32_t block_ms(const struct wsub_stream_reader *r)
{
    const struct wsub_config *config = wsub_store_config(r->o.store);
    uint64_t before_ms = 2 * (uint64_t)config->heartbeat_interval_ms;
    uint64_t ms = config->heartbeat_timeout_ms > before_ms
                      ? config->heartbeat_timeout_ms - before_ms
                      : 0;

    return ms > BLOCK_MS         ? BLOCK_MS
           : ms > BLOCK_LEAST_MS ? (uint32_t)ms
                                 : BLOCK_LEAST_MS;
}

static void read_send(struct wsub_stream_reader *r, size_t count)
{
    struct wsub_cmd *cmd = &r->read.cmd;

    wsub_cmd_init(cmd, "XREADGROUP");
    wsub_cmd_str(cmd, "GROUP");
    wsub_cmd_str(cmd, r->o.group);
    wsub_cmd_str(cmd, r->o.consumer);
    wsub_cmd_str(cmd, "COUNT");
    wsub_cmd_u64(cmd, count);
    if (count == READ_MIN) { /* else it would hold its credit back meanwhile */
        wsub_cmd_str(cmd, "BLOCK");
        wsub_cmd_u64(cmd, block_ms(r));
    }
    wsub_cmd_str(cmd, "STREAMS");
    for (unsigned i = 0; i < r->o.stream_count; i++)
        wsub_store_key(cmd, r->o.store, r->o.shard, r->o.streams[i], NULL);
    for (unsigned i = 0; i < r->o.stream_count; i++)
        wsub_cmd_str(cmd, ">");
    r->state = READER_READING;
    if (!wsub_reader_link_send(&r->link, &r->read, on_read, r)) {
        r->state = READER_DOWN;
        read_end(r);
    }
}

static void read_next(struct wsub_stream_reader *r)
{
    if (r->stopping || r->state == READER_READING)
        return;
    r->credited = r->o.credit(r->want, false, r->o.arg);
    if (r->credited == 0)
        r->state = READER_FULL;
    else
        read_send(r, r->credited);
}

/* Groups are made at the first start, and when Redis has lost them. */
static void log_groups(const struct wsub_stream_reader *r,
                       const struct redisReply *names)
{
    struct wsub_buf list = {0};

    for (size_t i = 0; i < names->elements; i++)
        wsub_buf_printf(&list, "%s%s", i > 0 ? "," : "",
                        names->element[i]->str);
    if (r->had_groups)
        wsub_log_warn("groups-lost", WSUB_KU("shard", r->o.shard),
                      WSUB_KV("made-again", wsub_buf_cstr(&list)));
    else
        wsub_log_info("groups-created", WSUB_KU("shard", r->o.shard),
                      WSUB_KV("streams", wsub_buf_cstr(&list)));
    wsub_buf_done(&list);
}

static void on_groups(enum wsub_err err, const struct redisReply *reply,
                      void *arg)
{
    struct wsub_stream_reader *r = arg;

    wsub_cmd_done(&r->groups.cmd);
    r->making_groups = false;
    if (err == WSUB_ERR_UNAVAILABLE)
        return;
    if (err == WSUB_ERR_REFUSED) {
        wsub_log_warn("groups-refused", WSUB_KU("shard", r->o.shard),
                      WSUB_KE("error", reply->str));
        read_pause(r);
        return;
    }
    if (reply->elements > 0)
        log_groups(r, reply);
    r->had_groups = true;
    read_next(r);
}

/* Every way back to reading goes through here: creating groups that exist
 * costs Redis next to nothing, and a lost one is made again. */
static void groups_make(struct wsub_stream_reader *r)
{
    if (r->state == READER_READING || r->making_groups || r->stopping)
        return;
    if (!wsub_reader_link_ready(&r->link)) {
        read_pause(r);
        return;
    }
    wsub_store_script(&r->groups.cmd, r->o.store, r->o.shard,
                      WSUB_SCRIPT_GROUPS);
    r->making_groups =
        wsub_reader_link_send(&r->link, &r->groups, on_groups, r);
    if (!r->making_groups)
        r->state = READER_DOWN; /* the link's coming up starts again */
}

static void on_link_up(void *arg)
{
    groups_make(arg);
}

/* Ends a read that blocks. */
static void unblock(struct wsub_stream_reader *r)
{
    if (r->state == READER_READING)
        wsub_reader_link_unblock(&r->link);
}

static void claim_done(struct wsub_stream_reader *r,
                       const struct redisReply *reply)
{
    size_t got;

    r->o.give_back(r->claim.credited, true, r->o.arg);
    if (reply != NULL && reply->elements >= 2) {
        got = give_entries(r, r->claim.stream, reply->element[1], true);
        if (got > 0)
            wsub_log_info("taken-over", WSUB_KU("shard", r->o.shard),
                          WSUB_KV("stream", r->o.streams[r->claim.stream]),
                          WSUB_KU("entries", got));
        snprintf(r->claim.cursor, sizeof(r->claim.cursor), "%s",
                 reply->element[0]->str);
    }
    r->claim.active = false;
    r->o.on_given(r->o.arg);
}

static void on_claim(enum wsub_err err, const struct redisReply *reply,
                     void *arg)
{
    struct wsub_stream_reader *r = arg;

    claim_done(r, err == WSUB_OK ? reply : NULL);
    if (r->stopping) {
        stop_if_idle(r);
        return;
    }
    if (err == WSUB_OK && strcmp(r->claim.cursor, "0-0") != 0) {
        claim_next(r);
        return;
    }
    snprintf(r->claim.cursor, sizeof(r->claim.cursor), "0-0");
    if (err == WSUB_OK && ++r->claim.stream < r->o.stream_count)
        claim_next(r);
    else
        r->claim.stream = 0;
}

/* Looks at the next part of the pending entries.  COUNT bounds what Redis
 * looks at, not only what it returns, so that is repeated from its cursor. */
static void claim_next(struct wsub_stream_reader *r)
{
    struct wsub_cmd cmd;

    r->claim.credited =
        r->o.credit(r->o.read_max < TAKEOVER_MAX ? r->o.read_max : TAKEOVER_MAX,
                    true, r->o.arg);
    r->claim.wanted = r->claim.credited == 0;
    if (r->claim.wanted)
        return;
    r->claim.active = true;
    wsub_cmd_init(&cmd, "XAUTOCLAIM");
    wsub_store_key(&cmd, r->o.store, r->o.shard, r->o.streams[r->claim.stream],
                   NULL);
    wsub_cmd_str(&cmd, r->o.group);
    wsub_cmd_str(&cmd, r->o.consumer);
    wsub_cmd_u64(&cmd, r->o.takeover_idle_ms[r->claim.stream]);
    wsub_cmd_str(&cmd, r->claim.cursor);
    wsub_cmd_str(&cmd, "COUNT");
    wsub_cmd_u64(&cmd, r->claim.credited);
    if (wsub_store_send(r->o.store, r->o.shard, &cmd, on_claim, r) != WSUB_OK)
        claim_done(r, NULL);
}

static void on_takeover(void *arg)
{
    struct wsub_stream_reader *r = arg;

    if (!r->stopping && !r->claim.active && wsub_store_up(r->o.store))
        claim_next(r);
}

struct wsub_stream_reader *
wsub_stream_reader_new(const struct wsub_stream_reader_options *options)
{
    struct wsub_stream_reader *r = wsub_calloc(1, sizeof(*r));

    r->o = *options;
    r->want = READ_MIN;
    snprintf(r->claim.cursor, sizeof(r->claim.cursor), "0-0");
    wsub_timer_init(&r->pause, r->o.base, on_pause, r);
    wsub_timer_init(&r->stopped, r->o.base, on_stopped_event, r);
    wsub_timer_every_ms(&r->takeover, r->o.base, TAKEOVER_MS, on_takeover, r);
    wsub_reader_link_open(&r->link, r->o.store, r->o.shard, BLOCK_MS,
                          on_link_up, r);
    return r;
}

void wsub_stream_reader_free(struct wsub_stream_reader *r)
{
    if (r == NULL)
        return;
    r->stopping = r->freeing = true;
    wsub_reader_link_close(&r->link);
    wsub_timer_done(&r->pause);
    wsub_timer_done(&r->stopped);
    wsub_timer_done(&r->takeover);
    free(r);
}

void wsub_stream_reader_kick(struct wsub_stream_reader *r)
{
    if (r->claim.wanted && !r->stopping && !r->claim.active)
        claim_next(r);
    if (r->state == READER_FULL)
        read_next(r);
}

void wsub_stream_reader_stop(struct wsub_stream_reader *r)
{
    r->stopping = true;
    unblock(r);
    stop_if_idle(r);
}
