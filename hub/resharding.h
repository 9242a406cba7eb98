/* resharding.h - websub-hub --reshard N: moves the data to N shards while no program
 * runs (common/reshard/mover.h).
 *
 * The log has how far it is, each second.  Exit code 0: there are N shards; 1: the
 * old ones stand, and why.  When it is ended, or dies, the same command goes on
 * with what has begun. */
#ifndef HUB_RESHARDING_H
#define HUB_RESHARDING_H

#include "common/base/config.h"
#include "common/base/err.h"

struct hub_resharding;
struct wsub_loop;

/* On failure one sentence goes to `err_text`: `shards` is no number that the setting
 * of this name could have.  `config` and `loop` outlive it. */
enum wsub_err
hub_resharding_new(const struct wsub_config *config, struct wsub_loop *loop,
                   const char *shards, char err_text[256],
                   struct hub_resharding **ret_resharding) WSUB_MUST_CHECK;
void hub_resharding_free(struct hub_resharding *resharding);

/* Ends as it is. */
void hub_resharding_drain(void *resharding);

#endif
