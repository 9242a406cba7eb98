#include "hub/subscription_params.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/config.h"
#include "common/crypto/hmac.h"
#include "common/crypto/seal.h"
#include "hub/params.h"
#include "hub/policy.h"

#define VERIFY_TOKEN_MAX_BYTES 1024 /* so that it fits into a URL */
#define SECRET_MAX_BYTES 199        /* WebSub section 5.1: less than 200 */

/* Parses a positive decimal number; one too large counts as the largest. */
static bool parse_lease(const char *text, uint64_t *ret_s)
{
    uint64_t n = 0;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9')
            return false;
        if (n <= UINT32_MAX)
            n = n * 10 + (uint64_t)(*p - '0');
    }
    *ret_s = n;
    return n > 0;
}

static uint64_t clamp(uint64_t lease_s, const struct wsub_policy *policy)
{
    return lease_s < policy->lease_min_s   ? policy->lease_min_s
           : lease_s > policy->lease_max_s ? policy->lease_max_s
                                           : lease_s;
}

static uint64_t take_lease(const struct wsub_config *config,
                           const struct wsub_policy *policy,
                           const struct wsub_form *form,
                           struct hub_errors *errors)
{
    static const char name[] = "hub.lease_seconds";
    const char *text = NULL;
    uint64_t lease_s = policy->lease_default_s;

    if (!hub_param_optional(form, name, HUB_FAULT_LEASE, errors, &text) ||
        text == NULL || text[0] == '\0')
        return lease_s;
    if (!parse_lease(text, &lease_s))
        hub_errors_add(errors, HUB_FAULT_LEASE, name,
                       "%s must be a positive decimal number.", name);
    else if (config->lease_policy == WSUB_LEASE_REJECT &&
             lease_s != clamp(lease_s, policy))
        hub_errors_add(errors, HUB_FAULT_LEASE, name,
                       "%s must be from %u to %u.", name, policy->lease_min_s,
                       policy->lease_max_s);
    return clamp(lease_s, policy);
}

/* `callback` is "" when it is wrong. */
static const char *take_secret(const struct hub *hub,
                               const struct wsub_form *form,
                               const char *callback, struct hub_errors *errors)
{
    static const char name[] = "hub.secret";
    const char *secret = NULL;

    if (hub_param_optional(form, name, HUB_FAULT_SECRET, errors, &secret) &&
        secret != NULL && strlen(secret) > SECRET_MAX_BYTES)
        hub_errors_add(errors, HUB_FAULT_SECRET, name,
                       "%s must be shorter than 200 bytes.", name);
    if (hub->config->require_https_for_secret && secret != NULL &&
        secret[0] != '\0' && strncasecmp(callback, "http:", 5) == 0)
        hub_errors_add(errors, HUB_FAULT_SECRET, name,
                       "%s is taken with an https callback only.", name);
    return secret;
}

/* Our extension: events one at a time, each after the one before. */
static bool take_ordered(const struct wsub_form *form,
                         struct hub_errors *errors)
{
    static const char name[] = "hub.websubd.ordered";
    const char *text = NULL;

    if (!hub_param_optional(form, name, HUB_FAULT_ORDERED, errors, &text) ||
        text == NULL)
        return false;
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        hub_errors_add(errors, HUB_FAULT_ORDERED, name,
                       "%s must be true or false.", name);
    return strcmp(text, "true") == 0;
}

/* Our extensions: which hash signs its deliveries, whatever signature_hash
 * says; which headers they have. */
static void take_signature(const struct wsub_form *form,
                           struct hub_errors *errors,
                           struct wsub_choices *choices)
{
    static const char name[] = "hub.websubd.signature";
    const char *text = NULL;

    if (!hub_param_optional(form, name, HUB_FAULT_SIGNATURE, errors, &text) ||
        text == NULL)
        return;
    choices->has_hash = wsub_hash_find(text, strlen(text), &choices->hash);
    if (!choices->has_hash)
        hub_errors_add(errors, HUB_FAULT_SIGNATURE, name,
                       "%s must be sha1, sha256, sha384 or sha512.", name);
}

