/* order_body.h - the body of an operator's order: a JSON object with the members
 * that the order knows, and nothing else.
 *
 * A check appends what is wrong to `errors`; the caller goes on with the others,
 * so that one response names them all. */
#ifndef HUB_ORDER_BODY_H
#define HUB_ORDER_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "common/base/buf.h"
#include "hub/errors.h"
#include "hub/hub.h"

#define HUB_ORDER_BODY_MAX_BYTES 16384

struct wsub_http_request;

/* The check of a route that takes such an order: access.h, and the Content-Type. */
bool hub_order_may_send(struct wsub_http_request *req, void *hub);

/* Parses an object, which the caller frees; NULL when it is none: then `what` says so
 * in `errors`. */
json_t *hub_order_object(const char *text, size_t len, const char *what,
                         struct hub_errors *errors);

/* Parses the body; NULL when it is no JSON object.  `names` are the `count`
 * members that there may be: a misspelled one that is optional would mean
 * something else.  The caller frees the object. */
json_t *hub_order_body(const struct wsub_http_request *req,
                       const char *const *names, size_t count,
                       struct hub_errors *errors);

/* The text of a member, borrowed from the body; NULL when it is absent or null, or
 * no text. */
const char *hub_order_text(const json_t *body, const char *name,
                           struct hub_errors *errors);

/* The same of true or false; `absent` is what it is without the member. */
bool hub_order_switch(const json_t *body, const char *name, bool absent,
                      struct hub_errors *errors);

/* A member that is absent or null is missing. */
void hub_order_need(const json_t *body, const char *name,
                    struct hub_errors *errors);

/* Takes `topic`, which there must be: it is added to `ret_topic` in its normal
 * spelling.  Returns it as it was given, NULL when it is wrong. */
const char *hub_order_topic(const struct hub *hub, const json_t *body,
                            struct hub_errors *errors,
                            struct wsub_buf *ret_topic);

/* The same of `callback`, which may be absent. */
const char *hub_order_callback(const struct hub *hub, const json_t *body,
                               struct hub_errors *errors,
                               struct wsub_buf *ret_callback);

/* Takes `topic` and `callback`, both of which there must be. */
void hub_order_subscription(const struct hub *hub, const json_t *body,
                            struct hub_errors *errors,
                            struct wsub_buf *ret_topic,
                            struct wsub_buf *ret_callback);

#endif
