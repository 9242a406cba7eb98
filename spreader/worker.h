/* worker.h - the parts of websub-spreader, and who tells whom.
 *
 *   intake --announcement----> fetch    -> event, validators (fetched.lua)
 *      |-----subscribe request-> validate -> verification or denial
 *      |                                   (validated.lua)
 *      |-----event-------------> fanout   -> page after page of jobs (page.lua)
 *      '-----can't be used-----> rejected -> a copy with the reason
 *   sweep: leases, retention, trimming
 *
 * Down is a call; up are on_done (entries are over: their credit goes back to
 * the intake) and on_idle (a part has nothing left: may the process end?).  Only
 * worker.c wires them.  One loop, one thread. */
#ifndef SPREADER_WORKER_H
#define SPREADER_WORKER_H

#include <stdbool.h>

#include "common/base/err.h"
#include "common/http/status.h"

struct spread_worker;
struct wsub_config;
struct wsub_loop;

/* Builds the parts, which connect to Redis by themselves.  `config` and `loop`
 * outlive the worker.  On failure one sentence goes to `err_text`. */
enum wsub_err
spread_worker_new(const struct wsub_config *config, struct wsub_loop *loop,
                  char err_text[256],
                  struct spread_worker **ret_worker) WSUB_MUST_CHECK;
void spread_worker_free(struct spread_worker *worker);

/* Begins to register the process, whose status is served at `address`.  `arg` is
 * the worker. */
void spread_worker_start(void *arg, const char *address);

/* Stops reading; the loop is finished once what was read is fetched and fanned
 * out.  What is not done by the deadline stays pending for others.  `arg` is the
 * worker. */
void spread_worker_drain(void *arg);

/* False while the process should get no work: writes why to `reason`.  `arg` is
 * the worker. */
bool spread_worker_ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES]);

#endif
