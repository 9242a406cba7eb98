#include "common/store/reshard/rows.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/store/keys.h"
#include "common/store/scan.h"

#define STAGED "new-" /* EPOCH: */
#define SCAN_COUNT 100

static void parse_page(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    wsub_reshard_page_cb *on_page = (wsub_reshard_page_cb *)cb;
    struct wsub_reshard_page page;

    if (err != WSUB_OK) {
        on_page(err, NULL, err == WSUB_ERR_REFUSED ? reply->str : "", arg);
        return;
    }
    page = (struct wsub_reshard_page){
        .next = reply->element[0]->str,
        .looked = (uint64_t)reply->element[1]->integer,
        .r = reply->element[2],
        .count = reply->element[2]->elements,
    };
    on_page(WSUB_OK, &page, "", arg);
}

struct wsub_reshard_row wsub_reshard_row(const struct wsub_reshard_page *page,
                                         size_t n,
                                         struct wsub_reshard_word *room)
{
    const struct redisReply *r = page->r->element[n];
    struct wsub_reshard_row row = {
        .place = r->element[0]->str,
        .order = r->element[1]->str,
        .words = room,
        .count = r->elements - 2,
    };

    if (row.count > WSUB_RESHARD_WORDS_MAX) {
        row.place = "";
        row.count = 0;
    }
    for (size_t i = 0; i < row.count; i++)
        room[i] = (struct wsub_reshard_word){r->element[i + 2]->str,
                                             r->element[i + 2]->len};
    return row;
}

static void add_ids(struct wsub_cmd *cmd, const struct wsub_reshard_ids *ids)
{
    wsub_cmd_u64(cmd, ids->factor);
    wsub_cmd_u64(cmd, ids->part);
}

void wsub_reshard_read_stream(struct wsub_store *store, unsigned shard,
                              const char *stream, const char *next,
                              const struct wsub_reshard_ids *ids,
                              uint64_t bytes, wsub_reshard_page_cb *cb,
                              void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_RESHARD_STREAM);
    wsub_cmd_str(&cmd, stream);
    wsub_cmd_str(&cmd, next);
    add_ids(&cmd, ids);
    wsub_cmd_u64(&cmd, bytes);
    wsub_store_once(store, shard, &cmd, parse_page, (wsub_store_cb *)cb, arg);
}

void wsub_reshard_read_key(struct wsub_store *store, unsigned shard,
                           const char *name, const char *next,
                           const struct wsub_reshard_ids *ids,
                           wsub_reshard_page_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_store_script(&cmd, store, shard, WSUB_SCRIPT_RESHARD_KEY);
    wsub_cmd_str(&cmd, name);
    wsub_cmd_str(&cmd, next);
    add_ids(&cmd, ids);
    wsub_store_once(store, shard, &cmd, parse_page, (wsub_store_cb *)cb, arg);
}

/* "P:{N}:", of a shard that the old layout need not have. */
static void add_prefix(struct wsub_buf *key, struct wsub_store *store,
                       unsigned shard)
{
    wsub_buf_printf(key, "%s:{%u}:", wsub_store_config(store)->key_prefix,
                    shard);
}

static void add_staged(struct wsub_buf *key, struct wsub_store *store,
                       unsigned shard, uint64_t epoch)
{
    add_prefix(key, store, shard);
    wsub_buf_printf(key, STAGED "%llu:", (unsigned long long)epoch);
}

void wsub_reshard_put_begin(struct wsub_cmd *cmd, struct wsub_store *store,
                            unsigned shard, uint64_t epoch)
{
    struct wsub_buf prefix = {0};

    add_staged(&prefix, store, shard, epoch);
    wsub_cmd_init_script(cmd, wsub_script(WSUB_SCRIPT_RESHARD_PUT),
                         wsub_buf_cstr(&prefix));
    wsub_buf_done(&prefix);
}

void wsub_reshard_put_row(struct wsub_cmd *cmd,
                          const struct wsub_reshard_word *words, size_t count)
{
    wsub_cmd_u64(cmd, count);
    for (size_t i = 0; i < count; i++)
        wsub_cmd_arg(cmd, words[i].bytes, words[i].len);
}

static void parse_written(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    ((wsub_reshard_written_cb *)cb)(
        err, err == WSUB_ERR_REFUSED ? reply->str : "", arg);
}

static void write_once(struct wsub_store *store, struct wsub_cmd *cmd,
                       wsub_reshard_written_cb *cb, void *arg)
{
    wsub_store_once(store, WSUB_SHARD_CLUSTER, cmd, parse_written,
                    (wsub_store_cb *)cb, arg);
}

