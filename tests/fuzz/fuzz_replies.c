/* fuzz_replies.c - bytes of Redis, and what is read in the trees that they
 * become: common/redis/replies.h, common/store/stream_reader.h,
 * cluster_events.h, deliver/lane_entry.h.
 *
 * hiredis alone comes to the same tree, but for arrays that are too large. */
#include "common/redis/replies.h"

#include <hiredis/hiredis.h>

#include "common/store/cluster_events.h"
#include "common/store/stream_reader.h"
#include "deliver/lane_entry.h"
#include "tests/fuzz/fuzz.h"

static void check_same(const redisReply *a, const redisReply *b)
{
    FUZZ_CHECK(a->type == b->type);
    FUZZ_CHECK(a->integer == b->integer);
    FUZZ_CHECK(a->elements == b->elements && a->len == b->len);
    if (b->str != NULL)
        FUZZ_CHECK(memcmp(a->str, b->str, b->len + 1) == 0);
    for (size_t i = 0; i < a->elements; i++)
        check_same(a->element[i], b->element[i]);
}

/* The fields of an entry are strings, whoever has written it. */
static void read_as_entry(const redisReply *fields)
{
    struct deliver_lane_entry entry;
    struct wsub_cluster_event event;
    size_t len;

    if (fields->type != REDIS_REPLY_ARRAY)
        return;
    for (size_t i = 0; i < fields->elements; i++)
        if (fields->element[i]->type != REDIS_REPLY_STRING)
            return;
    deliver_lane_entry_parse(fields, &entry);
    wsub_cluster_event_read("1-0", fields, &event);
    wsub_stream_field(fields, "v", &len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    redisReader *ours = redisReaderCreate(), *theirs = redisReaderCreate();
    void *a = NULL, *b = NULL;

    wsub_replies_use(ours);
    redisReaderFeed(ours, (const char *)data, size);
    redisReaderFeed(theirs, (const char *)data, size);
    while (redisReaderGetReply(ours, &a) == REDIS_OK && a != NULL) {
        FUZZ_CHECK(redisReaderGetReply(theirs, &b) == REDIS_OK && b != NULL);
        check_same(a, b);
        read_as_entry(a);
        ours->fn->freeObject(a);
        freeReplyObject(b);
        a = b = NULL;
    }
    if (ours->err != REDIS_ERR_OOM)
        FUZZ_CHECK(redisReaderGetReply(theirs, &b) == REDIS_ERR || b == NULL);
    redisReaderFree(ours);
    redisReaderFree(theirs);
    return 0;
}
