#include "common/reshard/outgoing.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/reshard/cursors.h"

#define FULL_BYTES ((size_t)1024 * 1024)
#define FULL_ROWS 1000

/* Words of an operation `pull`: it, the id, topics, cursors ... */
enum { PULL_TOPICS = 2, PULL_CURSORS = 3, PULL_WORDS = 8 };

struct wsub_outgoing {
    struct wsub_store *store;
    struct wsub_layouts layouts;
    uint64_t epoch;
    struct wsub_cmd *cmds; /* owned; of each shard; name NULL: nothing */
    unsigned shards;       /* the greater number of both layouts */
    size_t bytes, rows;
};

struct wsub_outgoing *wsub_outgoing_new(struct wsub_store *store,
                                        const struct wsub_layouts *layouts,
                                        uint64_t epoch)
{
    struct wsub_outgoing *out = wsub_calloc(1, sizeof(*out));

    out->store = store;
    out->layouts = *layouts;
    out->epoch = epoch;
    out->shards = layouts->from > layouts->to ? layouts->from : layouts->to;
    out->cmds = wsub_calloc(out->shards, sizeof(*out->cmds));
    return out;
}

void wsub_outgoing_free(struct wsub_outgoing *out)
{
    if (out == NULL)
        return;
    for (unsigned shard = 0; shard < out->shards; shard++)
        if (out->cmds[shard].name != NULL)
            wsub_cmd_done(&out->cmds[shard]);
    free(out->cmds);
    free(out);
}

void wsub_outgoing_add(struct wsub_outgoing *out, unsigned shard,
                       const struct wsub_reshard_word *words, size_t count)
{
    struct wsub_cmd *cmd = &out->cmds[shard];

    if (cmd->name == NULL)
        wsub_reshard_put_begin(cmd, out->store, shard, out->epoch);
    wsub_reshard_put_row(cmd, words, count);
    for (size_t i = 0; i < count; i++)
        out->bytes += words[i].len;
    out->rows++;
}

static void add_for_all(struct wsub_outgoing *out,
                        const struct wsub_targets *targets,
                        const struct wsub_reshard_word *words, size_t count)
{
    for (unsigned n = 0; n < targets->count; n++)
        wsub_outgoing_add(out, targets->first + n * targets->step, words,
                          count);
}

/* Its cursors are those of the new shards. */
static bool add_pull(struct wsub_outgoing *out,
                     const struct wsub_targets *targets,
                     const struct wsub_reshard_row *row)
{
    struct wsub_reshard_word words[PULL_WORDS];
    struct wsub_buf cursors = {0};
    bool is_fine;

    memcpy(words, row->words, sizeof(words));
    is_fine =
        wsub_reshard_cursors(&out->layouts, words[PULL_TOPICS].bytes,
                             words[PULL_CURSORS].bytes, &cursors) == WSUB_OK;
    words[PULL_CURSORS] =
        (struct wsub_reshard_word){wsub_buf_cstr(&cursors), cursors.len};
    if (is_fine)
        add_for_all(out, targets, words, PULL_WORDS);
    wsub_buf_done(&cursors);
    return is_fine;
}

bool wsub_outgoing_row(struct wsub_outgoing *out, unsigned old_shard,
                       const struct wsub_reshard_row *row)
{
    struct wsub_targets targets;

    if (!wsub_layouts_place(&out->layouts, old_shard, row->place, &targets))
        return false;
    if (row->count == PULL_WORDS && strcmp(row->words[0].bytes, "pull") == 0)
        return add_pull(out, &targets, row);
    add_for_all(out, &targets, row->words, row->count);
    return true;
}

bool wsub_outgoing_is_full(const struct wsub_outgoing *out)
{
    return out->bytes >= FULL_BYTES || out->rows >= FULL_ROWS;
}

unsigned wsub_outgoing_send(struct wsub_outgoing *out,
                            wsub_reshard_written_cb *cb, void *arg)
{
    unsigned sent = 0;

    for (unsigned shard = 0; shard < out->shards; shard++)
        sent += out->cmds[shard].name != NULL;
    for (unsigned shard = 0; shard < out->shards; shard++) {
        struct wsub_cmd cmd = out->cmds[shard];

        if (cmd.name == NULL)
            continue;
        out->cmds[shard] = (struct wsub_cmd){0};
        wsub_reshard_put(out->store, &cmd, cb, arg);
    }
    out->bytes = out->rows = 0;
    return sent;
}
