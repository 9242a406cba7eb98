/* subscription_json.h - a subscription as operators write it in JSON, made the form
 * that its subscriber would send. */
#ifndef HUB_SUBSCRIPTION_JSON_H
#define HUB_SUBSCRIPTION_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/http/form.h"
#include "hub/errors.h"

/* topic, callback, lease_seconds, secret, ordered, signature, headers, paused */
extern const char *const hub_subscription_members[];
extern const size_t hub_subscription_member_count;

/* Fills *ret_form, which the caller ends by wsub_form_done() in any case, from the
 * object's members, and appends what is wrong with them. */
void hub_subscription_form(const json_t *object, struct hub_errors *errors,
                           struct wsub_form *ret_form);

/* Whether it is to be paused, which no subscriber can ask for. */
bool hub_subscription_is_paused(const json_t *object,
                                struct hub_errors *errors);

#endif
