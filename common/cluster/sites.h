/* sites.h - says which hubs serve each site.
 *
 *   look: sites that are stored --> processes that live --> one put a site
 *
 * A site is one deployment: the processes whose setting `site` is the same.  The
 * coordinator looks when it has become it, when a hub comes or goes, and each
 * SITES_MS; a look that finds nothing new changes nothing (site_put.lua). */
#ifndef WSUB_CLUSTER_SITES_H
#define WSUB_CLUSTER_SITES_H

#include <stdint.h>

struct event_base;
struct wsub_cluster_event;
struct wsub_config;
struct wsub_sites;
struct wsub_store;

struct wsub_sites_options {
    struct event_base *base;          /* borrowed; outlives the sites */
    struct wsub_store *store;         /* borrowed; outlives the sites */
    const struct wsub_config *config; /* borrowed; outlives the sites */
    /* The epoch under which the process is the coordinator; 0: it isn't. */
    uint64_t (*epoch)(void *arg);
    void *arg;
};

struct wsub_sites *wsub_sites_new(const struct wsub_sites_options *options);
/* After wsub_store_close().  NULL is fine. */
void wsub_sites_free(struct wsub_sites *sites);

/* Looks at once. */
void wsub_sites_look(struct wsub_sites *sites);

/* A cluster event of somebody: looks where it tells of a hub. */
void wsub_sites_event(struct wsub_sites *sites,
                      const struct wsub_cluster_event *event);

#endif
