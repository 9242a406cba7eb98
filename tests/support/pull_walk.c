#include "tests/support/pull_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "tests/support/pull_calls.h"

#define ID "walk"
#define START "0-0-0 3-0-0 5-0-0"
#define SHARDS 3 /* that its topics are in */
#define SLOTS 5  /* requests at once */
#define STEPS 1000
#define EVENTS_MAX 500  /* of a shard */
#define OTHERS_EVERY 4  /* of the events is not for the subscription */
#define SURELY_HELD_S 2 /* a hold lapses after 5; the machine may be slow */
#define TTL_S 1000

static const unsigned shard_numbers[SHARDS] = {0, 3, 5};

enum slot_state { SLOT_IDLE, SLOT_BEGUN, SLOT_TAKEN };

/* A request; its events are those behind `from`, up to `to`. */
struct slot {
    enum slot_state state;
    struct pull_request request;
    char token[16];
    uint64_t from[SHARDS], to[SHARDS];
    unsigned taken_s;
};

/* Event N of a shard has the id N-0. */
struct event {
    bool received; /* or acknowledged */
    bool handed_out;
    bool held; /* unless that has lapsed */
    unsigned held_s;
};

static struct slot slots[SLOTS];
static struct event events[SHARDS][EVENTS_MAX];
static uint64_t last[SHARDS]; /* events that there are */
/* To where the last hand-outs with explicit ack came, the latest first. */
static uint64_t batches[WSUB_PULL_BATCHES][SHARDS];
static unsigned now_s, tokens;

/* Of the standard's example, so that a seed is the same walk everywhere. */
static unsigned long state;

static unsigned below(unsigned limit)
{
    state = state * 1103515245UL + 12345;
    return (unsigned)(state >> 16) % limit;
}

static bool is_for_it(uint64_t event)
{
    return event % OTHERS_EVERY != 0;
}

static void write_cursors(const uint64_t *places, char text[128])
{
    snprintf(text, 128, "0-%lu-0 3-%lu-0 5-%lu-0", (unsigned long)places[0],
             (unsigned long)places[1], (unsigned long)places[2]);
}

static void read_cursors(const char *text, uint64_t *ret_places)
{
    struct wsub_pull_cursors cursors;

    ck_assert(wsub_pull_cursors_parse(text, PULL_SHARDS, &cursors));
    for (unsigned i = 0; i < SHARDS; i++)
        ret_places[i] = wsub_pull_cursors_find(&cursors, shard_numbers[i])->ms;
    wsub_pull_cursors_done(&cursors);
}

static void publish(void)
{
    unsigned shard = below(SHARDS);

    if (last[shard] + 1 < EVENTS_MAX)
        last[shard]++;
}

static void pass(void)
{
    unsigned seconds = below(4) == 0 ? 6 : 1;

    now_s += seconds;
    pull_pass_s(seconds);
}

static void change_topics(void)
{
    char cursors[128];

    write_cursors(last, cursors);
    ck_assert_int_eq(pull_update(ID, "topics", cursors, 0), WSUB_PULL_DONE);
}

static bool may_be_held(void)
{
    for (unsigned i = 0; i < SHARDS; i++)
        for (uint64_t e = 1; e <= last[i]; e++)
            if (events[i][e].held && now_s - events[i][e].held_s <= 5)
                return true;
    return false;
}

static void begin(struct slot *slot, bool again, const char *after)
{
    enum wsub_pull_result result;

    if (!again)
        snprintf(slot->token, sizeof(slot->token), "t%u", ++tokens);
    slot->request.id = ID;
    slot->request.token = slot->token;
    result = pull_begin(&slot->request, 1000, again, after);
    slot->state = SLOT_IDLE;
    if (result == WSUB_PULL_BUSY) {
        ck_assert(may_be_held());
        return;
    }
    ck_assert_int_eq(result, WSUB_PULL_DONE);
    read_cursors(slot->request.cursors, slot->from);
    slot->state = SLOT_BEGUN;
}

