/* id_list.h - the ids of all shards' pull subscriptions, page by page. */
#ifndef WSUB_STORE_PULL_ID_LIST_H
#define WSUB_STORE_PULL_ID_LIST_H

#include "common/store/pull/subscription_store.h"

struct wsub_store;

/* As wsub_pull_store_ops.list. */
void wsub_pull_id_list(struct wsub_store *store, const char *after,
                       size_t limit, wsub_pull_list_cb *cb, void *arg);

#endif
