/* host_watch.h - what operators see of a process's hosts, and order.
 *
 *   each 5 s, and when a cluster event tells of an order:
 *     view (common/host/view.h) -> report in Redis
 *     orders in Redis -> those that are new -> common/host/orders.h
 *
 * A report has the hosts in trouble, then the busiest, WSUB_HOST_WATCH_MAX at
 * most.  Without Redis orders that are known go on to hold. */
#ifndef WSUB_PROGRAM_HOST_WATCH_H
#define WSUB_PROGRAM_HOST_WATCH_H

struct event_base;
struct wsub_cluster_event;
struct wsub_host_watch;
struct wsub_hosts;
struct wsub_store;

#define WSUB_HOST_WATCH_MAX 200

/* All is borrowed and outlives the watch. */
struct wsub_host_watch *wsub_host_watch_new(struct event_base *base,
                                            struct wsub_store *store,
                                            struct wsub_hosts *hosts);
void wsub_host_watch_free(struct wsub_host_watch *watch);

/* A cluster event; others than those about hosts are ignored. */
void wsub_host_watch_event(struct wsub_host_watch *watch,
                           const struct wsub_cluster_event *event);

/* Cluster events may have been missed, or Redis is back. */
void wsub_host_watch_look(struct wsub_host_watch *watch);

#endif
