/* notes.h - what the coordinator keeps of the health of Redis in the cluster's
 * slot: the report, attempts, and what operators have asked for (health_note.lua,
 * health_orders.lua).
 *
 * Each call is sent once; its callback is called once, maybe during the call.
 * WSUB_ERR_FENCED: the caller is not the coordinator. */
#ifndef WSUB_STORE_HEALTH_NOTES_H
#define WSUB_STORE_HEALTH_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/health/issue.h"

struct wsub_store;

struct wsub_health_note {
    uint64_t epoch;                         /* of the coordinator */
    const char *report;                     /* JSON; NULL: the last one stays */
    bool forced;                            /* mend, whatever `cleanup` says */
    uint32_t attempts;                      /* for one thing */
    const struct wsub_health_issue *issues; /* all that is wrong now */
    size_t count;
};

/* Numbers of issues: those to be mended now, and those that are given up by this
 * call, of which one alert was told. */
struct wsub_health_noted {
    const size_t *due, *given_up;
    size_t due_count, given_up_count;
    size_t open; /* how many are to be looked at again */
};

typedef void wsub_health_noted_cb(enum wsub_err err,
                                  const struct wsub_health_noted *noted,
                                  void *arg);
void wsub_health_note(struct wsub_store *store,
                      const struct wsub_health_note *note,
                      wsub_health_noted_cb *cb, void *arg);

/* What the coordinator says of the fsck; no more than once at a time. */
struct wsub_health_progress {
    uint64_t epoch;        /* of the coordinator */
    const char *item_done; /* as it was given; NULL: none */
    const char *state;     /* "running" or "done"; NULL: as it was */
    const char *progress;  /* JSON, with a state */
    uint64_t number;       /* of the fsck, with a state */
};

struct wsub_health_orders {
    uint64_t asked;         /* number of the last check that was asked for */
    uint64_t fsck;          /* of the last fsck */
    const char *fsck_state; /* "requested", "running", "done", or "" */
    bool fsck_repairs;
    /* One thing to be mended: `text` stands for all of it, "" for none. */
    const char *item;
    struct wsub_health_issue issue;
};

typedef void wsub_health_orders_cb(enum wsub_err err,
                                   const struct wsub_health_orders *orders,
                                   void *arg);
void wsub_health_orders(struct wsub_store *store,
                        const struct wsub_health_progress *progress,
                        wsub_health_orders_cb *cb, void *arg);

#endif
