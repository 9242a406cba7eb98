/* stream_reader.h - claim entries of a shard's streams for a consumer group.
 *
 *   link down -> groups -> read (blocks in Redis) -> entries -> read ...
 *                  ^ NOGROUP --'        '-> no credit: waits for a kick
 *
 * A reader has a connection of its own, since its reads block there.  It asks
 * for credit before each read and claims no more entries than that.  An
 * idle reader asks for a single entry of each stream and blocks, one whose
 * reads come back full asks for more each time and does not.
 *
 * Entries that another consumer holds for longer than takeover_idle_ms are
 * taken over (XAUTOCLAIM); so may be entries that this process still holds
 * itself, so the program must know what it holds. */
#ifndef WSUB_STORE_STREAM_READER_H
#define WSUB_STORE_STREAM_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct redisReply;
struct wsub_store;
struct wsub_stream_reader;

#define WSUB_READER_STREAMS_MAX 2

struct wsub_stream_entry {
    unsigned shard;
    unsigned stream; /* index into options.streams */
    const char *id;  /* "MS-SEQ" */
    bool taken_over; /* another consumer held it for takeover_idle_ms */
    const struct redisReply *fields; /* name, value, name, value ... */
};

struct wsub_stream_reader_options {
    struct event_base *base;  /* borrowed; outlives the reader */
    struct wsub_store *store; /* borrowed; outlives the reader */
    unsigned shard;
    const char *group;    /* borrowed; const */
    const char *consumer; /* borrowed; outlives the reader */
    const char *streams[WSUB_READER_STREAMS_MAX]; /* borrowed; const */
    unsigned stream_count;
    uint32_t takeover_idle_ms[WSUB_READER_STREAMS_MAX];
    /* Entries a stream in one read; bounds the memory that a reply takes. */
    size_t read_max;
    /* Reserves capacity for up to `want` entries of each stream, or to take over
     * of one of them; returns for how many, 0 when there is none. */
    size_t (*credit)(size_t want, bool to_take_over, void *arg);
    /* The credit of `granted` entries is over.  Entries that came of it follow and
     * take their capacity themselves. */
    void (*give_back)(size_t granted, bool to_take_over, void *arg);
    /* One claimed entry; valid during the call. */
    void (*on_entry)(const struct wsub_stream_entry *entry, void *arg);
    /* Those were all entries: what was granted for more is free.  May kick
     * readers. */
    void (*on_given)(void *arg);
    void (*on_stopped)(void *arg); /* see wsub_stream_reader_stop() */
    void *arg;
};

struct wsub_stream_reader *
wsub_stream_reader_new(const struct wsub_stream_reader_options *options);
void wsub_stream_reader_free(struct wsub_stream_reader *reader);

/* There is capacity again: a reader that waits for it, to read or to take over,
 * asks anew. */
void wsub_stream_reader_kick(struct wsub_stream_reader *reader);

/* Claims nothing more; `on_stopped` is called once, later, after the last
 * entries. */
void wsub_stream_reader_stop(struct wsub_stream_reader *reader);

/* Returns the value of field `name` and its length, NULL without it. */
const char *wsub_stream_field(const struct redisReply *fields, const char *name,
                              size_t *ret_len);

#endif
