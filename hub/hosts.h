/* hosts.h - the hosts that subscribers and publishers have, as the processes see
 * them. */
#ifndef HUB_HOSTS_H
#define HUB_HOSTS_H

#include "common/http/route.h"

/* GET /admin/hosts: those in trouble and the busiest of each process
 * (common/program/host_watch.h), in the order of their names. */
wsub_http_handler hub_hosts;
#endif
