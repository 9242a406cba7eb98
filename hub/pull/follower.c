#include "hub/pull/follower.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/container_of.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/store/pull/subscription_store.h"
#include "common/store/store.h"

enum shard_state { STARTING, BEHIND, LIVE };

/* A page that is being read; the follower may be gone when it comes. */
struct reading {
    struct hub_pull_follower *follower; /* borrowed; NULL once it is gone */
    struct shard *shard;                /* borrowed */
};

struct shard {
    enum shard_state state;
    struct wsub_place at;    /* everything up to here was looked at */
    struct wsub_place told;  /* the last event that the feed told */
    struct reading *reading; /* owned by its call; NULL: none is on its way */
    bool overflowed; /* what the feed told while a page was read did not fit */
};

struct hub_pull_follower {
    struct hub_pull_follower_options o;
    struct hub_pull_listener listener;
    struct shard *shards; /* owned */
    size_t shard_count;
    struct hub_pull_event **events; /* owned, with a reference each */
    size_t count, capacity;
    size_t bytes; /* of their bodies */
    uint64_t missed;
    enum wsub_err err; /* of a page; the follower is of no use any more */
    bool starting;     /* its owner does not know it yet */
};

static struct shard *find_shard(struct hub_pull_follower *follower,
                                unsigned number)
{
    for (size_t i = 0; i < follower->shard_count; i++)
        if (follower->shards[i].at.shard == number)
            return &follower->shards[i];
    return NULL;
}

static bool is_after(const struct wsub_place *a, const struct wsub_place *b)
{
    return a->ms != b->ms ? a->ms > b->ms : a->seq > b->seq;
}

static struct wsub_place before(const struct wsub_place *place)
{
    struct wsub_place its = *place;

    if (its.seq > 0) {
        its.seq--;
    } else if (its.ms > 0) {
        its.ms--;
        its.seq = UINT64_MAX;
    }
    return its;
}

static void move_to(struct shard *shard, const struct wsub_place *place)
{
    if (is_after(place, &shard->at))
        shard->at = *place;
}

static bool is_full(const struct hub_pull_follower *follower, size_t more)
{
    const struct hub_pull_follower_options *o = &follower->o;

    return follower->count >= o->max_events ||
           (follower->count > 0 && follower->bytes + more > o->max_bytes);
}

/* Who wants every topic gets those that may be subscribed to. */
static bool is_wanted(const struct hub_pull_follower *follower,
                      const struct hub_pull_event *event)
{
    return follower->o.topics->count > 0 || event->served;
}

/* False when there is too much already. */
static bool gather(struct hub_pull_follower *follower,
                   struct hub_pull_event *event)
{
    if (is_full(follower, event->body_bytes))
        return false;
    if (follower->count == follower->capacity) {
        follower->capacity = follower->capacity * 2 + 1;
        follower->events = wsub_realloc(
            follower->events, follower->capacity * sizeof(*follower->events));
    }
    follower->events[follower->count++] = hub_pull_event_hold(event);
    follower->bytes += event->body_bytes;
    return true;
}

/* Drops the gathered events of the shard after `from`, up to `to` (NULL: all of
 * them). */
static void drop_gathered(struct hub_pull_follower *follower,
                          const struct wsub_place *from,
                          const struct wsub_place *to)
{
    size_t kept = 0;

    for (size_t i = 0; i < follower->count; i++) {
        struct hub_pull_event *event = follower->events[i];

        if (event->place.shard == from->shard &&
            is_after(&event->place, from) &&
            (to == NULL || !is_after(&event->place, to))) {
            follower->bytes -= event->body_bytes;
            hub_pull_event_drop(event);
        } else {
            follower->events[kept++] = event;
        }
    }
    follower->count = kept;
}

static bool is_settled(const struct hub_pull_follower *follower)
{
    if (follower->starting)
        return false;
    if (follower->err != WSUB_OK)
        return true;
    for (size_t i = 0; i < follower->shard_count; i++)
        if (follower->shards[i].state == STARTING ||
            follower->shards[i].reading != NULL)
            return false;
    return true;
}

