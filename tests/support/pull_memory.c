#include "tests/support/pull_memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"

#define WAITS_MAX 16    /* that are noted, of one subscription */
#define NUMBERS 1000000 /* of one subscription; a test has fewer */

/* A request that is on its way. */
struct wait {
    char *token; /* owned; NULL: none */
    uint64_t ends_ms;
};

struct pull {
    char *id, *topics; /* owned */
    unsigned shard;
    uint32_t ttl_s;
    bool explicit_ack;
    struct wsub_pull_cursors received, handed_out; /* owned */
    /* Owned; of the last hand-outs, the latest first. */
    struct wsub_pull_cursors batches[WSUB_PULL_BATCHES];
    uint64_t number;
    char *holder; /* owned; token; NULL: nobody */
    uint64_t held_until_ms;
    struct wait waits[WAITS_MAX];
    uint64_t ends_ms;
    TAILQ_ENTRY(pull) next;
};

struct pull_memory {
    struct wsub_pull_store store;
    TAILQ_HEAD(, pull) pulls; /* owned; by id */
    unsigned shards;
    uint64_t now_ms;
    uint64_t numbers; /* given to subscriptions */
};

static struct pull_memory *memory_of(struct wsub_pull_store *store)
{
    return (struct pull_memory *)(void *)store;
}

static struct wsub_pull_cursors copy_of(const struct wsub_pull_cursors *cursors)
{
    struct wsub_pull_cursors copy = {
        .places = wsub_calloc(cursors->count + 1, sizeof(*copy.places)),
        .count = cursors->count,
    };

    if (cursors->count > 0)
        memcpy(copy.places, cursors->places,
               cursors->count * sizeof(*copy.places));
    return copy;
}

static void replace(struct wsub_pull_cursors *cursors,
                    struct wsub_pull_cursors other)
{
    wsub_pull_cursors_done(cursors);
    *cursors = other;
}

static void move_forward(struct wsub_pull_cursors *cursors,
                         const struct wsub_pull_cursors *others)
{
    for (size_t i = 0; i < cursors->count; i++) {
        struct wsub_place *place = &cursors->places[i];
        const struct wsub_place *other =
            wsub_pull_cursors_find(others, place->shard);

        if (other != NULL && wsub_pull_order(place, other) < 0)
            *place = *other;
    }
}

static struct pull *find(const struct pull_memory *memory, const char *id)
{
    struct pull *pull;

    TAILQ_FOREACH(pull, &memory->pulls, next)
    {
        if (strcmp(pull->id, id) == 0)
            return pull;
    }
    return NULL;
}

static void drop(struct pull_memory *memory, struct pull *pull)
{
    TAILQ_REMOVE(&memory->pulls, pull, next);
    for (size_t i = 0; i < WAITS_MAX; i++)
        free(pull->waits[i].token);
    wsub_pull_cursors_done(&pull->received);
    wsub_pull_cursors_done(&pull->handed_out);
    for (int i = 0; i < WSUB_PULL_BATCHES; i++)
        wsub_pull_cursors_done(&pull->batches[i]);
    free(pull->holder);
    free(pull->id);
    free(pull->topics);
    free(pull);
}

static struct wait *wait_of(struct pull *pull, const char *token)
{
    for (size_t i = 0; i < WAITS_MAX; i++)
        if (pull->waits[i].token != NULL &&
            strcmp(pull->waits[i].token, token) == 0)
            return &pull->waits[i];
    return NULL;
}

static void wait_drop(struct wait *wait)
{
    free(wait->token);
    *wait = (struct wait){0};
}

/* A free place, else that of the request that is over first. */
static struct wait *place_for_wait(struct pull *pull)
{
    struct wait *place = &pull->waits[0];

    for (size_t i = 0; i < WAITS_MAX; i++) {
        struct wait *wait = &pull->waits[i];

        if (wait->token == NULL)
            return wait;
        if (wait->ends_ms < place->ends_ms)
            place = wait;
    }
    return place;
}

static void note_wait(struct pull *pull, const char *token, uint64_t ends_ms)
{
    struct wait *wait = wait_of(pull, token);

    if (wait == NULL)
        wait = place_for_wait(pull);
    if (wait->token != NULL && strcmp(wait->token, token) != 0 &&
        wait->ends_ms > ends_ms)
        return;
    free(wait->token);
    *wait = (struct wait){wsub_strdup(token), ends_ms};
}

