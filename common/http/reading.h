/* reading.h - how a connection comes from bytes to requests.
 *
 * Internal to the HTTP server.  Bytes move from the socket's buffer to the
 * request's as far as they are wanted and the budgets allow; a head that is
 * complete is checked, a request that is complete goes to its handler. */
#ifndef WSUB_HTTP_READING_H
#define WSUB_HTTP_READING_H

#include <stdbool.h>
#include <stdint.h>

#include "common/http/fault.h"

#define WSUB_HTTP_READ_AHEAD_BYTES 32768 /* a round's work; two full heads */

struct wsub_http_connection;

/* Goes as far as the input, the handlers, the budgets and the socket allow; what
 * the requests got at once is gathered, and sent when it is much.  The connection
 * may be `freed` afterwards. */
void wsub_http_reading_run(struct wsub_http_connection *conn);

/* Responds to a request that never reaches a handler. */
void wsub_http_reading_refuse(struct wsub_http_connection *conn,
                              enum wsub_http_fault fault);

/* Stops to read ahead when enough is here; true when it does. */
bool wsub_http_reading_pause_if_full(struct wsub_http_connection *conn);

/* Forgets what came, and reads on. */
void wsub_http_reading_drop_input(struct wsub_http_connection *conn);

/* The held connection has its share: its time goes on where it stood. */
void wsub_http_reading_go_on(struct wsub_http_connection *conn);

/* The handler has done with a part of a body: the next one may come. */
void wsub_http_reading_next_part(struct wsub_http_connection *conn);

/* When a request that is being read is looked at again. */
uint64_t wsub_http_reading_deadline(const struct wsub_http_connection *conn);

/* It is looked at.  False: it did not arrive in time, or holds up others by its
 * share.  Else it has until the next deadline. */
bool wsub_http_reading_is_in_time(struct wsub_http_connection *conn,
                                  uint64_t now_ms);

#endif
