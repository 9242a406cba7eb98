/* vital_rules.h - when the system is healthy, degraded or unhealthy. */
#ifndef HUB_VITAL_RULES_H
#define HUB_VITAL_RULES_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "common/store/instance_list.h"
#include "common/store/server_info.h"

enum hub_vital { HUB_HEALTHY, HUB_DEGRADED, HUB_UNHEALTHY };

/* "healthy", "degraded" or "unhealthy". */
const char *hub_vital_name(enum hub_vital vital);

/* The rules, each with its part of the response, a new object.  `info` is NULL
 * when Redis can't be reached. */
enum hub_vital hub_vital_of_redis(const struct wsub_server_info *info,
                                  json_t **ret_json);
enum hub_vital hub_vital_of_instances(const struct wsub_instance_row *rows,
                                      size_t count, uint32_t timeout_ms,
                                      json_t **ret_json);
enum hub_vital hub_vital_of_shards(unsigned shards, unsigned owned,
                                   json_t **ret_json);

#endif