/* Looks for some events; returns whether any is for the subscription. */
static bool look(struct slot *slot, unsigned most)
{
    bool any = false;

    for (unsigned i = 0; i < SHARDS; i++) {
        slot->to[i] = slot->from[i];
        for (unsigned left = most == 0 ? EVENTS_MAX : below(most);
             left > 0 && slot->to[i] < last[i]; left--)
            any = is_for_it(++slot->to[i]) || any;
    }
    return any;
}

static void hand_out(struct slot *slot)
{
    for (unsigned i = 0; i < SHARDS; i++) {
        for (uint64_t e = slot->from[i] + 1; e <= slot->to[i]; e++) {
            struct event *event = &events[i][e];

            if (!is_for_it(e))
                continue;
            ck_assert_msg(!event->received, "received before: %u-%lu",
                          shard_numbers[i], (unsigned long)e);
            ck_assert(!event->held || now_s - event->held_s > SURELY_HELD_S);
            event->held = event->handed_out = true;
            event->held_s = now_s;
        }
    }
    slot->taken_s = now_s;
    slot->state = SLOT_TAKEN;
}

static void take(struct slot *slot)
{
    enum wsub_pull_result result;
    char cursors[128];

    write_cursors(slot->to, cursors);
    result = pull_take(&slot->request, cursors);
    if (result == WSUB_PULL_DONE)
        hand_out(slot);
    else if (result == WSUB_PULL_MOVED)
        begin(slot, true, NULL);
    else
        slot->state = SLOT_IDLE;
}

/* What the request has handed out is held no more. */
static void let_go(const struct slot *slot, bool received)
{
    for (unsigned i = 0; i < SHARDS; i++)
        for (uint64_t e = slot->from[i] + 1; e <= slot->to[i]; e++) {
            events[i][e].held = false;
            events[i][e].received = events[i][e].received || received;
        }
}

static void end_taken(struct slot *slot)
{
    char cursors[128];

    write_cursors(slot->to, cursors);
    slot->state = SLOT_IDLE;
    switch (below(6)) {
    case 0: /* the process dies */
        return;
    case 1: /* it could not be written */
        ck_assert_int_eq(pull_end(&slot->request, NULL), WSUB_PULL_DONE);
        if (now_s - slot->taken_s <= SURELY_HELD_S)
            let_go(slot, false);
        return;
    default:
        if (pull_end(&slot->request, cursors) == WSUB_PULL_DONE)
            let_go(slot, true);
        else
            ck_assert_uint_gt(now_s - slot->taken_s, SURELY_HELD_S);
    }
}

static void end_without(struct slot *slot)
{
    char cursors[128];

    write_cursors(slot->to, cursors);
    pull_end(&slot->request, cursors);
    slot->state = SLOT_IDLE;
}

static void act(struct slot *slot)
{
    switch (slot->state) {
    case SLOT_IDLE:
        begin(slot, false, NULL);
        break;
    case SLOT_BEGUN:
        if (look(slot, 4))
            take(slot);
        else if (below(2) == 0)
            end_without(slot);
        break;
    case SLOT_TAKEN:
        end_taken(slot);
        break;
    }
}

static void step(void)
{
    switch (below(20)) {
    case 0:
        pass();
        break;
    case 1:
        change_topics();
        break;
    case 2:
    case 3:
    case 4:
        publish();
        break;
    default:
        act(&slots[below(SLOTS)]);
    }
}

/* What nobody has received is handed out once everybody is gone. */
static void drain(void)
{
    struct slot *slot = &slots[0];

    now_s += 6;
    pull_pass_s(6);
    begin(slot, false, NULL);
    ck_assert_int_eq(slot->state, SLOT_BEGUN);
    look(slot, 0);
    take(slot);
    ck_assert_int_eq(slot->state, SLOT_TAKEN);
    let_go(slot, true);
    for (unsigned i = 0; i < SHARDS; i++)
        for (uint64_t e = 1; e <= last[i]; e++)
            ck_assert_msg(events[i][e].received || !is_for_it(e),
                          "never received: %u-%lu", shard_numbers[i],
                          (unsigned long)e);
}

