#include "hub/dead_letters.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/store/store.h"
#include "common/store/topic.h"
#include "hub/json.h"

#define PAGE 200            /* letters in one call: some 2 ms of Redis */
#define PAGES_MAX 50        /* for one list */
#define CLOCK_SLACK_MS 1000 /* Redis' clock is known by an estimate */

struct walk {
    struct wsub_store *store; /* borrowed; outlives the walk */
    enum wsub_letters_act act;
    enum wsub_letters_choice choice;
    char *value;             /* owned; what is chosen */
    char *topic;             /* owned; NULL: any */
    char *callback;          /* owned; NULL: any */
    struct hub_filter *rows; /* owned; NULL: of no list */
    struct wsub_place at;    /* where the next page begins */
    unsigned last_shard;
    uint64_t until_ms;                /* newer letters are not walked over */
    size_t limit;                     /* of a list */
    unsigned pages;                   /* so far */
    struct hub_letters_result result; /* owns the letters */
    hub_letters_cb *done;
    void *arg; /* borrowed; given to done */
};

static void read_page(struct walk *walk);

static void finish(struct walk *walk, enum wsub_err err)
{
    walk->done(err, &walk->result, walk->arg);
    json_decref(walk->result.letters);
    free(walk->value);
    free(walk->topic);
    free(walk->callback);
    hub_filter_free(walk->rows);
    free(walk);
}

static void finish_here(struct walk *walk, struct wsub_place next)
{
    walk->result.more = true;
    walk->result.next = next;
    finish(walk, WSUB_OK);
}

static bool is_same(const char *wanted, const char *text)
{
    return wanted == NULL || (text != NULL && strcmp(wanted, text) == 0);
}

/* An entry that could not be interpreted: where it came from, and its bytes. */
static json_t *entry_json(const struct wsub_letter *letter)
{
    json_t *fields = json_object();
    const char *name, *value;
    size_t at = 0, len;

    while (wsub_letter_field(letter, &at, &name, &value, &len))
        json_object_set_new(fields, name, hub_json_base64(value, len));
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:o, s:I, s:o}", "id",
        hub_json_place(&letter->place), "event", json_null(), "topic",
        hub_json_text(letter->topic), "callback", json_null(), "attempts",
        (json_int_t)letter->attempts, "why", hub_json_text(letter->why),
        "at_ms", (json_int_t)letter->place.ms, "undecodable",
        json_pack("{s:s, s:o}", "from", letter->from, "fields", fields));
}

static json_t *letter_json(const struct wsub_letter *letter)
{
    if (letter->from != NULL)
        return entry_json(letter);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:I, s:o, s:I}", "id",
        hub_json_place(&letter->place), "event", hub_json_place(&letter->event),
        "topic", hub_json_text(letter->topic), "callback",
        hub_json_text(letter->callback), "attempts",
        (json_int_t)letter->attempts, "why", hub_json_text(letter->why),
        "at_ms", (json_int_t)letter->place.ms);
}

/* The letter's row; NULL when it is not wanted. */
static json_t *wanted_json(const struct walk *walk,
                           const struct wsub_letter *letter)
{
    json_t *row;

    if (!is_same(walk->topic, letter->topic) ||
        !is_same(walk->callback, letter->callback))
        return NULL;
    row = letter_json(letter);
    if (hub_filter_wants(walk->rows, row))
        return row;
    json_decref(row);
    return NULL;
}

/* Takes letters into the list.  False when the list is full: it goes on at
 * *ret_next. */
static bool take_letters(struct walk *walk, const struct wsub_letters *letters,
                         struct wsub_place *ret_next)
{
    for (size_t i = 0; i < letters->found_count; i++) {
        json_t *row = wanted_json(walk, &letters->found[i]);

        if (row == NULL)
            continue;
        if (walk->result.count == walk->limit) {
            *ret_next = letters->found[i].place;
            json_decref(row);
            return false;
        }
        walk->result.count++;
        json_array_append_new(walk->result.letters, row);
    }
    return true;
}

