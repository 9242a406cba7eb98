/* test_replies.c - the trees are those that hiredis itself builds.
 *
 * Every stream of bytes goes to two readers, one with hiredis' own functions
 * and one with ours; what comes out must be the same.  That nothing is lost
 * on the way is shown by the leak check of the preset asan. */
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "common/base/buf.h"
#include "common/redis/replies.h"
#include "tests/unit/suite.h"

#define LARGE ((size_t)1 << 20)

static redisReader *theirs, *ours;

static void set_up(void)
{
    theirs = redisReaderCreate();
    ours = redisReaderCreate();
    ck_assert_ptr_nonnull(theirs);
    ck_assert_ptr_nonnull(ours);
    wsub_replies_use(ours);
}

static void tear_down(void)
{
    redisReaderFree(theirs);
    redisReaderFree(ours);
}

static void feed(redisReader *reader, const char *bytes, size_t len)
{
    ck_assert_int_eq(redisReaderFeed(reader, bytes, len), REDIS_OK);
}

/* The reader's next reply; NULL when its bytes are not all there. */
static struct redisReply *next_of(redisReader *reader)
{
    void *reply = NULL;

    ck_assert_int_eq(redisReaderGetReply(reader, &reply), REDIS_OK);
    return reply;
}

static void drop(redisReader *reader, struct redisReply *reply)
{
    reader->fn->freeObject(reply);
}

/* One answer for a whole tree: Check writes to a pipe for each assertion,
 * which takes seconds for a million of them. */
static bool same(const struct redisReply *a, const struct redisReply *b)
{
    if (a->type != b->type || a->integer != b->integer || a->len != b->len ||
        a->elements != b->elements || (a->str == NULL) != (b->str == NULL))
        return false;
    if (a->str != NULL && memcmp(a->str, b->str, a->len + 1) != 0)
        return false;
    for (size_t i = 0; i < a->elements; i++)
        if (!same(a->element[i], b->element[i]))
            return false;
    return true;
}

/* Takes the next reply from both; false when there is none. */
static bool compare_next(void)
{
    struct redisReply *a = next_of(theirs), *b = next_of(ours);

    ck_assert_int_eq(a == NULL, b == NULL);
    if (a == NULL)
        return false;
    ck_assert(same(a, b));
    drop(theirs, a);
    drop(ours, b);
    return true;
}

/* Feeds both and compares what is complete then; returns how many. */
static unsigned both(const char *bytes, size_t len)
{
    unsigned count = 0;

    feed(theirs, bytes, len);
    feed(ours, bytes, len);
    while (compare_next())
        count++;
    return count;
}

#define ENTRY(id)                                                              \
    "*2\r\n$3\r\n" id "\r\n*4\r\n$1\r\ne\r\n$2\r\n{}\r\n$1\r\nn\r\n:7\r\n"
#define STREAM(text, replies)                                                  \
    {                                                                          \
        text, sizeof(text) - 1, replies                                        \
    }

static const struct {
    const char *bytes;
    size_t len;
    unsigned replies;
} streams[] = {
    STREAM("+OK\r\n", 1),
    STREAM("+\r\n", 1),
    STREAM("-NOSCRIPT No matching script.\r\n", 1),
    STREAM(":0\r\n:-1\r\n:9223372036854775807\r\n", 3),
    STREAM("$-1\r\n", 1),
    STREAM("*-1\r\n", 1),
    STREAM("*0\r\n", 1),
    STREAM("$0\r\n\r\n", 1),
    STREAM("$6\r\na\0\r\nb\0\r\n", 1),
    STREAM("*6\r\n$1\r\na\r\n$-1\r\n*-1\r\n:5\r\n-ERR no\r\n+QUEUED\r\n", 1),
    STREAM("*3\r\n*0\r\n*1\r\n*0\r\n*2\r\n*1\r\n:1\r\n*1\r\n$1\r\nx\r\n", 1),
    STREAM("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*2\r\n:1\r\n$1\r\nx\r\n", 1),
    STREAM("*1\r\n*2\r\n$6\r\noutbox\r\n*2\r\n" ENTRY("1-1") ENTRY("1-2"), 1),
    STREAM("+PONG\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n:3\r\n$2\r\ncd\r\n-E\r\n", 5),
};

START_TEST(a_stream_fed_whole_gives_the_trees_of_hiredis)
{
    ck_assert_uint_eq(both(streams[_i].bytes, streams[_i].len),
                      streams[_i].replies);
}
END_TEST

START_TEST(a_stream_may_break_anywhere)
{
    const char *bytes = streams[_i].bytes;
    size_t len = streams[_i].len;

    for (size_t at = 0; at <= len; at++)
        ck_assert_uint_eq(both(bytes, at) + both(bytes + at, len - at),
                          streams[_i].replies);
}
END_TEST

START_TEST(a_stream_may_come_byte_by_byte)
{
    unsigned replies = 0;

    for (size_t i = 0; i < streams[_i].len; i++)
        replies += both(streams[_i].bytes + i, 1);
    ck_assert_uint_eq(replies, streams[_i].replies);
}
END_TEST

START_TEST(a_reader_may_end_in_the_middle_of_a_reply)
{
    for (size_t len = 0; len < streams[_i].len; len++) {
        both(streams[_i].bytes, len);
        tear_down();
        set_up();
    }
}
END_TEST

static const char *const faults[] = {
    "?\r\n",
    "*2\r\n$1\r\na\r\n?\r\n",
    "*2\r\n*2\r\n:1\r\n$1\r\nb\r\n*1\r\n!\r\n",
    "+OK\r\n*3\r\n$3\r\nabc\r\n*1\r\n:1\r\n\r\n",
    "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n?\r\n",
};

