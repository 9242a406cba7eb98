/* worker.h - the parts of websub-spreader, and who tells whom.
 *
 *   member    -> ownership: who this process is, how many spreaders there are
 *   ownership -> shards, and with each shard it opens and closes:
 *     fanout      resume, then page after page of jobs (begin.lua, page.lua)
 *       '-> intake   the log, after the position; announcements; wakes
 *     publishers  topics to fetch -> event (fetched.lua)
 *                                 -> verification or denial
 *     promoter    what is due in `retry` (promote.lua)
 *     sweep       leases, retention, trimming
 *
 * Down is a call; up are the callbacks that only worker.c wires.  Any part may
 * hear that the shard is somebody else's (shard.h).  One loop, one thread. */
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

/* Registers the process, which then claims shards.  `address` is where its
 * status is served, "" for nowhere.  `arg` is the worker. */
void spread_worker_start(void *arg, const char *address);

/* Releases its shards; the loop is finished when they are, and the process is
 * registered no more.  Fetches under way are left to the next owners.  `arg` is
 * the worker. */
void spread_worker_drain(void *arg);

/* False while the process should get no work: writes why to `reason`.  `arg` is
 * the worker. */
bool spread_worker_ready(void *arg, char reason[WSUB_STATUS_REASON_BYTES]);

#endif
