/* groups.h - /admin/groups: topic groups (common/groups/groups.h). */
#ifndef HUB_GROUPS_H
#define HUB_GROUPS_H

#include "common/http/route.h"

#define HUB_GROUP_BODY_MAX_BYTES 65536

/* The check of a PUT: who may, and its Content-Type. */
wsub_http_check hub_groups_may_put;

/* PUT, GET and DELETE of /admin/groups/ID, GET of /admin/groups; `hub` is a struct
 * hub. */
wsub_http_handler hub_group_put, hub_group_get, hub_group_delete, hub_groups;

#endif
