/* restart.h - POST /admin/instances/NAME/restart: a process drains and executes
 * itself again. */
#ifndef HUB_RESTART_H
#define HUB_RESTART_H

#include "common/http/route.h"

/* The handler; `hub` is a struct hub. */
wsub_http_handler hub_restart;

#endif
