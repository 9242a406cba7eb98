/* enroll.h - an operator's subscription: made without verification, whatever bounds
 * there are for strangers.
 *
 *   is it there? --> request --> confirmed at once
 *        '-> it stays as it is, when only new ones are wanted */
#ifndef HUB_ENROLL_H
#define HUB_ENROLL_H

#include <stdbool.h>

#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/subscription_params.h"

enum hub_enrolled {
    HUB_ENROLLED_NEW,
    HUB_ENROLLED_RENEWED,
    HUB_ENROLLED_UNCHANGED, /* it was there, and only new ones are wanted */
    HUB_ENROLLED_FAILED,    /* Redis; a part may be done */
};

typedef void hub_enroll_cb(enum hub_enrolled enrolled, void *arg);

/* What keeps it from being made: the operator's own lists, or a group that was
 * deleted; a sentence, NULL for nothing.  *ret_fault says what kind. */
const char *hub_enroll_fault(const struct hub *hub,
                             const struct hub_subscription_params *params,
                             enum hub_fault *ret_fault);

/* Makes it.  The params are copied as far as they are needed later; `cb` is called
 * once, maybe during the call. */
void hub_enroll(struct hub *hub, const struct hub_subscription_params *params,
                bool only_new, hub_enroll_cb *cb, void *arg);

#endif
