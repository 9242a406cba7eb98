/* restart.c - see restart.h.
 *
 *   token -> the request is noted -> 202, and the process finds it
 *                         |'-> 404   there is no such process
 *                         |'-> 409   it was asked to before
 *                         '--> 503
 */
#include "hub/restart.h"

#include <jansson.h>

#include "common/base/log.h"
#include "common/http/respond.h"
#include "common/store/instances.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"

#define NAME_SEGMENT 2 /* of /admin/instances/NAME/restart */

static void on_asked(enum wsub_err err, uint64_t incarnation, void *arg)
{
    struct wsub_http_request *req = arg;

    if (err == WSUB_OK)
        hub_json_respond_status(
            req, 202,
            json_pack("{s:I}", "incarnation", (json_int_t)incarnation));
    else if (err == WSUB_ERR_NOT_FOUND)
        hub_refuse(req, HUB_FAULT_NOT_FOUND, NULL,
                   "There is no process of this name.");
    else if (err == WSUB_ERR_FULL)
        hub_refuse(req, HUB_FAULT_CONFLICT, NULL,
                   "This process is restarting already.");
    else
        hub_refuse_unavailable(req);
}

void hub_restart(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;
    char name[WSUB_INSTANCE_NAME_BYTES];

    if (!wsub_http_route_segment(req, NAME_SEGMENT, name, sizeof(name))) {
        on_asked(WSUB_ERR_NOT_FOUND, 0, req);
        return;
    }
    wsub_log_info("restart-requested", WSUB_KV("instance", name));
    wsub_instance_restart(hub->store, name, on_asked, req);
}
