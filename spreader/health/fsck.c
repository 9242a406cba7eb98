#include "spreader/health/fsck.h"

#include <stdlib.h>

#include <jansson.h>

#include "common/base/mem.h"

#define ROUNDS_MAX 100

void spread_fsck_begin(struct spread_fsck *fsck, uint64_t number, bool repairs,
                       uint64_t now_ms)
{
    if (number == fsck->number && (fsck->active || fsck->finished))
        return;
    *fsck = (struct spread_fsck){
        .number = number,
        .repairs = repairs,
        .active = true,
        .wants_check = true,
        .began_ms = now_ms,
    };
}

void spread_fsck_forget(struct spread_fsck *fsck)
{
    *fsck = (struct spread_fsck){0};
}

bool spread_fsck_is_active(const struct spread_fsck *fsck)
{
    return fsck->active;
}

bool spread_fsck_wants_check(const struct spread_fsck *fsck)
{
    return fsck->active && fsck->wants_check;
}

bool spread_fsck_repairs(const struct spread_fsck *fsck)
{
    return fsck->active && fsck->repairs;
}

void spread_fsck_begins_check(struct spread_fsck *fsck)
{
    if (!fsck->active)
        return;
    fsck->wants_check = false;
    fsck->checks = true;
    fsck->mended_before = fsck->mended;
}

void spread_fsck_mended(struct spread_fsck *fsck)
{
    fsck->mended += fsck->active;
}

static void finish(struct spread_fsck *fsck, uint64_t now_ms)
{
    fsck->active = fsck->wants_check = false;
    fsck->finished = true;
    fsck->ended_ms = now_ms;
}

/* A check of before does not count. */
static bool is_round(struct spread_fsck *fsck, bool is_check)
{
    if (!is_check)
        return fsck->rounds > 0 && !fsck->wants_check;
    if (!fsck->checks)
        return false;
    fsck->checks = false;
    fsck->rounds++;
    return true;
}

void spread_fsck_passed(struct spread_fsck *fsck, bool is_check, size_t left,
                        size_t open, uint64_t now_ms)
{
    if (!fsck->active || !is_round(fsck, is_check))
        return;
    fsck->left = left;
    if (is_check && fsck->rounds == 1)
        fsck->found = left;
    if (!fsck->repairs || (is_check && left == 0))
        finish(fsck, now_ms);
    else if (open > 0)
        return;
    else if (fsck->mended == fsck->mended_before || fsck->rounds >= ROUNDS_MAX)
        finish(fsck, now_ms);
    else
        fsck->wants_check = true;
}

const char *spread_fsck_state(const struct spread_fsck *fsck)
{
    if (fsck->active)
        return "running";
    return fsck->finished ? "done" : NULL;
}

char *spread_fsck_json(const struct spread_fsck *fsck, uint64_t keys,
                       const char *by)
{
    json_t *ended =
        fsck->finished ? json_integer((json_int_t)fsck->ended_ms) : json_null();
    json_t *root = json_pack(
        "{s:s, s:i, s:I, s:I, s:I, s:I, s:s, s:I, s:o}", "phase",
        fsck->finished ? "done" : (fsck->checks ? "checking" : "mending"),
        "rounds", (int)fsck->rounds, "keys", (json_int_t)keys, "found",
        (json_int_t)fsck->found, "mended", (json_int_t)fsck->mended, "left",
        (json_int_t)fsck->left, "by", by, "began_ms",
        (json_int_t)fsck->began_ms, "ended_ms", ended);
    char *text = json_dumps(root, JSON_COMPACT);

    if (text == NULL)
        wsub_panic("out of memory (JSON)");
    json_decref(root);
    return text;
}
