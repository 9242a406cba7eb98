/* delivery_parts.h - what a delivery is made of.
 *
 * Private to delivery.c, which takes a delivery through its steps, sending.c,
 * which sends it as its host allows, and ending.c, which says how it ends. */
#ifndef DELIVER_DELIVERY_PARTS_H
#define DELIVER_DELIVERY_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "common/base/buf.h"
#include "common/host/host.h"
#include "common/store/record.h"
#include "deliver/bundle.h"
#include "deliver/content.h"
#include "deliver/crashes.h"
#include "deliver/delivery_options.h"
#include "deliver/next_event.h"
#include "deliver/post.h"
#include "deliver/records.h"
#include "deliver/slots.h"

/* delivery.h has them in a picture. */
enum delivery_state {
    DELIVERY_QUEUED,
    DELIVERY_COUNTING,
    DELIVERY_FINDING,
    DELIVERY_LOADING,
    DELIVERY_WAITING,
    DELIVERY_SENDING,
    DELIVERY_SETTLING,
};

struct delivery {
    struct deliver_deliveries *all; /* borrowed; what this is part of */
    enum delivery_state state;
    struct deliver_job job;
    const struct deliver_content *content; /* a use of the cache's */
    struct wsub_buf line;                  /* owned; the record */
    struct wsub_record record;             /* borrows from line */
    bool suspended; /* so is the cursor job's subscription: it is a probe */

    /* Of the steps, in their order. */
    struct deliver_slot_wait slot;
    struct deliver_crash_check crash;
    struct deliver_next_event next_event;
    struct deliver_content_wait content_wait;
    struct deliver_record_wait record_wait;
    struct wsub_host_ticket ticket;
    bool asked_log; /* whether it did well the last time */
    bool lingers;   /* its request does: it has no slot any more */
    struct deliver_post post;
    TAILQ_ENTRY(delivery) next; /* in `live` or `spare` */
};

TAILQ_HEAD(delivery_list, delivery);

struct deliver_deliveries {
    struct deliver_deliveries_options o;
    size_t loading;
    struct delivery_list live; /* owned */
    /* Owned; to be used again: they are too large for what malloc keeps at
     * hand. */
    struct delivery_list spare;
};

#endif