/* Takes all replies; the reader must then report a fault. */
static unsigned read_to_fault(redisReader *reader)
{
    unsigned replies = 0;
    void *reply = NULL;

    while (redisReaderGetReply(reader, &reply) == REDIS_OK) {
        ck_assert_ptr_nonnull(reply);
        drop(reader, reply);
        reply = NULL;
        replies++;
    }
    ck_assert_ptr_null(reply);
    ck_assert_ptr_null(reader->reply);
    return replies;
}

START_TEST(what_is_no_reply_fails_as_with_hiredis)
{
    feed(theirs, faults[_i], strlen(faults[_i]));
    feed(ours, faults[_i], strlen(faults[_i]));
    ck_assert_uint_eq(read_to_fault(theirs), read_to_fault(ours));
    ck_assert_int_eq(ours->err, REDIS_ERR_PROTOCOL);
    ck_assert_int_eq(ours->err, theirs->err);
    ck_assert_str_eq(ours->errstr, theirs->errstr);
}
END_TEST

static const char *const too_large[] = {
    "*1048577\r\n",
    "*1000000000\r\n",
    "*2\r\n:1\r\n*2000000\r\n",
    "*1\r\n*1\r\n*4294967295\r\n:1\r\n",
};

START_TEST(an_array_that_announces_too_much_is_a_fault)
{
    void *reply = NULL;

    feed(ours, too_large[_i], strlen(too_large[_i]));
    ck_assert_int_eq(redisReaderGetReply(ours, &reply), REDIS_ERR);
    ck_assert_ptr_null(reply);
}
END_TEST

static void add_string(struct wsub_buf *wire, size_t len, char fill)
{
    wsub_buf_printf(wire, "$%zu\r\n", len);
    memset(wsub_buf_reserve(wire, len), fill, len);
    wire->len += len;
    wsub_buf_str(wire, "\r\n");
}

START_TEST(strings_of_every_length_lie_side_by_side)
{
    struct wsub_buf wire = {0};

    wsub_buf_str(&wire, "*5000\r\n");
    for (size_t len = 0; len < 5000; len++)
        add_string(&wire, len, (char)('a' + len % 26));
    ck_assert_uint_eq(both(wire.data, wire.len), 1);
    wsub_buf_done(&wire);
}
END_TEST

START_TEST(a_reply_may_have_many_elements)
{
    struct wsub_buf wire = {0};

    wsub_buf_str(&wire, "*20000\r\n");
    for (int i = 0; i < 10000; i++)
        wsub_buf_printf(&wire, ":%d\r\n*2\r\n$1\r\nx\r\n$-1\r\n", i);
    ck_assert_uint_eq(both(wire.data, wire.len), 1);
    wsub_buf_done(&wire);
}
END_TEST

static size_t memory_in_use(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

/* What the tree of one reply takes, by malloc's account (that of the
 * sanitizer's malloc is not kept there: then this is 0). */
static size_t memory_of_reply(const struct wsub_buf *wire)
{
    size_t before = memory_in_use(), taken;
    redisReader *reader = redisReaderCreate();
    void (*free_object)(void *);
    struct redisReply *reply;

    wsub_replies_use(reader);
    free_object = reader->fn->freeObject;
    feed(reader, wire->data, wire->len);
    reply = next_of(reader);
    ck_assert_ptr_nonnull(reply);
    redisReaderFree(reader);
    taken = memory_in_use() - before;
    free_object(reply);
    return taken;
}

START_TEST(a_large_string_takes_its_own_size)
{
    struct wsub_buf wire = {0};

    if (_i > 0)
        wsub_buf_str(&wire, "*3\r\n:1\r\n");
    add_string(&wire, LARGE, 'x');
    if (_i > 0)
        wsub_buf_str(&wire, "$4\r\nlast\r\n");
    ck_assert_uint_eq(both(wire.data, wire.len), 1);
    ck_assert_uint_lt(memory_of_reply(&wire), LARGE + LARGE / 16);
    wsub_buf_done(&wire);
}
END_TEST

START_TEST(replies_live_until_each_is_freed)
{
    const char wire[] = "*2\r\n$1\r\na\r\n:1\r\n$2\r\nbc\r\n-ERR d\r\n";
    struct redisReply *first, *second, *third;

    feed(ours, wire, sizeof(wire) - 1);
    first = next_of(ours);
    second = next_of(ours);
    third = next_of(ours);
    drop(ours, second);
    ck_assert_str_eq(first->element[0]->str, "a");
    drop(ours, first);
    ck_assert_int_eq(third->type, REDIS_REPLY_ERROR);
    ck_assert_str_eq(third->str, "ERR d");
    drop(ours, third);
    drop(ours, NULL);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("replies");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, a_stream_fed_whole_gives_the_trees_of_hiredis, 0,
                        COUNT(streams));
    tcase_add_loop_test(cases, a_stream_may_break_anywhere, 0, COUNT(streams));
    tcase_add_loop_test(cases, a_stream_may_come_byte_by_byte, 0,
                        COUNT(streams));
    tcase_add_loop_test(cases, a_reader_may_end_in_the_middle_of_a_reply, 0,
                        COUNT(streams));
    tcase_add_loop_test(cases, what_is_no_reply_fails_as_with_hiredis, 0,
                        COUNT(faults));
    tcase_add_loop_test(cases, an_array_that_announces_too_much_is_a_fault, 0,
                        COUNT(too_large));
    tcase_add_test(cases, strings_of_every_length_lie_side_by_side);
    tcase_add_test(cases, a_reply_may_have_many_elements);
    tcase_add_loop_test(cases, a_large_string_takes_its_own_size, 0, 2);
    tcase_add_test(cases, replies_live_until_each_is_freed);
    return suite_run("replies", cases);
}
