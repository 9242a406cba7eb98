/* subscription_params.h - what a subscription is asked for with, checked: by a
 * subscriber's form, or by an operator, whose order is made such a form. */
#ifndef HUB_SUBSCRIPTION_PARAMS_H
#define HUB_SUBSCRIPTION_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/http/form.h"
#include "common/store/choices.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"

struct wsub_policy;

/* What is borrowed is the form's, but for the policy. */
struct hub_subscription_params {
    struct wsub_buf topic, callback;          /* owned; normalized */
    const char *topic_given, *callback_given; /* borrowed */
    const char *secret;                       /* borrowed; NULL or "": none */
    uint64_t lease_s;
    bool ordered;
    struct wsub_choices choices;
    const char *verify_token; /* borrowed */
    /* Borrowed; of the topic, while the request is taken. */
    const struct wsub_policy *policy;
};

/* Takes every parameter into the zeroed *params, and appends what is wrong with
 * them.  Of a request to unsubscribe most are not looked at.  The caller ends it by
 * hub_subscription_params_done() in any case. */
void hub_subscription_params_take(const struct hub *hub,
                                  const struct wsub_form *form, bool subscribe,
                                  struct hub_errors *errors,
                                  struct hub_subscription_params *params);
void hub_subscription_params_done(struct hub_subscription_params *params);

/* Only names what is wrong with the parameters of a subscription. */
void hub_subscription_check(const struct hub *hub, const struct wsub_form *form,
                            struct hub_errors *errors);

/* Adds the sealed secret, as the record of the subscription has it; "-" for none. */
void hub_subscription_seal(const struct hub *hub,
                           const struct hub_subscription_params *params,
                           const struct wsub_topic_ref *ref, const char *cd,
                           struct wsub_buf *out);

#endif
