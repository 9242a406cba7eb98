/* pull_calls.h - calls of a store of pull subscriptions, each of which returns
 * what came of it; and the store that is tested. */
#ifndef TESTS_SUPPORT_PULL_CALLS_H
#define TESTS_SUPPORT_PULL_CALLS_H

#include "common/store/pull/subscription_store.h"

#define PULL_SHARDS 8

/* A kind of store, empty at first. */
struct pull_kind {
    const char *name;
    void (*set_up)(void);
    void (*tear_down)(void);
    struct wsub_pull_store *(*store)(void);
    /* Returns when *done is true. */
    void (*wait)(const bool *done);
    void (*pass_s)(unsigned seconds);
    /* Ends those that were not seen for their ttl; returns how many. */
    uint64_t (*expire)(void);
};

/* All calls from now on are for the store of this kind. */
void pull_calls_of(const struct pull_kind *kind);

/* What a request for messages has begun with. */
struct pull_request {
    const char *id, *token;
    enum wsub_pull_result result;
    char topics[256];
    uint32_t ttl_s;
    bool explicit_ack;
    char *cursors; /* owned; text; NULL unless the result is DONE */
    uint64_t number;
};

/* Cursors are text, NULL for none, and so are events. */
enum wsub_pull_result pull_add(const char *id, const char *topics,
                               uint32_t ttl_s, bool explicit_ack,
                               const char *cursors);
enum wsub_pull_result pull_add_at_most(const char *id, uint64_t max,
                                       uint64_t others);
/* Adds the same one so often at the same time; returns how many were done, the
 * others being told that there is one. */
unsigned pull_add_many(const char *id, unsigned count);
enum wsub_pull_result pull_remove(const char *id);
enum wsub_pull_result pull_update(const char *id, const char *topics,
                                  const char *cursors, uint32_t ttl_s);

/* Begins, or begins anew, with the request's token. */
enum wsub_pull_result pull_begin(struct pull_request *request, uint64_t wait_ms,
                                 bool again, const char *after);
void pull_request_done(struct pull_request *request);

/* Adds 1 to the request's number when something is taken. */
enum wsub_pull_result pull_take(struct pull_request *request,
                                const char *cursors);
enum wsub_pull_result pull_end(const struct pull_request *request,
                               const char *cursors);

/* The ids separated by spaces, and a "+" when more follow; the caller frees
 * it. */
char *pull_list(const char *after, size_t limit);

uint64_t pull_expire(void);
void pull_pass_s(unsigned seconds);

#endif
