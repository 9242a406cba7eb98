/* worker.h - websub-hub: its parts, built and wired.
 *
 * The server is the last part to be built: whoever reaches it finds a whole
 * hub. */
#ifndef HUB_WORKER_H
#define HUB_WORKER_H

#include "common/base/config.h"
#include "common/base/err.h"
#include "common/http/status.h"
#include "common/program/startup.h"

struct hub_worker;
struct wsub_loop;

/* Builds everything and listens.  On failure one sentence goes to `err_text`.
 * `config` and `loop` outlive the worker. */
enum wsub_err hub_worker_new(const struct wsub_config *config,
                             struct wsub_loop *loop, char err_text[256],
                             struct hub_worker **ret_worker) WSUB_MUST_CHECK;
void hub_worker_free(struct hub_worker *worker);

/* Begins to register the process, whose status is served at `status`; "": where
 * the API is. */
void hub_worker_start(void *worker, const char *status);

/* Stops accepting; the loop is finished once every request has had its
 * response. */
void hub_worker_drain(void *worker);

/* Where the hub listens: `own` and, when there is one, `admin`. */
void hub_worker_addresses(const void *worker,
                          struct wsub_startup_addresses *ret_addresses);

/* For its status: status.h. */
bool hub_worker_ready(void *worker, char reason[WSUB_STATUS_REASON_BYTES]);
void hub_worker_health(struct wsub_http_request *req, void *worker);

#endif
