/* neglect.h - work that waits, and nobody there to do it.
 *
 *   every 5 s: a role is missing --> what waits in each shard --> a sentence
 *              else              --> how many shards are nobody's --'
 *
 * For /readyz: a program that is ready itself says so, and what is wrong beside.  As
 * long as every role is there a look is one command. */
#ifndef WSUB_CLUSTER_NEGLECT_H
#define WSUB_CLUSTER_NEGLECT_H

#include "common/http/status.h"

struct event_base;
struct wsub_member;
struct wsub_neglect;
struct wsub_store;

/* All pointers are borrowed, and outlive it. */
struct wsub_neglect *wsub_neglect_new(struct event_base *base,
                                      struct wsub_store *store,
                                      const struct wsub_member *member);
/* After wsub_store_close().  NULL is fine. */
void wsub_neglect_free(struct wsub_neglect *neglect);

/* Writes what is neglected to `reason`, unless something stands there. */
void wsub_neglect_tell(const struct wsub_neglect *neglect,
                       char reason[WSUB_STATUS_REASON_BYTES]);

#endif
