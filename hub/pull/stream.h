/* stream.h - GET /stream: events as they come, as Server-Sent Events.
 *
 *   head, query -> survey of the logs -> response begins -> events ... -> ended
 *                                                             |   by its client,
 *        the client is too slow, or the hub ends: cut <-------'   who goes on at
 *                                                                 Last-Event-ID
 *
 * Nothing is kept of a stream: its client remembers the last event's id.  What
 * waits for a slow client is bounded.  What was stored before its stream began is
 * read from the log as fast as the client takes it. */
#ifndef HUB_PULL_STREAM_H
#define HUB_PULL_STREAM_H

#include <stdbool.h>

struct hub_pull;
struct wsub_http_request;

/* Of the route. */
bool hub_pull_check_stream(struct wsub_http_request *req, void *hub);
void hub_pull_handle_stream(struct wsub_http_request *req, void *hub);
void hub_pull_stream_options(struct wsub_http_request *req, void *hub);

/* Ends all; their clients come back, to another hub. */
void hub_pull_streams_drain(struct hub_pull *pull);

/* Once the store was closed and the server freed: frees all. */
void hub_pull_streams_free(struct hub_pull *pull);

#endif
