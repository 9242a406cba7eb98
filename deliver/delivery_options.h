/* delivery_options.h - what deliveries use, all of it below them. */
#ifndef DELIVER_DELIVERY_OPTIONS_H
#define DELIVER_DELIVERY_OPTIONS_H

#include "common/base/config.h"

struct deliver_attempt_buffer;
struct deliver_attempt_flush;
struct deliver_content_cache;
struct deliver_crashes;
struct wsub_groups;
struct wsub_hosts;
struct deliver_parking;
struct deliver_poster;
struct deliver_records;
struct deliver_replicas;
struct deliver_settler;
struct deliver_slots;
struct deliver_stall;
struct wsub_loop;
struct wsub_store;

/* What deliveries use; all borrowed, all outlive them. */
struct deliver_deliveries_options {
    const struct wsub_config *config;
    const struct wsub_loop *loop;
    struct wsub_store *store;
    struct deliver_attempt_buffer *attempts;
    struct deliver_attempt_flush *attempt_flush;
    struct deliver_bundles *bundles;
    struct deliver_content_cache *contents;
    struct deliver_crashes *crashes;
    const struct wsub_groups *groups; /* ready before anything is claimed */
    struct wsub_hosts *hosts;
    struct deliver_parking *parking;
    const struct deliver_poster *poster;
    struct deliver_records *records;
    struct deliver_replicas *replicas;
    struct deliver_settler *settler;
    struct deliver_slots *slots;
    struct deliver_stall *stall;
};

#endif
