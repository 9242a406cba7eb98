/* told.h - who wants to know whether a response was written.
 *
 * Internal to the HTTP server.  One of these waits with its connection until the
 * kernel has taken the last byte of its response, or the connection is gone; then
 * it goes to the teller of the server, who tells it from the loop, never within
 * another call: it may free the server. */
#ifndef WSUB_HTTP_TOLD_H
#define WSUB_HTTP_TOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/base/timer.h"

struct wsub_http_told;

STAILQ_HEAD(wsub_http_told_list, wsub_http_told);

struct wsub_http_teller {
    struct wsub_timer timer;
    struct wsub_http_told_list due; /* owned */
};

/* Tells nobody yet.  `base` outlives the teller. */
void wsub_http_teller_init(struct wsub_http_teller *teller,
                           struct event_base *base);

/* Tells all that are due. */
void wsub_http_teller_done(struct wsub_http_teller *teller);

struct wsub_http_told *
wsub_http_told_new(void (*on_written)(bool written, void *arg), void *arg);

/* Tells one that no list has, and frees it. */
void wsub_http_told_tell(struct wsub_http_told *told, bool written);

/* Takes over `told`, whose response ends at `end`: so many bytes of the connection
 * are before it, and in it. */
void wsub_http_told_add(struct wsub_http_told_list *list,
                        struct wsub_http_told *told, uint64_t end);

/* The kernel has taken so many bytes in all. */
void wsub_http_told_taken(struct wsub_http_told_list *list,
                          struct wsub_http_teller *teller, uint64_t taken);

/* It takes no more. */
void wsub_http_told_broken(struct wsub_http_told_list *list,
                           struct wsub_http_teller *teller);

#endif
