/* worker.h - websub-hub: its parts, built and wired.
 *
 * The server is the last part to be built: whoever reaches it finds a whole
 * hub. */
#ifndef HUB_WORKER_H
#define HUB_WORKER_H

#include "common/base/err.h"
#include "hub/hub.h"

struct wsub_http_server;

/* Zeroed before hub_worker_init(), which makes all that is owned here. */
struct hub_worker {
    struct hub hub;         /* for the requests; borrows from the rest */
    struct wsub_loop *loop; /* borrowed; outlives the worker */
    struct wsub_store *store;
    struct hub_pressure *pressure;
    struct hub_writable *writable;
    struct wsub_keyring *ring;
    struct wsub_http_server *server;
    char *public_url;
    char *link_header;
};

/* Builds everything and listens.  One sentence goes to `err_text` on failure,
 * and hub_worker_done() frees what was built. */
enum wsub_err hub_worker_init(struct hub_worker *worker,
                              const struct wsub_config *config,
                              struct wsub_loop *loop,
                              char err_text[256]) WSUB_MUST_CHECK;
void hub_worker_done(struct hub_worker *worker);

/* Stops accepting; the loop is finished once every request has had its
 * response. */
void hub_worker_drain(struct hub_worker *worker);

/* Where the hub listens. */
const char *hub_worker_address(const struct hub_worker *worker);

#endif
