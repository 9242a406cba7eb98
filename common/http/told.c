#include "common/http/told.h"

#include <stdlib.h>

#include "common/base/mem.h"

struct wsub_http_told {
    STAILQ_ENTRY(wsub_http_told) next;
    void (*on_written)(bool written, void *arg);
    void *arg; /* borrowed; given to on_written */
    uint64_t end;
    bool written;
};

/* The teller may be freed meanwhile. */
static void tell_all(struct wsub_http_teller *teller)
{
    struct wsub_http_told_list due = STAILQ_HEAD_INITIALIZER(due);
    struct wsub_http_told *told;

    STAILQ_CONCAT(&due, &teller->due);
    while ((told = STAILQ_FIRST(&due)) != NULL) {
        STAILQ_REMOVE_HEAD(&due, next);
        wsub_http_told_tell(told, told->written);
    }
}

static void on_due(void *arg)
{
    tell_all(arg);
}

void wsub_http_teller_init(struct wsub_http_teller *teller,
                           struct event_base *base)
{
    STAILQ_INIT(&teller->due);
    wsub_timer_init(&teller->timer, base, on_due, teller);
}

void wsub_http_teller_done(struct wsub_http_teller *teller)
{
    wsub_timer_done(&teller->timer);
    tell_all(teller);
}

struct wsub_http_told *
wsub_http_told_new(void (*on_written)(bool written, void *arg), void *arg)
{
    struct wsub_http_told *told = wsub_calloc(1, sizeof(*told));

    told->on_written = on_written;
    told->arg = arg;
    return told;
}

void wsub_http_told_tell(struct wsub_http_told *told, bool written)
{
    told->on_written(written, told->arg);
    free(told);
}

void wsub_http_told_add(struct wsub_http_told_list *list,
                        struct wsub_http_told *told, uint64_t end)
{
    told->end = end;
    STAILQ_INSERT_TAIL(list, told, next);
}

/* The first of the list is due. */
static void hand_over(struct wsub_http_told_list *list,
                      struct wsub_http_teller *teller, bool written)
{
    struct wsub_http_told *told = STAILQ_FIRST(list);

    STAILQ_REMOVE_HEAD(list, next);
    told->written = written;
    STAILQ_INSERT_TAIL(&teller->due, told, next);
    wsub_timer_now(&teller->timer);
}

void wsub_http_told_taken(struct wsub_http_told_list *list,
                          struct wsub_http_teller *teller, uint64_t taken)
{
    while (!STAILQ_EMPTY(list) && STAILQ_FIRST(list)->end <= taken)
        hand_over(list, teller, true);
}

void wsub_http_told_broken(struct wsub_http_told_list *list,
                           struct wsub_http_teller *teller)
{
    while (!STAILQ_EMPTY(list))
        hand_over(list, teller, false);
}
