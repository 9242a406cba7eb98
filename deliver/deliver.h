/* deliver.h - the parts of websub-deliver and what they share.
 *
 *   claim --entry--> job ----> host -> send -> judge -> settle
 *        |            '- turn, suspect, parking: the special ways of a job
 *        '--entry--> verify -> host -> ask ----------> verified script
 *
 * One loop, one thread.  A job takes one of `concurrency` slots and holds it
 * until its outcome is in Redis.  The jobs of a bundle that find none wait, and
 * its source claims nothing more meanwhile, so the process never holds many
 * more than that (see claim.h). */
#ifndef DELIVER_DELIVER_H
#define DELIVER_DELIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/config.h"
#include "common/crypto/hmac.h"
#include "common/crypto/seal.h"
#include "deliver/stall.h"

struct deliver_claim;
struct deliver_content_cache;
struct deliver_history;
struct deliver_hosts;
struct deliver_loader;
struct deliver_parking;
struct deliver_settler;
struct deliver_suspects;
struct deliver_tries;
struct event;
struct wsub_http_client;
struct wsub_loop;
struct wsub_progress;
struct wsub_promoter;
struct wsub_store;

/* Owned, but for the first two: made by deliver_init(), freed by
 * deliver_done(). */
struct deliver {
    const struct wsub_config *config; /* borrowed; outlives the program */
    struct wsub_loop *loop;           /* borrowed; outlives the program */
    struct wsub_store *store;
    struct wsub_http_client *client;
    struct wsub_keyring *ring;
    struct wsub_hmac *hmac;
    struct wsub_promoter *promoter;
    struct deliver_claim *claim;
    struct deliver_content_cache *contents;
    struct deliver_history *history;
    struct deliver_hosts *hosts;
    struct deliver_loader *loader;
    struct deliver_parking *parking;
    struct wsub_progress *progress;
    struct deliver_settler *settler;
    struct deliver_suspects *suspects;
    struct deliver_tries *tries;
    struct deliver_stall stall;
    struct event *tick;      /* twice a second: see deliver.c */
    struct event *host_tick; /* when a host wants it */
    char *user_agent;        /* the header; NULL until the hub's URL is known */
    bool leaving;            /* drained; ends once Redis has answered */
};

/* Others take an entry over that a process has held for longer: the longest
 * wait for a host, and one attempt.  What takes longer is renewed meanwhile
 * (see deliver_claim_renew()). */
uint32_t deliver_takeover_idle_ms(const struct wsub_config *config);

/* Builds everything in the zeroed `d`; one sentence goes to `err_text` on
 * failure, and what was built is freed by deliver_done(). */
enum wsub_err deliver_init(struct deliver *d, const struct wsub_config *config,
                           struct wsub_loop *loop,
                           char err_text[256]) WSUB_MUST_CHECK;
void deliver_done(struct deliver *d);

/* Something waits for its host, or is parked: sees to it that it is not
 * forgotten. */
void deliver_plan_host_tick(struct deliver *d);

/* Stops claiming; the loop is finished once all slots are free. */
void deliver_drain(void *arg);

/* Called when a slot became free or a reader stopped while draining. */
void deliver_drain_check(struct deliver *d);

#endif
