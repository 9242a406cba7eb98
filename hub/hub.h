/* hub.h - the parts of websub-hub and what its requests share.
 *
 *   server -> routes (api.c) -> subscribe | publish | push | admin | ...
 *                                   '----- one or more Redis commands -> answer
 *
 * One loop, one thread.  Nothing is kept between requests: what was accepted
 * is in Redis. */
#ifndef HUB_HUB_H
#define HUB_HUB_H

#include <stdbool.h>

#include "common/base/config.h"
#include "common/base/err.h"
#include "common/crypto/seal.h"
#include "common/http/server.h"

struct hub_pressure;
struct hub_writable;
struct wsub_loop;
struct wsub_store;

/* Owned, but for the first two: made by hub_init(), freed by hub_done(). */
struct hub {
    const struct wsub_config *config; /* borrowed; outlives the program */
    struct wsub_loop *loop;           /* borrowed; outlives the program */
    struct wsub_store *store;
    struct hub_pressure *pressure;
    struct hub_writable *writable;
    struct wsub_keyring *ring;
    struct wsub_http_server *server;
    char *public_url;
    char *link_header; /* value of Link: <public_url>; rel="hub" */
    bool on_loopback;  /* listens where only this machine comes */
};

/* Builds everything in the zeroed `hub` and listens; one sentence goes to
 * `err_text` on failure, and what was built is freed by hub_done(). */
enum wsub_err hub_init(struct hub *hub, const struct wsub_config *config,
                       struct wsub_loop *loop,
                       char err_text[256]) WSUB_MUST_CHECK;
void hub_done(struct hub *hub);

/* Stops accepting; the loop is finished once every request is answered. */
void hub_drain(void *arg);

#endif
