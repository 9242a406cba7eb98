/* contents.h - the content of an event, wherever it is by now.
 *
 * It is in `log`; when the log is trimmed while jobs refer to it, it moves to
 * kept:EVENT and never back.  So whoever looks in this order can't miss it. */
#ifndef WSUB_STORE_CONTENTS_H
#define WSUB_STORE_CONTENTS_H

#include <stddef.h>

#include "common/store/store.h"

/* Borrowed from the reply. */
struct wsub_event {
    const char *topic;
    const char *type;   /* Content-Type */
    const char *coding; /* Content-Encoding; NULL for none */
    const char *self;   /* canonical URL of the topic */
    /* W3C Trace Context, as it was pushed (common/http/trace.h); NULL for none. */
    const char *traceparent, *tracestate;
    const char *body;
    size_t body_len;
};

enum wsub_event_found {
    WSUB_EVENT_FOUND,
    WSUB_EVENT_ABSENT,    /* it is not there */
    WSUB_EVENT_MALFORMED, /* it is there, and no event of version 1 */
};

/* `event` is valid during the call; filled in when it is found. */
typedef void wsub_event_cb(enum wsub_event_found found,
                           const struct wsub_event *event, void *arg);

/* Each looks for event `id` of the shard until Redis has replied. */
void wsub_contents_logged(struct wsub_store *store, unsigned shard,
                          const char *id, wsub_event_cb *cb, void *arg);
void wsub_contents_kept(struct wsub_store *store, unsigned shard,
                        const char *id, wsub_event_cb *cb, void *arg);

#endif