static void see(const struct pull_memory *memory, struct pull *pull)
{
    uint64_t last_ms = memory->now_ms;

    for (size_t i = 0; i < WAITS_MAX; i++) {
        struct wait *wait = &pull->waits[i];

        if (wait->token != NULL && wait->ends_ms <= memory->now_ms)
            wait_drop(wait);
        else if (wait->ends_ms > last_ms)
            last_ms = wait->ends_ms;
    }
    pull->ends_ms = last_ms + (uint64_t)pull->ttl_s * 1000;
}

static bool is_held(const struct pull_memory *memory, const struct pull *pull,
                    const char *token)
{
    return pull->holder != NULL && strcmp(pull->holder, token) != 0 &&
           memory->now_ms < pull->held_until_ms;
}

static unsigned shard_of(const struct pull_memory *memory, const char *id)
{
    char digest[WSUB_DIGEST_LEN + 1];

    wsub_digest(id, strlen(id), digest);
    return wsub_digest_bucket(digest, memory->shards);
}

static bool is_full(const struct pull_memory *memory,
                    const struct wsub_pull_add *add)
{
    unsigned shard = shard_of(memory, add->id);
    const struct pull *pull;
    uint64_t count = 0;

    TAILQ_FOREACH(pull, &memory->pulls, next)
    {
        count += pull->shard == shard;
    }
    return add->max > 0 && count + add->others >= add->max;
}

static void insert(struct pull_memory *memory, struct pull *pull)
{
    struct pull *other;

    TAILQ_FOREACH(other, &memory->pulls, next)
    {
        if (strcmp(pull->id, other->id) < 0)
            break;
    }
    if (other == NULL)
        TAILQ_INSERT_TAIL(&memory->pulls, pull, next);
    else
        TAILQ_INSERT_BEFORE(other, pull, next);
}

static void add_new(struct pull_memory *memory, const struct wsub_pull_add *add)
{
    struct pull *pull = wsub_calloc(1, sizeof(*pull));

    pull->id = wsub_strdup(add->id);
    pull->topics = wsub_strdup(add->subscription.topics);
    pull->shard = shard_of(memory, add->id);
    pull->ttl_s = add->subscription.ttl_s;
    pull->explicit_ack = add->subscription.explicit_ack;
    pull->received = copy_of(add->cursors);
    pull->handed_out = copy_of(add->cursors);
    memory->numbers += NUMBERS;
    pull->number = memory->numbers;
    see(memory, pull);
    insert(memory, pull);
}

static void add(struct wsub_pull_store *store, const struct wsub_pull_add *add,
                wsub_pull_result_cb *cb, void *arg)
{
    struct pull_memory *memory = memory_of(store);
    enum wsub_pull_result result = WSUB_PULL_DONE;

    if (find(memory, add->id) != NULL)
        result = WSUB_PULL_EXISTS;
    else if (is_full(memory, add))
        result = WSUB_PULL_FULL;
    else
        add_new(memory, add);
    cb(WSUB_OK, result, arg);
}

static void remove_one(struct wsub_pull_store *store, const char *id,
                       wsub_pull_result_cb *cb, void *arg)
{
    struct pull_memory *memory = memory_of(store);
    struct pull *pull = find(memory, id);

    if (pull != NULL)
        drop(memory, pull);
    cb(WSUB_OK, pull != NULL ? WSUB_PULL_DONE : WSUB_PULL_UNKNOWN, arg);
}

/* The cursors of new topics, but where they were. */
static struct wsub_pull_cursors kept(const struct wsub_pull_cursors *old,
                                     const struct wsub_pull_cursors *new)
{
    struct wsub_pull_cursors cursors = copy_of(new);

    for (size_t i = 0; i < cursors.count; i++) {
        const struct wsub_place *place =
            wsub_pull_cursors_find(old, cursors.places[i].shard);

        if (place != NULL)
            cursors.places[i] = *place;
    }
    return cursors;
}

static void change_topics(struct pull *pull,
                          const struct wsub_pull_update *update)
{
    free(pull->topics);
    pull->topics = wsub_strdup(update->topics);
    replace(&pull->received, kept(&pull->received, update->cursors));
    replace(&pull->handed_out, kept(&pull->handed_out, update->cursors));
    pull->number++;
}

