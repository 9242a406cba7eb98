/* params.h - the parameters that several requests share, checked.
 *
 * A check appends what is wrong to `errors` and returns false; the caller goes
 * on with the others, so that one response names them all. */
#ifndef HUB_PARAMS_H
#define HUB_PARAMS_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/http/form.h"
#include "common/store/quota.h"
#include "common/store/topic.h"
#include "hub/errors.h"
#include "hub/hub.h"

/* What a form may take: a hundred topics of usual length, or a few of the
 * longest. */
#define HUB_FORM_MAX_BYTES 65536

/* Checks the head of a request that is to have a form: responds 415 and returns
 * false when its Content-Type says something else. */
bool hub_check_form(struct wsub_http_request *req);

/* One of the next two. */
typedef bool hub_params_read(const struct wsub_http_request *req,
                             struct hub_errors *errors,
                             struct wsub_form *ret_form);

/* Parses the form of a POST; false when it is malformed.  The caller
 * ends *ret_form by wsub_form_done(). */
bool hub_params_form(const struct wsub_http_request *req,
                     struct hub_errors *errors, struct wsub_form *ret_form);

/* The same for the query of the request's target. */
bool hub_params_query(const struct wsub_http_request *req,
                      struct hub_errors *errors, struct wsub_form *ret_form);

/* Takes the one hub.topic of the form: *ret_given is its spelling there
 * (borrowed from the form), the normal one is added to `ret_topic`. */
bool hub_param_topic(const struct hub *hub, const struct wsub_form *form,
                     enum wsub_topic_use use, struct hub_errors *errors,
                     const char **ret_given, struct wsub_buf *ret_topic);

/* The same for hub.callback, a URL. */
bool hub_param_callback(const struct hub *hub, const struct wsub_form *form,
                        struct hub_errors *errors, const char **ret_given,
                        struct wsub_buf *ret_callback);

/* What is wrong with a topic, as the end of a sentence; NULL when it is fine
 * and was added to `ret_topic` in its normal spelling. */
const char *hub_topic_fault(const struct hub *hub, const char *value,
                            enum wsub_topic_use use,
                            struct wsub_buf *ret_topic);

/* The same of a callback. */
const char *hub_callback_fault(const struct hub *hub, const char *value,
                               struct wsub_buf *ret_callback);

/* What keeps a URL from being requested though it is fine otherwise; NULL for
 * nothing, and for a dotted topic.  Of what is there already nobody asks. */
const char *hub_reach_fault(const struct hub *hub, const char *text);

/* Takes an optional parameter: *ret_value is NULL without it.  A doubled one
 * is a `fault`. */
bool hub_param_optional(const struct wsub_form *form, const char *name,
                        enum hub_fault fault, struct hub_errors *errors,
                        const char **ret_value);

/* Takes the optional name or address of a callback's host, without a port: writes
 * what callbacks there are counted by (common/store/quota.h), and nothing without
 * it. */
void hub_param_host(const struct wsub_form *form, const char *name,
                    struct hub_errors *errors,
                    char ret_host[WSUB_QUOTA_HOST_BYTES]);

#endif
