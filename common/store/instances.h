/* instances.h - the processes of the cluster: records and heartbeats
 * (register.lua, heartbeat.lua, deregister.lua).
 *
 * A process is named by its name and its incarnation, which rises with each of
 * its lives.  A call under an incarnation that is over is refused with
 * WSUB_ERR_FENCED.  Each call is sent once; its callback is called once, maybe
 * during the call.  Texts of a result are valid during the callback. */
#ifndef WSUB_STORE_INSTANCES_H
#define WSUB_STORE_INSTANCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/owners.h"

struct wsub_store;

/* What a process says of itself; texts are borrowed. */
struct wsub_instance {
    const char *name;
    const char *role; /* "hub", "spreader" or "deliver" */
    const char *site;
    const char *host;
    const char *status;     /* where its status is served; "": nowhere */
    const char *listen;     /* where it serves; NULL: it is no hub */
    const char *public_url; /* NULL likewise */
    const char *version;
    const char *health; /* "healthy", "degraded" or "failed" */
    uint64_t pid;
    uint64_t started_ms;  /* Unix time */
    uint64_t incarnation; /* 0: not registered yet */
    unsigned shards;      /* that it may own */
    uint32_t failures;    /* to register, in a row, before this time */
};

#define WSUB_WHY_BYTES 256

struct wsub_registered {
    enum wsub_err err; /* WSUB_ERR_FENCED: the name is another process's */
    uint64_t incarnation;
    uint64_t previous; /* the incarnation before it; 0: it did not change */
    char why[WSUB_WHY_BYTES]; /* of a refusal, else "" */
};

typedef void wsub_registered_cb(const struct wsub_registered *registered,
                                void *arg);

/* Writes record and heartbeat.  Repeating it is a renewal. */
void wsub_instance_register(struct wsub_store *store,
                            const struct wsub_instance *instance,
                            wsub_registered_cb *cb, void *arg);

/* `incarnation` is 0 when there is no record. */
typedef void wsub_incarnation_cb(enum wsub_err err, uint64_t incarnation,
                                 void *arg);

/* Reads whose the name is. */
void wsub_instance_read(struct wsub_store *store, const char *name,
                        wsub_incarnation_cb *cb, void *arg);

#define WSUB_VICTIMS_MAX 16

/* A process whose heartbeat is missing, or that somebody has begun to
 * remove. */
struct wsub_victim {
    struct wsub_instance_ref ref; /* incarnation 0: not known */
    const char *role;
};

struct wsub_beat {
    enum wsub_err err;        /* WSUB_ERR_FENCED: the incarnation is over */
    char why[WSUB_WHY_BYTES]; /* of a refusal, else "" */
    bool is_late;             /* its own heartbeat was missing */
    bool wants_restart;       /* an operator does */
    uint64_t hubs, spreaders, delivers; /* that live */
    uint64_t next_ms; /* until another heartbeat goes missing */
    size_t victim_count;
    struct wsub_victim victims[WSUB_VICTIMS_MAX];
};

typedef void wsub_beat_cb(const struct wsub_beat *beat, void *arg);

/* Renews the heartbeat, which counts as missing after `timeout_ms`. */
void wsub_instance_beat(struct wsub_store *store,
                        const struct wsub_instance_ref *me, const char *role,
                        uint32_t timeout_ms, wsub_beat_cb *cb, void *arg);

typedef void wsub_instance_cb(enum wsub_err err, void *arg);

/* Removes record and heartbeat of a process that ends. */
void wsub_instance_deregister(struct wsub_store *store,
                              const struct wsub_instance_ref *me,
                              const char *role, wsub_instance_cb *cb,
                              void *arg);

/* `incarnation` is the one that is to restart; WSUB_ERR_NOT_FOUND: there is no
 * such process; WSUB_ERR_FULL: it was asked to before. */
void wsub_instance_restart(struct wsub_store *store, const char *name,
                           wsub_incarnation_cb *cb, void *arg);

#endif
