/* secrets.h - subscribers' secrets as they lie in Redis, to be sealed with another
 * key (secrets.lua, seal.lua). */
#ifndef WSUB_STORE_SECRETS_H
#define WSUB_STORE_SECRETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/store/store.h"

/* Where a walk over a shard's secrets is; zeroed at its begin, but for `shard`.
 * First the leaves of the index, then the requests that wait. */
struct wsub_secrets_at {
    unsigned shard;
    bool of_requests;
    char bound[64]; /* of the next leaf, or cursor of requests */
};

/* Borrowed from the reply. */
struct wsub_secrets_page {
    const char *next;           /* where to go on: wsub_secrets_go_on() */
    bool more;                  /* leaves, or requests */
    uint64_t newest;            /* that are sealed with the newest key */
    uint64_t unreadable;        /* records of another version */
    const struct redisReply *r; /* the others: wsub_secrets_find() */
    size_t count;               /* of them */
};

/* A secret that another key has sealed, or none. */
struct wsub_secret {
    const char *name; /* TD:CD, of a request :MODE behind it */
    const char *sealed;
    size_t len;
};

typedef void wsub_secrets_cb(const struct wsub_secrets_page *page, void *arg);

/* Finds the secrets of the next page that do not begin with `newest`; repeated
 * until Redis has replied. */
void wsub_secrets_read(struct wsub_store *store,
                       const struct wsub_secrets_at *at, const char *newest,
                       wsub_secrets_cb *cb, void *arg);

/* Goes on behind the page that was read at `at`; false when that was the last one
 * of the shard. */
bool wsub_secrets_go_on(struct wsub_secrets_at *at,
                        const struct wsub_secrets_page *page);

/* The secret number `n` of a page. */
struct wsub_secret wsub_secrets_find(const struct wsub_secrets_page *page,
                                     size_t n);

/* What was sealed anew, of one shard:
 *   wsub_secrets_begin(&cmd, store, shard);
 *   wsub_secrets_add() of each
 *   wsub_secrets_send() */
void wsub_secrets_begin(struct wsub_cmd *cmd, struct wsub_store *store,
                        unsigned shard);
void wsub_secrets_add(struct wsub_cmd *cmd, const struct wsub_secret *before,
                      const char *now, size_t len);

/* `put` of them were what they were before; repeated until Redis has replied. */
typedef void wsub_secrets_put_cb(uint64_t put, void *arg);
void wsub_secrets_send(struct wsub_store *store, unsigned shard,
                       struct wsub_cmd *cmd, wsub_secrets_put_cb *cb,
                       void *arg);

#endif
