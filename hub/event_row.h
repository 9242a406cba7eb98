/* event_row.h - what is told of an event, and how its deliveries stand. */
#ifndef HUB_EVENT_ROW_H
#define HUB_EVENT_ROW_H

#include <jansson.h>

#include "common/store/event_status.h"
#include "common/store/place.h"

/* A new object; the body is not in it. */
json_t *hub_event_row(const struct wsub_place *event,
                      const struct wsub_event_status *status);

#endif
