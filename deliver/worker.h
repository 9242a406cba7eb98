/* worker.h - the parts of websub-deliver.
 *
 *   readers --jobs----------> delivery -----> host -> post -> settle
 *      |                         '- crashes, next_event, content, records
 *      '-----verifications--> verification -> host -> replicas
 *
 * This is the only file that knows all parts: it makes them, tells each what it
 * may use, and passes on what they have to tell those above.  One loop, one
 * thread. */
#ifndef DELIVER_WORKER_H
#define DELIVER_WORKER_H

#include <stdbool.h>

#include "common/base/config.h"
#include "common/base/err.h"
#include "common/http/status.h"

struct deliver_worker;
struct wsub_loop;

/* Builds everything.  On failure one sentence goes to `err_text`.  Both are
 * borrowed and outlive the worker. */
enum wsub_err
deliver_worker_new(const struct wsub_config *config, struct wsub_loop *loop,
                   char err_text[256],
                   struct deliver_worker **ret_worker) WSUB_MUST_CHECK;
void deliver_worker_free(struct deliver_worker *worker);

/* Begins to register the process, whose status is served at `address`; nothing
 * is claimed before it is registered. */
void deliver_worker_start(void *worker, const char *address);

/* Whether it works; else the reason. */
bool deliver_worker_ready(void *worker, char reason[WSUB_STATUS_REASON_BYTES]);

/* Stops claiming; the loop is finished once all slots are free. */
void deliver_worker_drain(void *worker);

#endif
