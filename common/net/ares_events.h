/* ares_events.h - c-ares' sockets on the loop.
 *
 * Internal to the resolver. */
#ifndef WSUB_NET_ARES_EVENTS_H
#define WSUB_NET_ARES_EVENTS_H

#include <ares.h>

struct event_base;
struct wsub_ares_events;

struct wsub_ares_events *wsub_ares_events_new(struct event_base *base);

/* After the channel that was used is destroyed. */
void wsub_ares_events_free(struct wsub_ares_events *events);

/* What is ready is reported to `channel` from now on. */
void wsub_ares_events_use(struct wsub_ares_events *events,
                          ares_channel channel);

/* ares_sock_state_cb; its data are the events. */
void wsub_ares_events_changed(void *data, ares_socket_t fd, int readable,
                              int writable);

#endif
