/* message.h - events as messages in JSON. */
#ifndef HUB_PULL_MESSAGE_H
#define HUB_PULL_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "hub/pull/event.h"

/* Whether a body is text: UTF-8 that no Content-Encoding hides. */
bool hub_pull_is_text(const struct hub_pull_event *event);

/* Adds the base64 form of the body (RFC 4648 section 4). */
void hub_pull_base64(const struct hub_pull_event *event, struct wsub_buf *out);

/* The body as a string, in base64 when it is no text; or, when `as_object`,
 * {"id", "topic", "contentType", "data"}, with "encoding":"base64" when data is
 * that, and with "contentEncoding" when the event has one. */
json_t *hub_pull_message(const struct hub_pull_event *event, bool as_object);

#endif
