/* body.h - the JSON body of a request to the pull API, and its fields.
 *
 * A field that is absent or null has its default; what is wrong with one is told
 * to the client at once, in one response: then these return false.  Fields that
 * nobody knows are passed over. */
#ifndef HUB_PULL_BODY_H
#define HUB_PULL_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/store/place.h"
#include "hub/hub.h"

#define HUB_PULL_TIMEOUT_MAX_S 60
#define HUB_PULL_TTL_MAX_S 864000 /* ten days, as a lease may have */

struct wsub_http_request;

/* Parses the body as an object, which the caller ends; NULL: responded. */
json_t *hub_pull_body(struct wsub_http_request *req);

/* Whether it is that string; NULL is none. */
bool hub_pull_is_word(const json_t *field, const char *word);

/* Whether it is a string of 1 to 256 characters, none of them a control
 * character.  (jansson lets no bad UTF-8 pass.) */
bool hub_pull_is_id(const json_t *field);

/* The id, borrowed from the body. */
bool hub_pull_body_id(struct wsub_http_request *req, const json_t *body,
                      const char **ret_id);

/* Adds the topics' text (common/store/pull/subscription.h).  *ret_given: there
 * are some. */
bool hub_pull_body_topics(struct wsub_http_request *req, const struct hub *hub,
                          const json_t *body, bool *ret_given,
                          struct wsub_buf *ret_text);

/* A whole number from 1 to `max`; *ret_number is left alone without one. */
bool hub_pull_body_number(struct wsub_http_request *req, const json_t *body,
                          const char *name, uint32_t max, uint32_t *ret_number);

/* Seconds, with a fraction, up to HUB_PULL_TIMEOUT_MAX_S. */
bool hub_pull_body_timeout(struct wsub_http_request *req, const json_t *body,
                           uint64_t *ret_ms);

/* One of two words; false without one. */
bool hub_pull_body_choice(struct wsub_http_request *req, const json_t *body,
                          const char *name, const char *no, const char *yes,
                          bool *ret_is_yes);

/* The id of an event, of any shard of the hub; *ret_given: there is one.  `or_else`
 * is what the caller takes in its place, for the sentence: "" or "x or ". */
bool hub_pull_body_event(struct wsub_http_request *req, const struct hub *hub,
                         const json_t *body, const char *name,
                         const char *or_else, bool *ret_given,
                         struct wsub_place *ret_event);

#endif
