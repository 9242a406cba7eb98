/* listener.h - reads the cluster events (cluster_events.h) as they come.
 *
 * Each process reads on from the position that was saved under its name, so that
 * a process that was restarted misses none that the stream still holds; a first
 * one begins at the end.  The position is saved a second after it moved, so
 * events of the last second before an end are read again: they are hints, and
 * who acts on one looks what is true.  Events that were trimmed before they were
 * read are logged (`cluster-events-missed`).
 *
 * A listener has a connection of its own, since its reads block there: it learns
 * of an event at once, and an idle one asks Redis twice in five seconds. */
#ifndef WSUB_CLUSTER_LISTENER_H
#define WSUB_CLUSTER_LISTENER_H

struct event_base;
struct wsub_cluster_event;
struct wsub_config;
struct wsub_listener;
struct wsub_store;

struct wsub_listener_options {
    struct event_base *base;          /* borrowed; outlives the listener */
    struct wsub_store *store;         /* borrowed; outlives the listener */
    const struct wsub_config *config; /* borrowed */
    const char *name; /* borrowed; outlives the listener; of the process */
    /* Of anybody, this process included; those of a later version are left out.
     * `event` is valid during the call, which must not free the listener. */
    void (*on_event)(const struct wsub_cluster_event *event, void *arg);
    /* May be NULL.  Events are read from now on, or some were missed: what they
     * would have told is to be looked for. */
    void (*on_missed)(void *arg);
    void *arg;
};

/* Starts reading as soon as Redis is there.  NULL when
 * enable_cluster_event_subscriptions is no: then there is none. */
struct wsub_listener *
wsub_listener_new(const struct wsub_listener_options *options);

/* After wsub_store_close().  NULL is fine. */
void wsub_listener_free(struct wsub_listener *listener);

#endif
