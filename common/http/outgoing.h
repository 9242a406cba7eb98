/* outgoing.h - bytes on their way to a client.
 *
 * Internal to the HTTP server.  Responses of one round of the loop are gathered
 * and leave in one write; pieces of a stream leave at once, without a copy.  What
 * the kernel does not take of either is left to the bufferevent. */
#ifndef WSUB_HTTP_OUTGOING_H
#define WSUB_HTTP_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"

struct bufferevent;
struct iovec;

/* Zeroed at the start. */
struct wsub_http_outgoing {
    struct wsub_buf gathered; /* owned; not given to the socket */
    uint64_t flushed; /* bytes that the socket or the bufferevent was given */
    bool broken;      /* the socket is of no use any more */
};

/* Sends what is gathered. */
void wsub_http_outgoing_flush(struct wsub_http_outgoing *out,
                              struct bufferevent *bev);

/* Sends what is gathered, then the pieces. */
void wsub_http_outgoing_send(struct wsub_http_outgoing *out,
                             struct bufferevent *bev, struct iovec *pieces,
                             size_t count);

/* Gives memory back that only a later response needs. */
void wsub_http_outgoing_trim(struct wsub_http_outgoing *out);

/* How many bytes that were given to the bufferevent the kernel has not taken. */
size_t wsub_http_outgoing_unsent(struct bufferevent *bev);

/* How many bytes the kernel has taken in all; and how many it will have taken
 * once it has all that is gathered by now. */
uint64_t wsub_http_outgoing_taken(const struct wsub_http_outgoing *out,
                                  struct bufferevent *bev);
uint64_t wsub_http_outgoing_end(const struct wsub_http_outgoing *out);

#endif
