/* sending.h - a delivery at its host, from the fresh record to the response.
 *
 *   enter -> post -> responded          (ending.h)
 *     |  '-> wait -> on_start: read the record again, then deliver_send()
 *     '----> park, put back, suspend    (ending.h)
 *
 * Whether the host takes it is the host's business (host.h).  What then comes of
 * it, ending.h says. */
#ifndef DELIVER_SENDING_H
#define DELIVER_SENDING_H

struct delivery;

/* Sets the callbacks of the delivery's ticket and POST, but for the ticket's
 * on_start, which is the caller's: the record is to be read again. */
void deliver_send_init(struct delivery *v);

/* The record is fresh: sends now, or waits for the host, or ends the delivery. */
void deliver_send(struct delivery *v);

#endif
