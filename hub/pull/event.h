/* event.h - one event of the log, shared by all that it is for.
 *
 * Counted references: its content is in memory once, however many requests and
 * streams get it. */
#ifndef HUB_PULL_EVENT_H
#define HUB_PULL_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/config.h"
#include "common/store/pull/page.h"

struct hub_pull_event {
    struct wsub_place place;
    char *topic;  /* owned; in its normal spelling */
    char *type;   /* owned; Content-Type */
    char *coding; /* owned; Content-Encoding, NULL for none */
    char *body;   /* owned */
    size_t body_bytes;
    struct wsub_buf frame; /* owned; see frame.h */
    bool served;           /* its topic may be subscribed to by its own name */
    unsigned references;
};

/* An event with one reference; NULL when it is for nobody: its topic is none
 * (direct producers write the log too), or the operator denies it. */
struct hub_pull_event *hub_pull_event_new(const struct wsub_config *config,
                                          const struct wsub_pull_event *entry);

struct hub_pull_event *hub_pull_event_hold(struct hub_pull_event *event);
void hub_pull_event_drop(struct hub_pull_event *event);

#endif