void wsub_reshard_put(struct wsub_store *store, struct wsub_cmd *cmd,
                      wsub_reshard_written_cb *cb, void *arg)
{
    write_once(store, cmd, cb, arg);
}

static void parse_scanned(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    wsub_reshard_scan_cb *on_scanned = (wsub_reshard_scan_cb *)cb;
    struct wsub_reshard_scanned scanned;

    if (err != WSUB_OK) {
        on_scanned(err, NULL, arg);
        return;
    }
    scanned = (struct wsub_reshard_scanned){
        .next = reply->element[0]->str,
        .r = reply->element[1],
        .count = reply->element[1]->elements,
    };
    on_scanned(WSUB_OK, &scanned, arg);
}

void wsub_reshard_scan(struct wsub_store *store, const char *next,
                       wsub_reshard_scan_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_scan_cmd(&cmd, store, next, SCAN_COUNT);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_scanned,
                    (wsub_store_cb *)cb, arg);
}

/* "new-EPOCH:NAME" */
static void read_staged(struct wsub_reshard_key *key)
{
    const char *digits = key->name + strlen(STAGED);
    char *end;

    if (strncmp(key->name, STAGED, strlen(STAGED)) != 0)
        return;
    key->epoch = strtoull(digits, &end, 10);
    if (end == digits || *end != ':')
        return;
    key->is_staged = true;
    key->name = end + 1;
}

bool wsub_reshard_scanned_key(const struct wsub_store *store,
                              const struct wsub_reshard_scanned *scanned,
                              size_t n, struct wsub_reshard_key *ret_key)
{
    const char *text = scanned->r->element[n]->str;
    const char *digits =
        text + strlen(wsub_store_config(store)->key_prefix) + strlen(":{");
    char *end;
    unsigned long shard = strtoul(digits, &end, 10);

    if (end == digits || strncmp(end, "}:", 2) != 0)
        return false;
    *ret_key =
        (struct wsub_reshard_key){.shard = (unsigned)shard, .name = end + 2};
    read_staged(ret_key);
    return true;
}

static void parse_dropped(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    if (err == WSUB_OK && reply->integer == 0)
        err = WSUB_ERR_FENCED;
    parse_written(err, reply, cb, arg);
}

void wsub_reshard_drop(struct wsub_store *store,
                       const struct wsub_reshard_key *key, uint64_t epoch,
                       wsub_reshard_written_cb *cb, void *arg)
{
    struct wsub_buf text = {0};
    struct wsub_cmd cmd;

    add_prefix(&text, store, key->shard);
    wsub_cmd_init_script(&cmd, wsub_script(WSUB_SCRIPT_RESHARD_DROP),
                         wsub_buf_cstr(&text));
    wsub_buf_clear(&text);
    wsub_buf_printf(&text, STAGED "%llu:" WSUB_RESHARD_MARK,
                    (unsigned long long)epoch);
    wsub_cmd_str(&cmd, wsub_buf_cstr(&text));
    wsub_cmd_str(&cmd, key->name);
    wsub_buf_done(&text);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_dropped,
                    (wsub_store_cb *)cb, arg);
}

static void add_staged_key(struct wsub_cmd *cmd, struct wsub_store *store,
                           const struct wsub_reshard_key *key)
{
    struct wsub_buf text = {0};

    add_staged(&text, store, key->shard, key->epoch);
    wsub_buf_str(&text, key->name);
    wsub_cmd_str(cmd, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
}

void wsub_reshard_unstage(struct wsub_store *store,
                          const struct wsub_reshard_key *key,
                          wsub_reshard_written_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "UNLINK");
    add_staged_key(&cmd, store, key);
    write_once(store, &cmd, cb, arg);
}

void wsub_reshard_rename(struct wsub_store *store,
                         const struct wsub_reshard_key *key,
                         wsub_reshard_written_cb *cb, void *arg)
{
    struct wsub_buf text = {0};
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "RENAME");
    add_staged_key(&cmd, store, key);
    add_prefix(&text, store, key->shard);
    wsub_buf_str(&text, key->name);
    wsub_cmd_str(&cmd, wsub_buf_cstr(&text));
    wsub_buf_done(&text);
    write_once(store, &cmd, cb, arg);
}

void wsub_reshard_forget_owners(struct wsub_store *store,
                                wsub_reshard_written_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "UNLINK");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_SHARDS, NULL);
    write_once(store, &cmd, cb, arg);
}
