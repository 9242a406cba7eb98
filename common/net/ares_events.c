#include "common/net/ares_events.h"

#include <stdlib.h>
#include <sys/queue.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/base/mem.h"

struct watch {
    struct wsub_ares_events *events;
    struct event event;
    ares_socket_t fd;
    LIST_ENTRY(watch) in_list;
};

struct wsub_ares_events {
    struct event_base *base;    /* borrowed */
    ares_channel channel;       /* borrowed */
    LIST_HEAD(, watch) watches; /* a socket a server, and those of TCP */
};

struct wsub_ares_events *wsub_ares_events_new(struct event_base *base)
{
    struct wsub_ares_events *events = wsub_calloc(1, sizeof(*events));

    events->base = base;
    LIST_INIT(&events->watches);
    return events;
}

static void watch_free(struct watch *watch)
{
    event_del(&watch->event);
    LIST_REMOVE(watch, in_list);
    free(watch);
}

void wsub_ares_events_free(struct wsub_ares_events *events)
{
    struct watch *watch;

    if (events == NULL)
        return;
    while ((watch = LIST_FIRST(&events->watches)) != NULL)
        watch_free(watch);
    free(events);
}

void wsub_ares_events_use(struct wsub_ares_events *events, ares_channel channel)
{
    events->channel = channel;
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    const struct watch *watch = arg;

    ares_process_fd(watch->events->channel,
                    (what & EV_READ) ? fd : ARES_SOCKET_BAD,
                    (what & EV_WRITE) ? fd : ARES_SOCKET_BAD);
}

static struct watch *watch_of(struct wsub_ares_events *events, ares_socket_t fd)
{
    struct watch *watch;

    LIST_FOREACH(watch, &events->watches, in_list)
    {
        if (watch->fd == fd)
            return watch;
    }
    watch = wsub_calloc(1, sizeof(*watch));
    watch->events = events;
    watch->fd = fd;
    event_assign(&watch->event, events->base, fd, 0, on_ready, watch);
    LIST_INSERT_HEAD(&events->watches, watch, in_list);
    return watch;
}

void wsub_ares_events_changed(void *data, ares_socket_t fd, int readable,
                              int writable)
{
    struct wsub_ares_events *events = data;
    struct watch *watch = watch_of(events, fd);
    short what = (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0));

    if (what == 0) {
        watch_free(watch);
        return;
    }
    event_del(&watch->event);
    event_assign(&watch->event, events->base, fd, EV_PERSIST | what, on_ready,
                 watch);
    event_add(&watch->event, NULL);
}
