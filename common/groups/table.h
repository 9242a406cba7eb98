/* table.h - the topic groups that are applied, by their prefixes.
 *
 *   apply: a version that is greater than the one that is there, else nothing
 *   find:  the group with the longest prefix of a topic
 *
 * Pure: no Redis, no clock.  How long a look takes depends on the labels of the
 * topic, not on the number of groups: a hash has the prefixes, and lengths that no
 * prefix has are passed over. */
#ifndef WSUB_GROUPS_TABLE_H
#define WSUB_GROUPS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/groups/policy.h"

struct wsub_config;
struct wsub_group_table;

enum wsub_group_effect {
    WSUB_GROUP_APPLIED,
    WSUB_GROUP_KNOWN,      /* that version is there */
    WSUB_GROUP_OLD,        /* a greater one is */
    WSUB_GROUP_UNREADABLE, /* it is no record */
};

/* `config` is borrowed and outlives the table. */
struct wsub_group_table *wsub_group_table_new(const struct wsub_config *config);
void wsub_group_table_free(struct wsub_group_table *table); /* NULL is fine */

/* Another version of a group is there: `policy` is what holds for `prefix` now.
 * Both are borrowed for the call, which must not change the table. */
typedef void wsub_group_changed_in_cb(const struct wsub_policy *policy,
                                      const char *id, uint64_t version,
                                      const char *prefix, void *arg);

/* Takes a record.  `on_changed` is called when it is applied. */
enum wsub_group_effect
wsub_group_table_apply(struct wsub_group_table *table, const char *record,
                       wsub_group_changed_in_cb *on_changed, void *arg);

/* The records come from the start, those of a Redis that holds others than before
 * maybe: of each group the next record counts, whatever its version.  Groups of
 * which there is none leave by wsub_group_table_end_again(). */
void wsub_group_table_begin_again(struct wsub_group_table *table);
void wsub_group_table_end_again(struct wsub_group_table *table,
                                wsub_group_changed_in_cb *on_changed,
                                void *arg);

/* As wsub_groups_find() (groups.h). */
const struct wsub_policy *
wsub_group_table_find(const struct wsub_group_table *table, const char *topic);

/* The version of a group; 0 when it is not known. */
uint64_t wsub_group_table_version(const struct wsub_group_table *table,
                                  const char *id);

/* How many groups are known, tombstones included. */
size_t wsub_group_table_count(const struct wsub_group_table *table);

/* Whether `token` is one of some group's, for publishing or subscribing.  Looks at
 * all that have tokens. */
bool wsub_group_table_knows(const struct wsub_group_table *table,
                            const char *token);

/* Calls `on_policy` for each group below the dotted topic that has subscribe tokens
 * of its own (of every one where `topic` is `*`, and of those with URLs too where
 * it is empty), until it returns false; then false is returned.  Costs nothing
 * where there is none. */
bool wsub_group_table_guarded(
    const struct wsub_group_table *table, const char *topic,
    bool (*on_policy)(const struct wsub_policy *policy, void *arg), void *arg);

#endif
