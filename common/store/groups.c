#include "common/store/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/mem.h"
#include "common/store/keys.h"
#include "common/store/store.h"

#define CHANGES_AT 2 /* in the reply of group_changes */
#define CHANGE_PARTS 3

static const char *const outcomes[] = {
    [WSUB_GROUP_DONE] = "done",       [WSUB_GROUP_STALE] = "stale",
    [WSUB_GROUP_GONE] = "gone",       [WSUB_GROUP_MISSING] = "missing",
    [WSUB_GROUP_PREFIX] = "prefix",   [WSUB_GROUP_TAKEN] = "taken",
    [WSUB_GROUP_COVERED] = "covered", [WSUB_GROUP_FULL] = "full",
};

static enum wsub_group_outcome outcome_of(const char *name)
{
    size_t at = 0;

    while (at < sizeof(outcomes) / sizeof(outcomes[0]) &&
           strcmp(outcomes[at], name) != 0)
        at++;
    return (enum wsub_group_outcome)at;
}

static const char *text_at(const struct redisReply *reply, size_t at)
{
    return at < reply->elements && reply->element[at]->str != NULL
               ? reply->element[at]->str
               : "";
}

static void parse_changed(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    wsub_group_changed_cb *on_changed = (wsub_group_changed_cb *)cb;
    struct wsub_group_changed changed = {.err = err};

    if (err == WSUB_OK) {
        changed.outcome = outcome_of(text_at(reply, 0));
        changed.what = text_at(reply, 1);
        changed.record = text_at(reply, 2);
    }
    on_changed(&changed, arg);
}

/* Begins a script that tells of a change. */
static void telling(struct wsub_cmd *cmd, const struct wsub_store *store,
                    enum wsub_script_id id)
{
    const struct wsub_config *config = wsub_store_config(store);

    wsub_store_script(cmd, store, WSUB_SHARD_CLUSTER, id);
    wsub_cmd_str(cmd, config->cluster_events_topic);
    wsub_cmd_u64(cmd, config->cluster_events_kept);
}

void wsub_group_put(struct wsub_store *store, const struct wsub_group_put *put,
                    wsub_group_changed_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    telling(&cmd, store, WSUB_SCRIPT_GROUP_PUT);
    wsub_cmd_str(&cmd, put->id);
    wsub_cmd_str(&cmd, put->match);
    wsub_cmd_u64(&cmd, put->known);
    wsub_cmd_u64(&cmd, wsub_store_config(store)->max_groups);
    wsub_cmd_str(&cmd, put->prefix);
    wsub_cmd_str(&cmd, put->members);
    for (size_t i = 0; i < put->above_count; i++)
        wsub_cmd_str(&cmd, put->above[i]);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_changed,
                    (wsub_store_cb *)cb, arg);
}

void wsub_group_delete(struct wsub_store *store, const char *id,
                       const char *match, uint64_t known,
                       wsub_group_changed_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    telling(&cmd, store, WSUB_SCRIPT_GROUP_DELETE);
    wsub_cmd_str(&cmd, id);
    wsub_cmd_str(&cmd, match);
    wsub_cmd_u64(&cmd, known);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_changed,
                    (wsub_store_cb *)cb, arg);
}

static void parse_taken_over(enum wsub_err err, const struct redisReply *reply,
                             wsub_store_cb *cb, void *arg)
{
    wsub_groups_applied_cb *on_applied = (wsub_groups_applied_cb *)cb;
    size_t applied = 0, stale = 0;

    for (size_t i = 0; err == WSUB_OK && i < reply->elements; i++) {
        applied += reply->element[i]->integer == 1;
        stale += reply->element[i]->integer == -1;
    }
    on_applied(err, applied, stale, arg);
}

void wsub_groups_take_over(struct wsub_store *store, const char *const *records,
                           size_t count, wsub_groups_applied_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    telling(&cmd, store, WSUB_SCRIPT_GROUP_APPLY);
    for (size_t i = 0; i < count; i++)
        wsub_cmd_str(&cmd, records[i]);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_taken_over,
                    (wsub_store_cb *)cb, arg);
}

/* What a call has to know when its reply comes. */
struct look {
    struct wsub_group_place place;
    wsub_group_changes_cb *cb;
    void *arg;
};

static void take_change(const struct redisReply *reply, size_t at,
                        struct wsub_group_change *change)
{
    change->revision = strtoull(text_at(reply, at), NULL, 10);
    change->id = text_at(reply, at + 1);
    change->record = text_at(reply, at + 2);
}

static void take_changes(const struct look *look,
                         const struct redisReply *reply,
                         struct wsub_group_change *list,
                         struct wsub_group_changes *changes)
{
    const char *born = text_at(reply, 0);
    uint64_t last = strtoull(text_at(reply, 1), NULL, 10);

    bool is_same =
        strcmp(born, look->place.born) == 0 && last >= look->place.revision;

    changes->is_reset = !is_same;
    changes->place.revision = is_same ? look->place.revision : 0;
    snprintf(changes->place.born, sizeof(changes->place.born), "%s", born);
    for (size_t i = 0; i < changes->count; i++)
        take_change(reply, CHANGES_AT + CHANGE_PARTS * i, &list[i]);
    if (changes->count > 0)
        changes->place.revision = list[changes->count - 1].revision;
    changes->list = list;
    changes->more = changes->count > 0 && changes->place.revision < last;
}

static void parse_changes(enum wsub_err err, const struct redisReply *reply,
                          wsub_store_cb *cb, void *arg)
{
    struct look *look = arg;
    struct wsub_group_changes changes = {.err = err};
    struct wsub_group_change *list = NULL;

    (void)cb;
    if (err == WSUB_OK) {
        changes.count = (reply->elements - CHANGES_AT) / CHANGE_PARTS;
        list = wsub_calloc(changes.count + 1, sizeof(*list));
        take_changes(look, reply, list, &changes);
    }
    look->cb(&changes, look->arg);
    free(list);
    free(look);
}

void wsub_group_changes(struct wsub_store *store,
                        const struct wsub_group_place *place, size_t limit,
                        wsub_group_changes_cb *cb, void *arg)
{
    struct look *look = wsub_calloc(1, sizeof(*look));
    struct wsub_cmd cmd;

    *look = (struct look){*place, cb, arg};
    wsub_store_script(&cmd, store, WSUB_SHARD_CLUSTER,
                      WSUB_SCRIPT_GROUP_CHANGES);
    wsub_cmd_u64(&cmd, place->revision);
    wsub_cmd_str(&cmd, place->born);
    wsub_cmd_u64(&cmd, limit);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_changes, NULL, look);
}

static void parse_read(enum wsub_err err, const struct redisReply *reply,
                       wsub_store_cb *cb, void *arg)
{
    ((wsub_group_read_cb *)cb)(err, err == WSUB_OK ? reply->str : NULL, arg);
}

void wsub_group_read(struct wsub_store *store, const char *id,
                     wsub_group_read_cb *cb, void *arg)
{
    struct wsub_cmd cmd;

    wsub_cmd_init(&cmd, "HGET");
    wsub_store_key(&cmd, store, WSUB_SHARD_CLUSTER, WSUB_KEY_GROUPS, NULL);
    wsub_cmd_str(&cmd, id);
    wsub_store_once(store, WSUB_SHARD_CLUSTER, &cmd, parse_read,
                    (wsub_store_cb *)cb, arg);
}
