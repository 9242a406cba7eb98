/* secret_keys.h - the key ring of a program that runs.
 *
 *   load --> start --> redis_up ... changed --> redis_up ...
 *
 * The file of the ring is looked at each few seconds, and at once when a secret
 * can't be opened; it is read when it has changed, once for each state of it.  So
 * keys are put in and taken out without a restart, and a secret whose key is
 * missing costs no more than that look.  A file that can't be used is an error in
 * the log and changes nothing.  The canary (canary.h) is looked at with the file,
 * and after each change of it. */
#ifndef WSUB_STORE_SECRET_KEYS_H
#define WSUB_STORE_SECRET_KEYS_H

#include <stdbool.h>

#include "common/base/err.h"

struct event_base;
struct wsub_keyring;
struct wsub_secret_keys;
struct wsub_store;

/* All borrowed; they outlive the keys, but for `store`. */
struct wsub_secret_keys_options {
    struct event_base *base;
    struct wsub_store *store; /* closed before the keys are freed */
    bool seals;               /* a hub: it stores secrets */
    /* The program must not run; with the sentence that says why. */
    void (*on_wrong)(const char *sentence, void *arg);
    void *arg; /* given to on_wrong */
};

/* Reads the file, "" for a ring without keys, of which the log warns.  On failure
 * one sentence is written to `err_text`. */
enum wsub_err
wsub_secret_keys_load(const char *path, char err_text[256],
                      struct wsub_secret_keys **ret_keys) WSUB_MUST_CHECK;
void wsub_secret_keys_free(struct wsub_secret_keys *keys);

/* Looks at the file, from now on. */
void wsub_secret_keys_start(struct wsub_secret_keys *keys,
                            const struct wsub_secret_keys_options *options);

/* Redis has come up. */
void wsub_secret_keys_redis_up(struct wsub_secret_keys *keys);

/* Looks at the file now: a secret can't be opened.  Returns whether the ring has
 * changed, so that it may be tried again. */
bool wsub_secret_keys_look(struct wsub_secret_keys *keys);

/* Stays where it is, whatever keys it has. */
const struct wsub_keyring *
wsub_secret_keys_ring(const struct wsub_secret_keys *keys);

#endif
