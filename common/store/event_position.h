/* event_position.h - how far a process has read the cluster events: the hash
 * `P:{c}:positions` (event_position.lua). */
#ifndef WSUB_STORE_EVENT_POSITION_H
#define WSUB_STORE_EVENT_POSITION_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"
#include "common/store/entry_id.h"

struct wsub_cmd;
struct wsub_store;

struct wsub_event_position {
    struct wsub_entry_id id; /* of the last event that was read */
    uint64_t n;              /* events that were added up to there */
};

/* `missed` events were trimmed before they were read.  `position` is NULL unless
 * err is WSUB_OK. */
typedef void wsub_event_position_cb(enum wsub_err err,
                                    const struct wsub_event_position *position,
                                    uint64_t missed, void *arg);

/* Finds from where process `name` reads on: it has come to `known`, or NULL for
 * what was saved under its name.  Tried once: `cb` is called once, maybe during
 * this call. */
void wsub_event_position_look(struct wsub_store *store, const char *name,
                              const struct wsub_event_position *known,
                              wsub_event_position_cb *cb, void *arg);

/* Saves it.  Tried once: a position that was not saved means that events are
 * read twice after a restart. */
void wsub_event_position_save(struct wsub_store *store, const char *name,
                              const struct wsub_event_position *position);

/* The command that reads at most `most` events after the position, and waits for
 * one for up to `block_ms`; for a connection of its own (wsub_store_reader()). */
void wsub_event_position_read(const struct wsub_store *store,
                              const struct wsub_event_position *position,
                              size_t most, uint32_t block_ms,
                              struct wsub_cmd *ret_cmd);

#endif
