/* send.h - the POST of a delivery (WebSub section 7). */
#ifndef DELIVER_SEND_H
#define DELIVER_SEND_H

struct deliver_job;

/* Sends the job's event to its subscription and settles the job with what
 * came of it: 2xx delivered, 410 ends the subscription, all else is tried
 * again until max_attempts. */
void deliver_send(struct deliver_job *job);

#endif
