/* registry.h - the way to the registry of record: the Redis that gives out the
 * versions of topic groups.
 *
 * It is that of registry_redis_url, or the own one.  While another one is away
 * configuration is read-only; nothing else depends on it. */
#ifndef WSUB_GROUPS_REGISTRY_H
#define WSUB_GROUPS_REGISTRY_H

#include "common/base/err.h"

struct event_base;
struct wsub_config;
struct wsub_registry_link;
struct wsub_store;

/* `own` and `config` are borrowed and outlive the link.  On failure one sentence is
 * written to `err_text`. */
enum wsub_err
wsub_registry_link_new(struct event_base *base, struct wsub_store *own,
                       const struct wsub_config *config, char err_text[256],
                       struct wsub_registry_link **ret_link) WSUB_MUST_CHECK;

/* As wsub_store_close(); NULL is fine, as below. */
void wsub_registry_link_close(struct wsub_registry_link *link);
/* After everything that uses the store. */
void wsub_registry_link_free(struct wsub_registry_link *link);

/* The store of the registry, which may be the own one. */
struct wsub_store *wsub_registry_link_store(struct wsub_registry_link *link);

#endif
