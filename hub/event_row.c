#include "hub/event_row.h"

#include "hub/json.h"

static json_t *deliveries_json(const struct wsub_event_status *status)
{
    if (status->has_left)
        return json_null();
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I}", "posted", (json_int_t)status->posted,
        "delivered", (json_int_t)status->delivered, "waiting",
        (json_int_t)status->waiting, "dead", (json_int_t)status->dead, "ended",
        (json_int_t)status->ended);
}

json_t *hub_event_row(const struct wsub_place *event,
                      const struct wsub_event_status *status)
{
    return json_pack(
        "{s:o, s:I, s:o, s:o, s:o, s:I, s:b, s:o}", "id", hub_json_place(event),
        "at_ms", (json_int_t)event->ms, "topic", hub_json_text(status->topic),
        "content_type", hub_json_text(status->type), "content_encoding",
        hub_json_text(status->coding[0] != '\0' ? status->coding : NULL),
        "size", (json_int_t)status->body_bytes, "fanned_out",
        (int)status->fanned_out, "deliveries", deliveries_json(status));
}