/* The shard that is furthest behind; NULL when all are live. */
static struct shard *find_slowest(const struct hub_pull_follower *follower)
{
    struct shard *slowest = NULL;

    for (size_t i = 0; i < follower->shard_count; i++) {
        struct shard *shard = &follower->shards[i];

        if (shard->state == BEHIND && shard->reading == NULL &&
            (slowest == NULL || wsub_pull_order(&shard->at, &slowest->at) < 0))
            slowest = shard;
    }
    return slowest;
}

/* Leaves to later pages what is after all that the slowest shard was looked at
 * for. */
static void hold_back(struct hub_pull_follower *follower)
{
    const struct shard *slowest = find_slowest(follower);
    struct wsub_place until;

    if (slowest == NULL)
        return;
    until = slowest->at;
    for (size_t i = 0; i < follower->count; i++) {
        const struct wsub_place *place = &follower->events[i]->place;
        struct shard *shard = find_shard(follower, place->shard);

        if (wsub_pull_order(place, &until) > 0 &&
            !is_after(place, &shard->at)) {
            shard->at = before(place);
            shard->state = BEHIND;
        }
    }
    for (size_t i = 0; i < follower->shard_count; i++)
        drop_gathered(follower, &follower->shards[i].at, NULL);
}

static void tell_settled(struct hub_pull_follower *follower)
{
    if (!is_settled(follower))
        return;
    if (follower->o.in_order)
        hold_back(follower);
    follower->o.on_settled(follower->err, follower->o.arg);
}

static void read_page(struct hub_pull_follower *follower, struct shard *shard);

/* Gathers what a page has, as long as it fits. */
static bool gather_page(struct hub_pull_follower *follower, struct shard *shard,
                        const struct wsub_pull_paged *paged)
{
    for (size_t i = 0; i < paged->count; i++) {
        struct hub_pull_event *event =
            hub_pull_event_new(follower->o.config, &paged->events[i]);
        bool fits = event == NULL || !is_wanted(follower, event) ||
                    gather(follower, event);
        struct wsub_place last = before(&paged->events[i].place);

        if (event != NULL)
            hub_pull_event_drop(event);
        if (!fits) {
            move_to(shard, &last);
            return false;
        }
        move_to(shard, &paged->events[i].place);
    }
    move_to(shard, &paged->reached);
    return true;
}

/* The last page has everything up to its time.  What came after it the feed has
 * told meanwhile, or will. */
static bool may_live(const struct hub_pull_follower *follower,
                     const struct shard *shard)
{
    return follower->o.live && !shard->overflowed;
}

/* In order what was found is dealt with first, for the sake of other shards. */
static bool reads_on(const struct hub_pull_follower *follower,
                     const struct wsub_pull_paged *paged)
{
    if (is_full(follower, 0) || (follower->o.in_order && paged->count > 0))
        return false;
    return paged->more || follower->o.live;
}

static void take_page(struct hub_pull_follower *follower, struct shard *shard,
                      const struct wsub_pull_paged *paged)
{
    struct wsub_place from = shard->at;
    bool is_last = !paged->more && may_live(follower, shard);

    follower->missed += paged->missed;
    drop_gathered(follower, &from, is_last ? &paged->reached : NULL);
    if (!gather_page(follower, shard, paged)) {
        drop_gathered(follower, &shard->at, NULL);
    } else if (is_last) {
        shard->state = LIVE;
        move_to(shard, &shard->told);
    } else if (reads_on(follower, paged)) {
        read_page(follower, shard);
    }
}

/* An error may come while the page is asked for, by who goes on with the follower
 * afterwards: its owner, who frees it, is told later. */
static void fail(struct hub_pull_follower *follower, enum wsub_err err)
{
    follower->err = err;
    hub_pull_feeds_wake(follower->o.feeds, &follower->listener);
}

