/* verification.h - does a subscriber want what was requested in its name
 * (WebSub section 5.3)?  And telling those who are denied (section 5.2).
 *
 *   loading -> waiting -> requesting -> applying -> over
 *      |   (host full)                     ^ |
 *      '-----------------------------------' '--> replicating -> applying
 *
 * The entry of `verify` names a request; it is read, its callback is sent the
 * challenge, and the outcome is applied.  Nothing is applied twice: the request
 * goes with it.  Replicas of a subscription to `*` are brought up to date
 * before its entry is acknowledged. */
#ifndef DELIVER_VERIFICATION_H
#define DELIVER_VERIFICATION_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/config.h"

struct wsub_groups;
struct wsub_hosts;
struct deliver_poster;
struct deliver_replicas;
struct deliver_verifications;
struct wsub_loop;
struct wsub_progress;
struct wsub_store;
struct wsub_stream_entry;

/* What verifications use; all borrowed, all outlive them. */
struct deliver_verifications_options {
    const struct wsub_loop *loop;
    struct wsub_store *store;
    struct wsub_progress *progress;
    const struct wsub_groups *groups; /* ready before anything is claimed */
    struct wsub_hosts *hosts;
    const struct deliver_poster *poster; /* client, User-Agent, timeout */
    struct deliver_replicas *replicas;
    /* One is over; it may have been the last. */
    void (*on_idle)(void *arg);
    void *arg;
};

struct deliver_verifications *
deliver_verifications_new(const struct deliver_verifications_options *options);
/* Drops all verifications; others take the entries over. */
void deliver_verifications_free(struct deliver_verifications *verifications);

/* Takes a claimed entry of `verify`.  It needs no slot: how many are sent at
 * once is up to the hosts (host.h), and those that wait are small. */
void deliver_verifications_start(struct deliver_verifications *verifications,
                                 const struct wsub_stream_entry *entry);

/* The number of verifications under way. */
size_t
deliver_verifications_count(const struct deliver_verifications *verifications);

#endif
