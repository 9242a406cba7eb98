#include "common/base/due.h"

#include <stdlib.h>

#include "common/base/mem.h"

#define FIRST_SIZE 16

void wsub_dues_done(struct wsub_dues *dues)
{
    free(dues->heap);
    *dues = (struct wsub_dues){0};
}

static void put(struct wsub_dues *dues, struct wsub_due *due, size_t place)
{
    dues->heap[place - 1] = due;
    due->place = place;
}

static struct wsub_due *at(const struct wsub_dues *dues, size_t place)
{
    return dues->heap[place - 1];
}

static void rise(struct wsub_dues *dues, struct wsub_due *due)
{
    size_t place = due->place;

    while (place > 1 && at(dues, place / 2)->at_us > due->at_us) {
        put(dues, at(dues, place / 2), place);
        place /= 2;
    }
    put(dues, due, place);
}

static void sink(struct wsub_dues *dues, struct wsub_due *due)
{
    size_t place = due->place, child;

    while ((child = 2 * place) <= dues->count) {
        if (child < dues->count &&
            at(dues, child + 1)->at_us < at(dues, child)->at_us)
            child++;
        if (at(dues, child)->at_us >= due->at_us)
            break;
        put(dues, at(dues, child), place);
        place = child;
    }
    put(dues, due, place);
}

static void add(struct wsub_dues *dues, struct wsub_due *due)
{
    if (dues->count == dues->size) {
        dues->size = dues->size == 0 ? FIRST_SIZE : 2 * dues->size;
        dues->heap =
            wsub_realloc(dues->heap, dues->size * sizeof(struct wsub_due *));
    }
    put(dues, due, ++dues->count);
}

static void drop(struct wsub_dues *dues, struct wsub_due *due)
{
    struct wsub_due *last = at(dues, dues->count--);

    if (last != due) {
        put(dues, last, due->place);
        rise(dues, last);
        sink(dues, last);
    }
    due->place = 0;
}

void wsub_due_set(struct wsub_dues *dues, struct wsub_due *due, uint64_t at_us)
{
    if (at_us == WSUB_DUE_NEVER) {
        if (due->place != 0)
            drop(dues, due);
        return;
    }
    if (due->place == 0)
        add(dues, due);
    due->at_us = at_us;
    rise(dues, due);
    sink(dues, due);
}

struct wsub_due *wsub_due_first(const struct wsub_dues *dues)
{
    return dues->count > 0 ? dues->heap[0] : NULL;
}
