/* progress.h - does the process get on with its work?
 *
 * Work waits when the process holds some, or when its streams have unread
 * entries.  A process that settles nothing while work waits, for longer than
 * the slowest piece may take, is not ready: something is broken that it can't
 * see itself, and whoever watches /readyz should look. */
#ifndef WSUB_STORE_PROGRESS_H
#define WSUB_STORE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/http/status.h"

struct event_base;
struct wsub_progress;
struct wsub_store;

struct wsub_progress_options {
    struct event_base *base;    /* borrowed; outlives this */
    struct wsub_store *store;   /* borrowed; outlives this */
    const char *const *streams; /* borrowed; const; of one group each */
    size_t stream_count;
    uint32_t limit_ms; /* without progress, then it is not ready */
    bool (*holds_work)(void *arg);
    void *arg;
};

struct wsub_progress *
wsub_progress_new(const struct wsub_progress_options *options);
void wsub_progress_free(struct wsub_progress *progress);

/* Something was settled, or can't be for a reason of its own. */
void wsub_progress_note(struct wsub_progress *progress);

/* False while the process does not get on: writes why to `reason`. */
bool wsub_progress_ready(const struct wsub_progress *progress,
                         char reason[WSUB_STATUS_REASON_BYTES]);

#endif
