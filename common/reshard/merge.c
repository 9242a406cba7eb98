#include "common/reshard/merge.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#define NEXT_BYTES 48 /* "(MS-SEQ" */

struct row {
    uint64_t ms, seq;
    struct wsub_reshard_row row; /* place and words owned */
};

struct feed {
    struct row *rows; /* owned */
    size_t count, at;
    char next[NEXT_BYTES]; /* "": its end was read */
};

struct wsub_merge {
    unsigned shards;
    struct feed *feeds;             /* owned */
    struct row last;                /* the last one given; owned */
    struct wsub_reshard_word *room; /* owned; for a row of a reply */
};

static void row_done(struct row *row)
{
    if (row->row.words == NULL)
        return;
    free((char *)(uintptr_t)row->row.place);
    free((struct wsub_reshard_word *)(uintptr_t)row->row.words);
    *row = (struct row){0};
}

static void feed_clear(struct feed *feed)
{
    for (; feed->at < feed->count; feed->at++)
        row_done(&feed->rows[feed->at]);
    free(feed->rows);
    feed->rows = NULL;
    feed->count = feed->at = 0;
}

struct wsub_merge *wsub_merge_new(unsigned shards)
{
    struct wsub_merge *merge = wsub_calloc(1, sizeof(*merge));

    merge->shards = shards;
    merge->feeds = wsub_calloc(shards, sizeof(*merge->feeds));
    merge->room = wsub_calloc(WSUB_RESHARD_WORDS_MAX, sizeof(*merge->room));
    for (unsigned shard = 0; shard < shards; shard++)
        snprintf(merge->feeds[shard].next, NEXT_BYTES, "-");
    return merge;
}

void wsub_merge_free(struct wsub_merge *merge)
{
    if (merge == NULL)
        return;
    for (unsigned shard = 0; shard < merge->shards; shard++)
        feed_clear(&merge->feeds[shard]);
    row_done(&merge->last);
    free(merge->feeds);
    free(merge->room);
    free(merge);
}

bool wsub_merge_wants(const struct wsub_merge *merge, unsigned *ret_shard,
                      const char **ret_next)
{
    for (unsigned shard = 0; shard < merge->shards; shard++) {
        const struct feed *feed = &merge->feeds[shard];

        if (feed->at == feed->count && feed->next[0] != '\0') {
            *ret_shard = shard;
            *ret_next = feed->next;
            return true;
        }
    }
    return false;
}

/* One block has the words, and their bytes behind them. */
static void copy_row(struct row *copy, const struct wsub_reshard_row *row)
{
    size_t bytes = 0;
    struct wsub_reshard_word *words;
    char *at;

    for (size_t i = 0; i < row->count; i++)
        bytes += row->words[i].len + 1;
    words = wsub_calloc(1, row->count * sizeof(*words) + bytes + 1);
    at = (char *)(words + row->count);
    for (size_t i = 0; i < row->count; i++) {
        memcpy(at, row->words[i].bytes, row->words[i].len);
        words[i] = (struct wsub_reshard_word){at, row->words[i].len};
        at += row->words[i].len + 1;
    }
    copy->row = (struct wsub_reshard_row){
        .place = wsub_strdup(row->place),
        .order = "",
        .words = words,
        .count = row->count,
    };
}

static void read_order(struct row *copy, const char *order)
{
    char *end;

    copy->ms = strtoull(order, &end, 10);
    copy->seq = *end == '-' ? strtoull(end + 1, NULL, 10) : 0;
}

void wsub_merge_page(struct wsub_merge *merge, unsigned shard,
                     const struct wsub_reshard_page *page)
{
    struct feed *feed = &merge->feeds[shard];

    feed_clear(feed);
    feed->rows = wsub_calloc(page->count + 1, sizeof(*feed->rows));
    feed->count = page->count;
    for (size_t n = 0; n < page->count; n++) {
        struct wsub_reshard_row row = wsub_reshard_row(page, n, merge->room);

        copy_row(&feed->rows[n], &row);
        read_order(&feed->rows[n], row.order);
    }
    snprintf(feed->next, NEXT_BYTES, "%s", page->next);
}

static bool is_before(const struct row *a, const struct row *b)
{
    return a->ms < b->ms || (a->ms == b->ms && a->seq < b->seq);
}

static struct feed *earliest(struct wsub_merge *merge)
{
    struct feed *found = NULL;

    for (unsigned shard = 0; shard < merge->shards; shard++) {
        struct feed *feed = &merge->feeds[shard];

        if (feed->at < feed->count &&
            (found == NULL ||
             is_before(&feed->rows[feed->at], &found->rows[found->at])))
            found = feed;
    }
    return found;
}

bool wsub_merge_next(struct wsub_merge *merge, struct wsub_reshard_row *ret_row,
                     unsigned *ret_shard)
{
    struct feed *feed = earliest(merge);

    row_done(&merge->last);
    if (feed == NULL)
        return false;
    merge->last = feed->rows[feed->at++];
    *ret_row = merge->last.row;
    *ret_shard = (unsigned)(feed - merge->feeds);
    return true;
}
