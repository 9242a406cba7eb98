#include "hub/cluster.h"

#include "common/store/leader.h"
#include "hub/errors.h"
#include "hub/hub.h"
#include "hub/json.h"

static json_t *leader_json(const struct wsub_leader *leader)
{
    if (leader == NULL)
        return json_null();
    return json_pack(
        "{s:o, s:I, s:I, s:I}", "instance", hub_json_text(leader->instance),
        "incarnation", (json_int_t)leader->incarnation, "epoch",
        (json_int_t)leader->epoch, "lease_ms", (json_int_t)leader->lease_ms);
}

static void on_leader(enum wsub_err err, const struct wsub_leader *leader,
                      void *arg)
{
    struct wsub_http_request *req = arg;

    if (err == WSUB_OK)
        hub_json_respond(req,
                         json_pack("{s:o}", "leader", leader_json(leader)));
    else
        hub_refuse_unavailable(req);
}

void hub_leader(struct wsub_http_request *req, void *arg)
{
    struct hub *hub = arg;

    wsub_leader_look(hub->store, on_leader, req);
}