static void take_headers(const struct wsub_form *form,
                         struct hub_errors *errors,
                         struct wsub_choices *choices)
{
    static const char name[] = "hub.websubd.headers";
    const char *text = NULL;
    bool standard;

    if (!hub_param_optional(form, name, HUB_FAULT_HEADERS, errors, &text) ||
        text == NULL)
        return;
    standard = strcmp(text, "standard") == 0;
    if (!standard && strcmp(text, "websub") != 0)
        hub_errors_add(errors, HUB_FAULT_HEADERS, name,
                       "%s must be standard or websub.", name);
    choices->has_headers = true;
    choices->headers = standard ? WSUB_HEADERS_STANDARD : WSUB_HEADERS_WEBSUB;
}

/* Of PubSubHubbub 0.3: sent back in the verification. */
static const char *take_verify_token(const struct wsub_form *form,
                                     struct hub_errors *errors)
{
    static const char name[] = "hub.verify_token";
    const char *text = NULL;

    if (!hub_param_optional(form, name, HUB_FAULT_VERIFY_TOKEN, errors,
                            &text) ||
        text == NULL)
        return "";
    if (strlen(text) > VERIFY_TOKEN_MAX_BYTES)
        hub_errors_add(errors, HUB_FAULT_VERIFY_TOKEN, name,
                       "%s must not be longer than %d bytes.", name,
                       VERIFY_TOKEN_MAX_BYTES);
    return text;
}

/* Who unsubscribes is not told so. */
static void check_reach(const struct hub_subscription_params *params,
                        const struct hub *hub, struct hub_errors *errors)
{
    const char *topic = hub_reach_fault(hub, wsub_buf_cstr(&params->topic));
    const char *url = wsub_buf_cstr(&params->callback);
    const char *callback = hub_reach_fault(hub, url);

    if (callback == NULL && hub->config->require_https_callbacks &&
        strncasecmp(url, "http:", 5) == 0)
        callback = "is not https, which require_https_callbacks wants";
    if (topic != NULL)
        hub_errors_add(errors, HUB_FAULT_TOPIC, "hub.topic", "hub.topic %s.",
                       topic);
    if (callback != NULL)
        hub_errors_add(errors, HUB_FAULT_CALLBACK, "hub.callback",
                       "hub.callback %s.", callback);
}

void hub_subscription_params_take(const struct hub *hub,
                                  const struct wsub_form *form, bool subscribe,
                                  struct hub_errors *errors,
                                  struct hub_subscription_params *params)
{
    hub_param_topic(hub, form, WSUB_TOPIC_SUBSCRIBE, errors,
                    &params->topic_given, &params->topic);
    params->policy = hub_policy_of(hub, wsub_buf_cstr(&params->topic));
    hub_param_callback(hub, form, errors, &params->callback_given,
                       &params->callback);
    if (subscribe) {
        check_reach(params, hub, errors);
        params->lease_s = take_lease(hub->config, params->policy, form, errors);
        params->secret =
            take_secret(hub, form, wsub_buf_cstr(&params->callback), errors);
        params->ordered = take_ordered(form, errors);
        take_signature(form, errors, &params->choices);
        take_headers(form, errors, &params->choices);
    }
    params->verify_token = take_verify_token(form, errors);
}

void hub_subscription_params_done(struct hub_subscription_params *params)
{
    wsub_buf_done(&params->topic);
    wsub_buf_done(&params->callback);
}

void hub_subscription_check(const struct hub *hub, const struct wsub_form *form,
                            struct hub_errors *errors)
{
    struct hub_subscription_params params = {0};

    hub_subscription_params_take(hub, form, true, errors, &params);
    hub_subscription_params_done(&params);
}

void hub_subscription_seal(const struct hub *hub,
                           const struct hub_subscription_params *params,
                           const struct wsub_topic_ref *ref, const char *cd,
                           struct wsub_buf *out)
{
    const char *secret = params->secret;
    char context[2 * WSUB_DIGEST_LEN + 2];

    if (secret == NULL || secret[0] == '\0') {
        wsub_buf_char(out, '-');
        return;
    }
    snprintf(context, sizeof(context), "%s:%s", ref->digest, cd);
    wsub_seal(hub->ring, context, secret, strlen(secret), out);
}
