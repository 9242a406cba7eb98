/* frame.h - events as Server-Sent Events (HTML Standard, section 9.2).
 *
 *   id: N-MS-SEQ
 *   event: TOPIC                      TOPIC;base64 when data is that
 *   data: each line of the body
 *
 * The format has no line ends of its own: a CRLF or CR in a text arrives as
 * LF. */
#ifndef HUB_PULL_FRAME_H
#define HUB_PULL_FRAME_H

#include <stdint.h>

#include "common/base/buf.h"
#include "hub/pull/event.h"

/* What a stream begins with: how soon its client is to come back. */
#define HUB_PULL_FRAME_RETRY "retry: 1000\n\n"

/* Keeps proxies, and clients, from taking the stream for dead. */
#define HUB_PULL_FRAME_PING ": ping\n\n"

/* The frame of an event; made once, and the event's. */
const struct wsub_buf *hub_pull_frame(struct hub_pull_event *event);

/* Adds the frame of a gap: so many events have left the log. */
void hub_pull_frame_gap(struct wsub_buf *out, uint64_t missed);

#endif
