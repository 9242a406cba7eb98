#include "hub/dead_letters.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "hub/json.h"

#define PAGE 200            /* letters in one script call: some 2 ms of Redis */
#define LOOKS_MAX 50        /* script calls for one list */
#define CLOCK_SLACK_MS 1000 /* Redis' clock is known by an estimate */

static const char *const act_names[] = {[HUB_LETTERS_LIST] = "list",
                                        [HUB_LETTERS_COUNT] = "count",
                                        [HUB_LETTERS_REPLAY] = "replay",
                                        [HUB_LETTERS_PURGE] = "purge"};

struct walk {
    struct hub *hub;
    enum hub_letters_act act;
    const char *kind;    /* const; what the script selects by */
    char *value;         /* owned */
    char *topic;         /* owned; NULL: any */
    char *callback;      /* owned; NULL: any */
    struct hub_place at; /* where the next page begins */
    unsigned last_shard;
    uint64_t until_ms;                /* what is newer is not walked over */
    size_t limit;                     /* of a list */
    unsigned looks;                   /* of a list, so far */
    struct hub_letters_result result; /* owns the letters */
    hub_letters_cb *done;
    void *arg; /* borrowed; given to done */
};

/* The fields of a dead letter. */
enum { EVENT, TOPIC, CALLBACK, ATTEMPTS, WHY, FIELDS_MAX_ };
static const char *const names[FIELDS_MAX_] = {"e", "t", "cb", "n", "why"};

static void look(struct walk *walk);

static void finish(struct walk *walk, enum wsub_err err)
{
    walk->done(err, &walk->result, walk->arg);
    json_decref(walk->result.letters);
    free(walk->value);
    free(walk->topic);
    free(walk->callback);
    free(walk);
}

static void finish_here(struct walk *walk, struct hub_place next)
{
    walk->result.more = true;
    walk->result.next = next;
    finish(walk, WSUB_OK);
}

static bool is_wanted(const char *wanted, const char *text)
{
    return wanted == NULL || (text != NULL && strcmp(wanted, text) == 0);
}

static json_t *letter_json(const struct hub_place *place,
                           const char *const fields[FIELDS_MAX_])
{
    const char *attempts = fields[ATTEMPTS];
    struct hub_place event =
        hub_place_of(place->shard, fields[EVENT] != NULL ? fields[EVENT] : "");

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:o, s:I}", "id", hub_place_json(place),
        "event", hub_place_json(&event), "topic", hub_json_text(fields[TOPIC]),
        "callback", hub_json_text(fields[CALLBACK]), "attempts",
        attempts != NULL ? strtoll(attempts, NULL, 10) : 0LL, "why",
        hub_json_text(fields[WHY]), "at_ms", (json_int_t)place->ms);
}

/* Takes a letter into the list; false when the list is full, and goes on at
 * *ret_place. */
static bool take_letter(struct walk *walk, const struct redisReply *letter,
                        struct hub_place *ret_place)
{
    const char *fields[FIELDS_MAX_] = {0};
    struct hub_place place =
        hub_place_of(walk->at.shard, letter->element[0]->str);

    hub_entry_fields(letter->element[1], names, FIELDS_MAX_, fields);
    if (!is_wanted(walk->topic, fields[TOPIC]) ||
        !is_wanted(walk->callback, fields[CALLBACK]))
        return true;
    *ret_place = place;
    if (walk->result.count == walk->limit)
        return false;
    walk->result.count++;
    json_array_append_new(walk->result.letters, letter_json(&place, fields));
    return true;
}

static bool take_letters(struct walk *walk, const struct redisReply *letters,
                         struct hub_place *ret_next)
{
    for (size_t i = 0; i < letters->elements; i++)
        if (!take_letter(walk, letters->element[i], ret_next))
            return false;
    return true;
}

/* `next` is the id to go on with in this shard, "" at its end. */
static void go_on(struct walk *walk, const char *next)
{
    struct hub_place at = hub_place_of(walk->at.shard, next);

    if (next[0] == '\0' || at.ms > walk->until_ms)
        at = (struct hub_place){.shard = walk->at.shard + 1};
    walk->at = at;
    if (at.shard > walk->last_shard)
        finish(walk, WSUB_OK);
    else if (walk->act == HUB_LETTERS_LIST && walk->looks == LOOKS_MAX)
        finish_here(walk, at);
    else
        look(walk);
}

