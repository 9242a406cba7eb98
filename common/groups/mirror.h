/* mirror.h - keeps the topic groups of the own Redis up to those of the registry of
 * record, where that is another Redis.
 *
 *   registry: changes since the place --> own Redis: take over what is greater
 *
 * The coordinator does it, each group_watch_interval_ms and when it has become it;
 * the hub that has served a change does it for that one at once.  What both bring
 * is taken over once (group_apply.lua). */
#ifndef WSUB_GROUPS_MIRROR_H
#define WSUB_GROUPS_MIRROR_H

#include <stdbool.h>

struct event_base;
struct wsub_config;
struct wsub_group_mirror;
struct wsub_groups;
struct wsub_store;

struct wsub_group_mirror_options {
    struct event_base *base;          /* borrowed; outlives the mirror */
    struct wsub_store *store;         /* borrowed; the own one */
    struct wsub_store *registry;      /* borrowed; may be the same */
    const struct wsub_config *config; /* borrowed */
    const struct wsub_groups *groups; /* borrowed */
    bool (*may_write)(void *arg); /* whether the process is the coordinator */
    void *arg;
};

struct wsub_group_mirror *
wsub_group_mirror_new(const struct wsub_group_mirror_options *options);
/* After both stores were closed.  NULL is fine. */
void wsub_group_mirror_free(struct wsub_group_mirror *mirror);

/* Looks at once. */
void wsub_group_mirror_look(struct wsub_group_mirror *mirror);

#endif