static void on_page(enum wsub_err err, const struct wsub_pull_paged *paged,
                    void *arg)
{
    struct reading *reading = arg;
    struct hub_pull_follower *follower = reading->follower;

    if (follower != NULL) {
        reading->shard->reading = NULL;
        if (err != WSUB_OK) {
            fail(follower, err);
        } else {
            take_page(follower, reading->shard, paged);
            tell_settled(follower);
        }
    }
    free(reading);
}

/* How many shards share what may be gathered: in order each is read a little. */
static size_t count_sharing(const struct hub_pull_follower *follower)
{
    size_t count = 0;

    for (size_t i = 0; i < follower->shard_count; i++)
        count += follower->shards[i].state != LIVE;
    return follower->o.in_order && count > 0 ? count : 1;
}

static void read_page(struct hub_pull_follower *follower, struct shard *shard)
{
    const struct hub_pull_follower_options *o = &follower->o;
    size_t sharing = count_sharing(follower);
    size_t events = (o->max_events - follower->count) / sharing;
    struct reading *reading = wsub_calloc(1, sizeof(*reading));

    *reading = (struct reading){.follower = follower, .shard = shard};
    shard->state = BEHIND;
    shard->overflowed = false;
    shard->reading = reading;
    wsub_pull_page(o->store,
                   &(struct wsub_pull_page){
                       .shard = shard->at.shard,
                       .after = shard->at,
                       .topics = o->topics->text,
                       .max_events = events > 0 ? (uint32_t)events : 1,
                       .max_bytes = o->max_bytes / sharing,
                   },
                   on_page, reading);
}

static void on_ready(struct hub_pull_listener *listener, unsigned number)
{
    struct hub_pull_follower *follower =
        wsub_container_of(listener, struct hub_pull_follower, listener);
    struct shard *shard = find_shard(follower, number);

    if (shard == NULL || shard->state != STARTING)
        return;
    shard->state = BEHIND;
    if (is_full(follower, 0))
        hub_pull_feeds_wake(follower->o.feeds, listener);
    else
        read_page(follower, shard);
}

/* An event may be wanted for several topics, and is told for each. */
static void on_event(struct hub_pull_listener *listener,
                     struct hub_pull_event *event)
{
    struct hub_pull_follower *follower =
        wsub_container_of(listener, struct hub_pull_follower, listener);
    struct shard *shard = find_shard(follower, event->place.shard);

    if (shard == NULL || shard->state == STARTING ||
        !is_wanted(follower, event) || !is_after(&event->place, &shard->told) ||
        !is_after(&event->place, &shard->at))
        return;
    shard->told = event->place;
    if (shard->state == LIVE && gather(follower, event)) {
        shard->at = event->place;
        hub_pull_feeds_wake(follower->o.feeds, listener);
    } else if (shard->state == LIVE) {
        shard->state = BEHIND;
    } else if (shard->reading != NULL && !gather(follower, event)) {
        shard->overflowed = true;
    }
}

static void on_woken(struct hub_pull_listener *listener)
{
    tell_settled(
        wsub_container_of(listener, struct hub_pull_follower, listener));
}

static void init_shards(struct hub_pull_follower *follower)
{
    const struct wsub_pull_cursors *cursors = follower->o.cursors;

    follower->shard_count = cursors->count;
    follower->shards = wsub_calloc(cursors->count, sizeof(struct shard));
    for (size_t i = 0; i < cursors->count; i++)
        follower->shards[i].at = follower->shards[i].told = cursors->places[i];
}

/* What its client has seen needs no look at the log where the feed is as far. */
static void start(struct hub_pull_follower *follower, struct shard *shard)
{
    struct wsub_place last;
    bool is_ready =
        follower->o.live &&
        hub_pull_feeds_ready(follower->o.feeds, shard->at.shard, &last);

    if (is_ready && !is_after(&last, &shard->at))
        shard->state = LIVE;
    else if (is_ready || !follower->o.live)
        read_page(follower, shard);
}

/* From any shard on, so that where the events of one leave no place for more the
 * others have theirs another time. */
