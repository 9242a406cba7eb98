/* pull_memory.h - pull subscriptions in memory, for tests
 * (common/store/pull/subscription_store.h).
 *
 * Callbacks come during the call.  The clock stands still until the test moves it
 * on. */
#ifndef TESTS_SUPPORT_PULL_MEMORY_H
#define TESTS_SUPPORT_PULL_MEMORY_H

#include "common/store/pull/subscription_store.h"

struct pull_memory;

/* With so many shards: those of ids count for the most that may be. */
struct pull_memory *pull_memory_new(unsigned shards);
void pull_memory_free(struct pull_memory *memory);

/* Owned by the memory. */
struct wsub_pull_store *pull_memory_store(struct pull_memory *memory);

void pull_memory_pass_ms(struct pull_memory *memory, uint64_t ms);

/* Ends subscriptions that were not seen for their ttl; returns how many. */
uint64_t pull_memory_expire(struct pull_memory *memory);

#endif
