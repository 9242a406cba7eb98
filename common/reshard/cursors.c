#include "common/reshard/cursors.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/topic.h"

struct cursor {
    bool known;
    uint64_t ms, seq;
};

struct cursors {
    const struct wsub_layouts *layouts;
    struct cursor *old; /* owned; of each old shard */
    struct cursor *now; /* owned; of each new shard */
};

static bool read_number(const char **at, char end, uint64_t *ret_number)
{
    char *behind;

    if (**at < '0' || **at > '9')
        return false;
    errno = 0;
    *ret_number = strtoull(*at, &behind, 10);
    if (errno != 0 || (*behind != end && (end != ' ' || *behind != '\0')))
        return false;
    *at = behind + (*behind != '\0');
    return true;
}

/* What comes after an id comes after its translation; the greatest SEQ there is
 * stays so, and 0-0 is the beginning. */
static void translate(const struct wsub_layouts *layouts, unsigned shard,
                      struct cursor *cursor)
{
    uint64_t factor = wsub_layouts_factor(layouts);

    if (factor == 1 || (cursor->ms == 0 && cursor->seq == 0))
        return;
    if (cursor->seq > (UINT64_MAX - factor) / factor)
        cursor->seq = UINT64_MAX;
    else
        cursor->seq = cursor->seq * factor + wsub_layouts_part(layouts, shard);
}

static bool read_cursors(struct cursors *all, const char *text)
{
    while (*text != '\0') {
        struct cursor cursor = {.known = true};
        uint64_t shard;

        if (!read_number(&text, '-', &shard) ||
            !read_number(&text, '-', &cursor.ms) ||
            !read_number(&text, ' ', &cursor.seq) ||
            shard >= all->layouts->from)
            return false;
        translate(all->layouts, (unsigned)shard, &cursor);
        all->old[shard] = cursor;
    }
    return true;
}

static void take_earlier(struct cursor *now, const struct cursor *old)
{
    if (old->known && (!now->known || old->ms < now->ms ||
                       (old->ms == now->ms && old->seq < now->seq)))
        *now = *old;
}

/* Shards that feed each other are those of a class. */
static void add_all(struct cursors *all)
{
    unsigned classes = wsub_layouts_classes(all->layouts);
    struct cursor *earliest = wsub_calloc(classes, sizeof(*earliest));

    for (unsigned from = 0; from < all->layouts->from; from++)
        take_earlier(&earliest[from % classes], &all->old[from]);
    for (unsigned to = 0; to < all->layouts->to; to++)
        take_earlier(&all->now[to], &earliest[to % classes]);
    free(earliest);
}

static void add_topics(struct cursors *all, char *topics)
{
    char *rest = topics;

    for (char *topic; (topic = strsep(&rest, " ")) != NULL;) {
        if (topic[0] == '\0' || strcmp(topic, WSUB_TOPIC_ALL) == 0)
            add_all(all);
        else
            take_earlier(
                &all->now[wsub_topic_shard_of(topic, all->layouts->to)],
                &all->old[wsub_topic_shard_of(topic, all->layouts->from)]);
    }
}

static void write_cursors(const struct cursors *all, struct wsub_buf *out)
{
    const char *between = "";

    for (unsigned to = 0; to < all->layouts->to; to++) {
        if (!all->now[to].known)
            continue;
        wsub_buf_printf(out, "%s%u-%llu-%llu", between, to,
                        (unsigned long long)all->now[to].ms,
                        (unsigned long long)all->now[to].seq);
        between = " ";
    }
}

enum wsub_err wsub_reshard_cursors(const struct wsub_layouts *layouts,
                                   const char *topics, const char *cursors,
                                   struct wsub_buf *out)
{
    struct cursors all = {
        .layouts = layouts,
        .old = wsub_calloc(layouts->from, sizeof(struct cursor)),
        .now = wsub_calloc(layouts->to, sizeof(struct cursor)),
    };
    char *copy = wsub_strdup(topics);
    bool is_fine = read_cursors(&all, cursors);

    if (is_fine) {
        add_topics(&all, copy);
        write_cursors(&all, out);
    }
    free(copy);
    free(all.old);
    free(all.now);
    return is_fine ? WSUB_OK : WSUB_ERR_INVALID;
}