static void start_all(struct hub_pull_follower *follower)
{
    size_t count = follower->shard_count;
    uint32_t first;

    wsub_random(&first, sizeof(first));
    for (size_t i = 0; i < count; i++)
        start(follower, &follower->shards[(first + i) % count]);
}

struct hub_pull_follower *
hub_pull_follower_new(const struct hub_pull_follower_options *options)
{
    struct hub_pull_follower *follower = wsub_calloc(1, sizeof(*follower));

    follower->o = *options;
    follower->listener.on_ready = on_ready;
    follower->listener.on_event = on_event;
    follower->listener.on_woken = on_woken;
    init_shards(follower);
    follower->o.cursors = NULL;
    follower->starting = true;
    if (options->live)
        hub_pull_feeds_listen(options->feeds, &follower->listener,
                              options->topics);
    start_all(follower);
    follower->starting = false;
    hub_pull_feeds_wake(options->feeds, &follower->listener);
    return follower;
}

void hub_pull_follower_drop(struct hub_pull_follower *follower)
{
    for (size_t i = 0; i < follower->count; i++)
        hub_pull_event_drop(follower->events[i]);
    follower->count = 0;
    follower->bytes = 0;
    follower->missed = 0;
}

void hub_pull_follower_free(struct hub_pull_follower *follower)
{
    if (follower == NULL)
        return;
    hub_pull_feeds_leave(follower->o.feeds, &follower->listener);
    for (size_t i = 0; i < follower->shard_count; i++)
        if (follower->shards[i].reading != NULL)
            follower->shards[i].reading->follower = NULL;
    hub_pull_follower_drop(follower);
    free(follower->events);
    free(follower->shards);
    free(follower);
}

static int compare(const void *a, const void *b)
{
    struct hub_pull_event *const *first = a, *const *second = b;

    return wsub_pull_order(&(*first)->place, &(*second)->place);
}

struct hub_pull_event *const *
hub_pull_follower_events(struct hub_pull_follower *follower, size_t *ret_count)
{
    if (follower->count > 1)
        qsort(follower->events, follower->count, sizeof(*follower->events),
              compare);
    *ret_count = follower->count;
    return follower->events;
}

uint64_t hub_pull_follower_missed(const struct hub_pull_follower *follower)
{
    return follower->missed;
}

/* Where a shard has come to: while it is live, to what the feed has told. */
static struct wsub_place place_of(const struct hub_pull_follower *follower,
                                  const struct shard *shard)
{
    struct wsub_place last;

    if (shard->state == LIVE &&
        hub_pull_feeds_ready(follower->o.feeds, shard->at.shard, &last) &&
        is_after(&last, &shard->at))
        return last;
    return shard->at;
}

static void move_before_events(const struct hub_pull_follower *follower,
                               struct wsub_place *place)
{
    for (size_t i = 0; i < follower->count; i++) {
        const struct wsub_place *its = &follower->events[i]->place;

        if (its->shard == place->shard && !is_after(its, place))
            *place = before(its);
    }
}

void hub_pull_follower_cursors(const struct hub_pull_follower *follower,
                               struct wsub_pull_cursors *ret_cursors,
                               struct wsub_pull_cursors *ret_before)
{
    size_t count = follower->shard_count;

    ret_cursors->count = ret_before->count = count;
    ret_cursors->places = wsub_calloc(count, sizeof(struct wsub_place));
    ret_before->places = wsub_calloc(count, sizeof(struct wsub_place));
    for (size_t i = 0; i < count; i++) {
        ret_cursors->places[i] = ret_before->places[i] =
            place_of(follower, &follower->shards[i]);
        move_before_events(follower, &ret_before->places[i]);
    }
}

/* The slowest first: what it has fits, so that each round comes forward. */
void hub_pull_follower_go_on(struct hub_pull_follower *follower)
{
    struct shard *shard;

    while (follower->err == WSUB_OK && (shard = find_slowest(follower)) != NULL)
        read_page(follower, shard);
}