static void set_up(unsigned seed, bool explicit_ack)
{
    memset(slots, 0, sizeof(slots));
    memset(events, 0, sizeof(events));
    memset(last, 0, sizeof(last));
    memset(batches, 0, sizeof(batches));
    now_s = 0;
    state = seed + 1;
    ck_assert_int_eq(pull_add(ID, "topics", TTL_S, explicit_ack, START),
                     WSUB_PULL_DONE);
}

static void tear_down(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        pull_request_done(&slots[i].request);
}

void pull_walk(unsigned seed)
{
    set_up(seed, false);
    for (unsigned i = 0; i < STEPS; i++)
        step();
    drain();
    tear_down();
}

static bool had_come_to(unsigned shard, uint64_t event, unsigned named,
                        uint64_t named_event)
{
    for (unsigned i = 0; i < WSUB_PULL_BATCHES; i++)
        if (batches[i][named] >= named_event && batches[i][shard] < event)
            return false;
    return true;
}

/* Acknowledges a random event that was handed out, and all that were before it
 * and handed out by then; returns its place, or "" when none was. */
static void acknowledge(char ret_place[32])
{
    unsigned shard = below(SHARDS);
    uint64_t event = last[shard] > 0 ? 1 + below((unsigned)last[shard]) : 0;

    ret_place[0] = '\0';
    if (!events[shard][event].handed_out)
        return;
    snprintf(ret_place, 32, "%u-%lu-0", shard_numbers[shard],
             (unsigned long)event);
    for (unsigned i = 0; i < SHARDS; i++)
        for (uint64_t e = 1; e <= last[i]; e++)
            if (events[i][e].handed_out && had_come_to(i, e, shard, event) &&
                (e < event || (e == event && i <= shard)))
                events[i][e].received = true;
}

/* Check writes to a file for each assertion, which would be too many. */
static void check_acknowledged(const struct slot *slot)
{
    for (unsigned i = 0; i < SHARDS; i++)
        for (uint64_t e = 1; e <= last[i]; e++)
            if (is_for_it(e) && events[i][e].received != (e <= slot->from[i]))
                ck_abort_msg("event %u-%lu, cursor %lu", shard_numbers[i],
                             (unsigned long)e, (unsigned long)slot->from[i]);
}

/* What is handed out of a shard is always what comes first there, so that no later
 * event is acknowledged before an earlier one is. */
static void take_some(struct slot *slot)
{
    char cursors[128];

    if (slot->state != SLOT_BEGUN || !look(slot, 4))
        return;
    write_cursors(slot->to, cursors);
    if (pull_take(&slot->request, cursors) != WSUB_PULL_DONE) {
        begin(slot, true, NULL);
        return;
    }
    memmove(batches[1], batches[0], sizeof(batches) - sizeof(batches[0]));
    memcpy(batches[0], slot->to, sizeof(batches[0]));
    for (unsigned i = 0; i < SHARDS; i++)
        for (uint64_t e = slot->from[i] + 1; e <= slot->to[i]; e++)
            events[i][e].handed_out = is_for_it(e);
    pull_end(&slot->request, NULL);
    slot->state = SLOT_IDLE;
}

void pull_walk_acks(unsigned seed)
{
    set_up(seed, true);
    for (unsigned i = 0; i < STEPS; i++) {
        struct slot *slot = &slots[below(SLOTS)];
        char place[32];

        if (below(3) == 0) {
            publish();
        } else if (below(20) == 0) {
            change_topics();
        } else if (below(2) == 0) {
            acknowledge(place);
            begin(slot, false, place[0] != '\0' ? place : NULL);
            check_acknowledged(slot);
        } else {
            take_some(slot);
        }
    }
    tear_down();
}