/* The reply is {id to go on with, letters that matched, letters}. */
static void on_page(enum wsub_err err, const struct redisReply *reply,
                    void *arg)
{
    struct walk *walk = arg;
    struct hub_place next;

    if (err == WSUB_ERR_REFUSED)
        wsub_log_error("dead-letters-refused", WSUB_KV("error", reply->str));
    if (err != WSUB_OK) {
        finish(walk, err);
        return;
    }
    if (walk->act != HUB_LETTERS_LIST) {
        walk->result.count += (uint64_t)reply->element[1]->integer;
    } else if (!take_letters(walk, reply->element[2], &next)) {
        finish_here(walk, next);
        return;
    }
    go_on(walk, reply->element[0]->str);
}

static void look(struct walk *walk)
{
    struct wsub_store *store = walk->hub->store;
    struct wsub_cmd cmd;
    char from[48];

    walk->looks++;
    snprintf(from, sizeof(from), "%" PRIu64 "-%" PRIu64, walk->at.ms,
             walk->at.seq);
    wsub_store_script(&cmd, store, walk->at.shard, WSUB_SCRIPT_LETTERS);
    wsub_cmd_str(&cmd, act_names[walk->act]);
    wsub_cmd_str(&cmd, walk->kind);
    wsub_cmd_str(&cmd, walk->value);
    wsub_cmd_str(&cmd, from);
    wsub_cmd_u64(&cmd, PAGE);
    if (wsub_store_send(store, walk->at.shard, &cmd, on_page, walk) != WSUB_OK)
        finish(walk, WSUB_ERR_UNAVAILABLE);
}

/* What the script selects by, and the shards to walk over. */
static void select_by(struct walk *walk,
                      const struct hub_letters_filter *filter)
{
    const struct wsub_store *store = walk->hub->store;
    char id[48];

    walk->last_shard = wsub_store_shards(store) - 1;
    if (filter->id != NULL) {
        snprintf(id, sizeof(id), "%" PRIu64 "-%" PRIu64, filter->id->ms,
                 filter->id->seq);
        walk->kind = "id";
        walk->value = wsub_strdup(id);
        walk->at.shard = walk->last_shard = filter->id->shard;
    } else if (filter->topic != NULL) {
        walk->kind = "topic";
        walk->value = wsub_strdup(filter->topic);
        walk->at.shard = walk->last_shard =
            wsub_topic_ref(store, filter->topic).shard;
    } else {
        walk->kind = filter->callback != NULL ? "callback" : "all";
        walk->value =
            wsub_strdup(filter->callback != NULL ? filter->callback : "");
    }
}

static struct walk *walk_new(struct hub *hub, enum hub_letters_act act,
                             const struct hub_letters_filter *filter,
                             hub_letters_cb *done, void *arg)
{
    struct walk *walk = wsub_calloc(1, sizeof(*walk));

    walk->hub = hub;
    walk->act = act;
    walk->topic = wsub_strdup(filter->topic);
    walk->callback = wsub_strdup(filter->callback);
    walk->until_ms = wsub_store_time_ms(hub->store);
    walk->result.letters = json_array();
    walk->done = done;
    walk->arg = arg;
    select_by(walk, filter);
    return walk;
}

void hub_letters_walk(struct hub *hub, enum hub_letters_act act,
                      const struct hub_letters_filter *filter,
                      hub_letters_cb *done, void *arg)
{
    struct walk *walk = walk_new(hub, act, filter, done, arg);

    walk->until_ms += CLOCK_SLACK_MS;
    if (walk->until_ms == CLOCK_SLACK_MS) /* the clock is not known yet */
        finish(walk, WSUB_ERR_UNAVAILABLE);
    else
        look(walk);
}

void hub_letters_list(struct hub *hub, const struct hub_letters_filter *filter,
                      const struct hub_page *page, hub_letters_cb *done,
                      void *arg)
{
    struct walk *walk = walk_new(hub, HUB_LETTERS_LIST, filter, done, arg);

    walk->until_ms = UINT64_MAX;
    walk->limit = page->limit;
    if (page->continued && page->from.shard >= walk->at.shard)
        walk->at = page->from;
    if (walk->at.shard > walk->last_shard)
        finish(walk, WSUB_OK);
    else
        look(walk);
}
