/* enroll.h - an operator's subscription: made without verification, whatever bounds
 * there are for strangers.  It is one step of Redis: however many make the same one at
 * once, one of them makes it.  Replicas of one to `*` that is paused are paused behind
 * that. */
#ifndef HUB_ENROLL_H
#define HUB_ENROLL_H

#include <stdbool.h>

#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/subscription_params.h"

enum hub_enrolled {
    HUB_ENROLLED_NEW,
    HUB_ENROLLED_RENEWED,
    HUB_ENROLLED_UNCHANGED, /* what was there stays as it is */
    HUB_ENROLLED_FAILED,    /* Redis; it may have been made */
};

struct hub_enroll_options {
    bool only_new;  /* one that is there stays as it is */
    bool is_paused; /* nothing is sent before it is resumed */
};

typedef void hub_enroll_cb(enum hub_enrolled enrolled, void *arg);

/* What keeps it from being made: the operator's own lists, or a group that was
 * deleted; a sentence, NULL for nothing.  *ret_fault says what kind. */
const char *hub_enroll_fault(const struct hub *hub,
                             const struct hub_subscription_params *params,
                             enum hub_fault *ret_fault);

/* Makes it.  `cb` is called once, maybe during the call. */
void hub_enroll(struct hub *hub, const struct hub_subscription_params *params,
                const struct hub_enroll_options *options, hub_enroll_cb *cb,
                void *arg);

#endif
