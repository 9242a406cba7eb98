/* rotation.h - websub-hub --rotate-secrets: seals every secret in Redis with the
 * first key of the ring, so that older keys can go.
 *
 *   page of secrets -> those of other keys, sealed anew -> put if still the same
 *        ^                                                       |
 *        '--------- the next page, the next shard, --------------'
 *                   once more while a walk has found any
 *
 * Subscriptions that come, change and go meanwhile do so as ever, and several of
 * these may run.  A walk that finds none but such as no key opens is the last one;
 * then the canary is sealed anew.  The log has how many were sealed, and how many
 * are left of each key.  Exit code 0: none is left; 2: some are. */
#ifndef HUB_ROTATION_H
#define HUB_ROTATION_H

#include "common/base/config.h"
#include "common/base/err.h"

struct hub_rotation;
struct wsub_loop;

/* On failure one sentence goes to `err_text`: without a key there is nothing to
 * seal with.  `config` and `loop` outlive it. */
enum wsub_err
hub_rotation_new(const struct wsub_config *config, struct wsub_loop *loop,
                 char err_text[256],
                 struct hub_rotation **ret_rotation) WSUB_MUST_CHECK;
void hub_rotation_free(struct hub_rotation *rotation);

/* Ends as it is: what was sealed is sealed. */
void hub_rotation_drain(void *rotation);

#endif