/* The page before is done. */
static void go_on(struct walk *walk, const struct wsub_letters *letters)
{
    struct wsub_place at = letters->next;

    if (!letters->more || at.ms > walk->until_ms)
        at = (struct wsub_place){.shard = walk->at.shard + 1};
    walk->at = at;
    if (at.shard > walk->last_shard)
        finish(walk, WSUB_OK);
    else if (walk->act == WSUB_LETTERS_LIST && walk->pages == PAGES_MAX)
        finish_here(walk, at);
    else
        read_page(walk);
}

static void on_page(enum wsub_err err, const struct wsub_letters *letters,
                    void *arg)
{
    struct walk *walk = arg;
    struct wsub_place next;

    if (err != WSUB_OK) {
        finish(walk, err);
        return;
    }
    if (walk->act != WSUB_LETTERS_LIST) {
        walk->result.count += letters->matched;
    } else if (!take_letters(walk, letters, &next)) {
        finish_here(walk, next);
        return;
    }
    go_on(walk, letters);
}

static void read_page(struct walk *walk)
{
    walk->pages++;
    wsub_letters(walk->store,
                 &(struct wsub_letters_page){
                     .act = walk->act,
                     .choice = walk->choice,
                     .value = walk->value,
                     .from = walk->at,
                     .limit = PAGE,
                 },
                 on_page, walk);
}

/* What the letters are chosen by, and the shards to walk over. */
static void choose(struct walk *walk, const struct hub_letters_filter *filter)
{
    char id[WSUB_PLACE_BYTES];

    walk->last_shard = wsub_store_shards(walk->store) - 1;
    if (filter->id != NULL) {
        wsub_place_id(filter->id, id);
        walk->choice = WSUB_LETTERS_OF_ID;
        walk->value = wsub_strdup(id);
        walk->at.shard = walk->last_shard = filter->id->shard;
    } else if (filter->topic != NULL) {
        walk->choice = WSUB_LETTERS_OF_TOPIC;
        walk->value = wsub_strdup(filter->topic);
        walk->at.shard = walk->last_shard =
            wsub_topic_shard(walk->store, filter->topic);
    } else if (filter->callback != NULL) {
        walk->choice = WSUB_LETTERS_OF_CALLBACK;
        walk->value = wsub_strdup(filter->callback);
    } else {
        walk->choice = WSUB_LETTERS_ALL;
        walk->value = wsub_strdup("");
    }
}

static struct walk *walk_new(struct wsub_store *store,
                             enum wsub_letters_act act,
                             const struct hub_letters_filter *filter,
                             hub_letters_cb *done, void *arg)
{
    struct walk *walk = wsub_calloc(1, sizeof(*walk));

    walk->store = store;
    walk->act = act;
    walk->topic = wsub_strdup(filter->topic);
    walk->callback = wsub_strdup(filter->callback);
    walk->until_ms = wsub_store_time_ms(store);
    walk->result.letters = json_array();
    walk->done = done;
    walk->arg = arg;
    choose(walk, filter);
    return walk;
}

void hub_letters_walk(struct wsub_store *store, enum wsub_letters_act act,
                      const struct hub_letters_filter *filter,
                      hub_letters_cb *done, void *arg)
{
    struct walk *walk = walk_new(store, act, filter, done, arg);

    walk->until_ms += CLOCK_SLACK_MS;
    if (walk->until_ms == CLOCK_SLACK_MS) /* the clock is not known yet */
        finish(walk, WSUB_ERR_UNAVAILABLE);
    else
        read_page(walk);
}

void hub_letters_list(struct wsub_store *store,
                      const struct hub_letters_filter *filter,
                      const struct hub_page *page, hub_letters_cb *done,
                      void *arg)
{
    struct walk *walk = walk_new(store, WSUB_LETTERS_LIST, filter, done, arg);

    walk->until_ms = UINT64_MAX;
    walk->limit = page->limit;
    walk->rows = page->filter;
    if (page->continued && page->from.shard >= walk->at.shard)
        walk->at = page->from;
    if (walk->at.shard > walk->last_shard)
        finish(walk, WSUB_OK);
    else
        read_page(walk);
}
