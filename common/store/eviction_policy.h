/* eviction_policy.h - asks a server of Redis for its maxmemory-policy.
 *
 *   CONFIG GET --> known
 *       '-> refused, as managed servers do --> INFO memory --> known, or not told */
#ifndef WSUB_STORE_EVICTION_POLICY_H
#define WSUB_STORE_EVICTION_POLICY_H

struct wsub_calls;

struct wsub_eviction_policy {
    struct wsub_calls *calls; /* borrowed; outlives this */
    /* "" when the server does not tell it; not called when the link breaks. */
    void (*on_known)(const char *policy, void *arg);
    void *arg; /* borrowed; given to on_known */
};

/* The link has come up. */
void wsub_eviction_policy_ask(struct wsub_eviction_policy *policy);

#endif