static void update(struct wsub_pull_store *store,
                   const struct wsub_pull_update *update,
                   wsub_pull_result_cb *cb, void *arg)
{
    struct pull_memory *memory = memory_of(store);
    struct pull *pull = find(memory, update->id);

    if (pull == NULL) {
        cb(WSUB_OK, WSUB_PULL_UNKNOWN, arg);
        return;
    }
    if (update->ttl_s != 0)
        pull->ttl_s = update->ttl_s;
    if (update->topics != NULL)
        change_topics(pull, update);
    see(memory, pull);
    cb(WSUB_OK, WSUB_PULL_DONE, arg);
}

static void list(struct wsub_pull_store *store, const char *after, size_t limit,
                 wsub_pull_list_cb *cb, void *arg)
{
    const char **ids = wsub_calloc(limit + 1, sizeof(*ids));
    const struct pull *pull;
    size_t count = 0;

    TAILQ_FOREACH(pull, &memory_of(store)->pulls, next)
    {
        if (count <= limit && strcmp(pull->id, after) > 0)
            ids[count++] = pull->id;
    }
    cb(WSUB_OK, ids, count > limit ? limit : count, count > limit, arg);
    free(ids);
}

static void move_back(struct wsub_place *place, const struct wsub_place *other)
{
    if (other == NULL)
        *place = (struct wsub_place){.shard = place->shard};
    else if (wsub_pull_order(other, place) < 0)
        *place = *other;
}

/* What the first of the last hand-outs that came to the event, and those before
 * it, handed out. */
static struct wsub_pull_cursors handed_out_with(const struct pull *pull,
                                                const struct wsub_place *event)
{
    struct wsub_pull_cursors found = copy_of(&pull->handed_out);

    for (int i = 0; i < WSUB_PULL_BATCHES; i++) {
        const struct wsub_pull_cursors *batch = &pull->batches[i];
        const struct wsub_place *its =
            wsub_pull_cursors_find(batch, event->shard);

        if (its == NULL || wsub_pull_order(its, event) < 0)
            continue;
        for (size_t j = 0; j < found.count; j++)
            move_back(&found.places[j],
                      wsub_pull_cursors_find(batch, found.places[j].shard));
    }
    return found;
}

/* Of that, what is not after the event is received. */
static void acknowledge(struct pull *pull, const struct wsub_place *after)
{
    struct wsub_pull_cursors upto = handed_out_with(pull, after);

    for (size_t i = 0; i < upto.count; i++) {
        struct wsub_place last =
            wsub_pull_last_until(after, upto.places[i].shard);

        if (wsub_pull_order(&last, &upto.places[i]) < 0)
            upto.places[i] = last;
    }
    move_forward(&pull->received, &upto);
    wsub_pull_cursors_done(&upto);
}

static void tell_begun(struct pull *pull, bool again, wsub_pull_begun_cb *cb,
                       void *arg)
{
    struct wsub_pull_cursors cursors = copy_of(&pull->received);
    char *topics = wsub_strdup(pull->topics);
    struct wsub_pull_begun begun = {
        .subscription = {topics, pull->ttl_s, pull->explicit_ack},
        .cursors = &cursors,
        .number = pull->number,
    };

    if (pull->explicit_ack && again)
        move_forward(&cursors, &pull->handed_out);
    cb(WSUB_OK, WSUB_PULL_DONE, &begun, arg);
    wsub_pull_cursors_done(&cursors);
    free(topics);
}

static void begin(struct wsub_pull_store *store,
                  const struct wsub_pull_begin *begin, wsub_pull_begun_cb *cb,
                  void *arg)
{
    struct pull_memory *memory = memory_of(store);
    struct pull *pull = find(memory, begin->id);

    if (pull == NULL) {
        cb(WSUB_OK, WSUB_PULL_UNKNOWN, NULL, arg);
        return;
    }
    see(memory, pull);
    note_wait(pull, begin->token, memory->now_ms + begin->wait_ms);
    see(memory, pull);
    if (is_held(memory, pull, begin->token)) {
        cb(WSUB_OK, WSUB_PULL_BUSY, NULL, arg);
        return;
    }
    if (pull->explicit_ack && begin->after != NULL)
        acknowledge(pull, begin->after);
    tell_begun(pull, begin->again, cb, arg);
}

