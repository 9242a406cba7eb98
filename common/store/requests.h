/* requests.h - subscribe, unsubscribe and denial requests that wait for their
 * verification (key request:TD:CD:MODE), and what comes of them. */
#ifndef WSUB_STORE_REQUESTS_H
#define WSUB_STORE_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/crypto/digest.h"
#include "common/store/store.h"

/* The MODE of docs/PROTOCOL.md. */
enum wsub_request_mode {
    WSUB_MODE_SUBSCRIBE = 's',
    WSUB_MODE_UNSUBSCRIBE = 'u',
    WSUB_MODE_DENIED = 'd',
};

/* "subscribe", "unsubscribe" or "denied". */
const char *wsub_request_mode_name(enum wsub_request_mode mode);

/* TD:CD:MODE */
#define WSUB_REQUEST_KEY_BYTES (2 * WSUB_DIGEST_LEN + 4)

/* Which request: one of a subscription's, by its mode. */
struct wsub_request_ref {
    char key[WSUB_REQUEST_KEY_BYTES]; /* TD:CD:MODE */
    char td[WSUB_DIGEST_LEN + 1];
    char cd[WSUB_DIGEST_LEN + 1];
    enum wsub_request_mode mode;
};

/* Parses TD:CD:MODE (NULL is fine); false when it is malformed. */
bool wsub_request_ref_parse(const char *key, size_t len,
                            struct wsub_request_ref *ret_ref);

/* A request as it waits; borrowed from the reply. */
struct wsub_request {
    uint64_t generation;
    const char *topic;        /* as it was given */
    const char *callback;     /* as it was given */
    const char *reason;       /* of a denial; "" for none */
    uint64_t lease_s;         /* of a subscription */
    const char *verify_token; /* to be sent back; "" for none */
    bool confirmed;           /* its replicas are on their way (`*` only) */
    bool is_newer; /* it is of another version: nothing else is known of it */
};

/* `request` is valid during the call; NULL when none waits, or only one that
 * can't be read. */
typedef void wsub_request_cb(const struct wsub_request *request, void *arg);

/* Reads the request until Redis has replied. */
void wsub_requests_get(struct wsub_store *store, unsigned shard,
                       const struct wsub_request_ref *ref, wsub_request_cb *cb,
                       void *arg);

typedef void wsub_request_waits_cb(enum wsub_err err, bool waits, void *arg);

/* Whether a subscribe request waits for its verification.  Tried once: `cb` is
 * called once, maybe during this call. */
void wsub_request_waits(struct wsub_store *store, unsigned shard,
                        const char *td, const char *cd,
                        wsub_request_waits_cb *cb, void *arg);

/* What came of a verification (verified.lua). */
enum wsub_verified {
    WSUB_VERIFIED_CONFIRMED,
    WSUB_VERIFIED_REFUSED,
    WSUB_VERIFIED_ENDED,      /* its topic has: it is denied */
    WSUB_VERIFIED_RETRY,      /* a passing failure */
    WSUB_VERIFIED_REPLICATED, /* confirmed, and all replicas are up to date */
    WSUB_VERIFIED_TOLD,       /* of a denial */
    WSUB_VERIFIED_UNTOLD,     /* of a denial: given up */
};

/* "confirmed", ...: for the log. */
const char *wsub_verified_name(enum wsub_verified outcome);

/* Why a verification failed, cut to this. */
#define WSUB_VERIFICATION_WHY_BYTES 200

struct wsub_verification {
    const char *td, *cd; /* borrowed */
    enum wsub_request_mode mode;
    uint64_t generation;
    enum wsub_verified outcome;
    uint64_t age_ms;   /* since the verification request was sent */
    uint64_t delay_ms; /* until the next attempt (RETRY) */
    uint32_t failures; /* so far (RETRY) */
    const char *entry; /* of `verify`, to be acknowledged; "-" for none */
    bool has_replicas; /* CONFIRMED: request and entry stay until REPLICATED */
    const char *why;   /* REFUSED, RETRY, UNTOLD: it failed; else NULL */
};

/* `effect` is applied, superseded, stale or denied. */
typedef void wsub_verified_cb(const char *effect, void *arg);

/* Applies the outcome; repeated until Redis has replied. */
void wsub_requests_verified(struct wsub_store *store, unsigned shard,
                            const struct wsub_verification *v,
                            wsub_verified_cb *cb, void *arg);

/* What a replica of a subscription to `*` is to become (replicate.lua). */
struct wsub_replica {
    const char *td, *cd; /* borrowed */
    bool subscribed;     /* else it is removed */
    uint64_t generation; /* of the request that was confirmed */
    const char *record;  /* of the home shard, when subscribed; else "" */
    size_t record_len;
    uint64_t expires_s; /* end of its lease */
};

/* Begins the call that brings the shard's replica up to date; for the calls of
 * this folder. */
void wsub_replica_cmd(struct wsub_cmd *cmd, const struct wsub_store *store,
                      unsigned shard, const struct wsub_replica *replica);

/* Brings the shard's replica up to date; repeated until Redis has replied. */
void wsub_requests_replicate(struct wsub_store *store, unsigned shard,
                             const struct wsub_replica *replica,
                             void (*cb)(void *arg), void *arg);

#endif
