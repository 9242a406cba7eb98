/* instance_record.h - what a process says of itself, as operators see it.
 *
 * Health is the record's; `error` when there is no record that can be read;
 * `unreachable` without a heartbeat in the last heartbeat_timeout_ms, or with one
 * that is as far ahead: a clock went wrong. */
#ifndef HUB_INSTANCE_RECORD_H
#define HUB_INSTANCE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct wsub_instance_row;

/* A row of the list; without a readable record it has name, health and the age
 * of the heartbeat only. */
json_t *hub_instance_json(const struct wsub_instance_row *row,
                          uint32_t timeout_ms);

/* {ROLE: {STATE: COUNT, ...}, ...}; role `unknown` for those of which neither
 * record nor heartbeat tells it. */
json_t *hub_instance_counts(const struct wsub_instance_row *rows, size_t count,
                            uint32_t timeout_ms);

#endif