static void take_now(const struct pull_memory *memory, struct pull *pull,
                     const struct wsub_pull_take *take)
{
    pull->number++;
    if (pull->explicit_ack) {
        move_forward(&pull->handed_out, take->cursors);
        wsub_pull_cursors_done(&pull->batches[WSUB_PULL_BATCHES - 1]);
        memmove(&pull->batches[1], &pull->batches[0],
                (WSUB_PULL_BATCHES - 1) * sizeof(pull->batches[0]));
        pull->batches[0] = copy_of(take->cursors);
        return;
    }
    free(pull->holder);
    pull->holder = wsub_strdup(take->token);
    pull->held_until_ms = memory->now_ms + WSUB_PULL_HELD_MS;
}

static void take(struct wsub_pull_store *store,
                 const struct wsub_pull_take *take, wsub_pull_result_cb *cb,
                 void *arg)
{
    const struct pull_memory *memory = memory_of(store);
    struct pull *pull = find(memory, take->id);
    enum wsub_pull_result result = WSUB_PULL_DONE;

    if (pull == NULL)
        result = WSUB_PULL_UNKNOWN;
    else if (pull->number != take->number)
        result = WSUB_PULL_MOVED;
    else if (is_held(memory, pull, take->token))
        result = WSUB_PULL_BUSY;
    else
        take_now(memory, pull, take);
    cb(WSUB_OK, result, arg);
}

/* What the request held is free.  Returns whether it held it. */
static bool free_hold(const struct pull_memory *memory, struct pull *pull,
                      const struct wsub_pull_end *end)
{
    if (pull->holder == NULL || strcmp(pull->holder, end->token) != 0)
        return false;
    free(pull->holder);
    pull->holder = NULL;
    if (end->cursors != NULL && pull->held_until_ms <= memory->now_ms)
        pull->number++;
    return true;
}

static void end(struct wsub_pull_store *store, const struct wsub_pull_end *end,
                wsub_pull_result_cb *cb, void *arg)
{
    const struct pull_memory *memory = memory_of(store);
    struct pull *pull = find(memory, end->id);
    struct wait *wait;
    bool is_last;

    if (pull == NULL) {
        cb(WSUB_OK, WSUB_PULL_UNKNOWN, arg);
        return;
    }
    wait = wait_of(pull, end->token);
    if (wait != NULL)
        wait_drop(wait);
    see(memory, pull);
    is_last = pull->number == end->number;
    is_last = free_hold(memory, pull, end) || is_last;
    if (is_last && end->cursors != NULL)
        move_forward(&pull->received, end->cursors);
    cb(WSUB_OK,
       is_last || end->cursors == NULL ? WSUB_PULL_DONE : WSUB_PULL_MOVED, arg);
}

static const struct wsub_pull_store_ops ops = {
    .add = add,
    .remove = remove_one,
    .update = update,
    .list = list,
    .begin = begin,
    .take = take,
    .end = end,
};

struct pull_memory *pull_memory_new(unsigned shards)
{
    struct pull_memory *memory = wsub_calloc(1, sizeof(*memory));

    memory->store.ops = &ops;
    memory->shards = shards;
    memory->now_ms = 1000;
    TAILQ_INIT(&memory->pulls);
    return memory;
}

void pull_memory_free(struct pull_memory *memory)
{
    struct pull *pull;

    while ((pull = TAILQ_FIRST(&memory->pulls)) != NULL)
        drop(memory, pull);
    free(memory);
}

struct wsub_pull_store *pull_memory_store(struct pull_memory *memory)
{
    return &memory->store;
}

void pull_memory_pass_ms(struct pull_memory *memory, uint64_t ms)
{
    memory->now_ms += ms;
}

uint64_t pull_memory_expire(struct pull_memory *memory)
{
    struct pull *pull = TAILQ_FIRST(&memory->pulls), *next;
    uint64_t ended = 0;

    for (; pull != NULL; pull = next) {
        next = TAILQ_NEXT(pull, next);
        if (pull->ends_ms <= memory->now_ms) {
            drop(memory, pull);
            ended++;
        }
    }
    return ended;
}
