#include "hub/index_place.h"

#include <stdio.h>
#include <string.h>

#include "hub/operator.h"
#include "hub/params.h"

#define TEXT_BYTES (WSUB_SUBSCRIPTION_AFTER_BYTES + 16)

/* Parses N:AFTER. */
static bool parse(const char *text, unsigned first, unsigned last,
                  struct hub_index_place *ret_place)
{
    struct hub_index_place place;
    int end = 0;

    if (sscanf(text, "%5u:%n", &place.shard, &end) != 1 || end == 0 ||
        place.shard < first || place.shard > last ||
        strlen(text + end) >= sizeof(place.after))
        return false;
    snprintf(place.after, sizeof(place.after), "%s", text + end);
    *ret_place = place;
    return true;
}

void hub_index_place(const struct wsub_form *query, unsigned first,
                     unsigned last, struct hub_errors *errors,
                     struct hub_index_place *ret_place)
{
    static const char name[] = "from";
    const char *text = NULL;

    *ret_place = (struct hub_index_place){.shard = first};
    if (hub_param_optional(query, name, HUB_FAULT_REQUEST, errors, &text) &&
        text != NULL && !parse(text, first, last, ret_place))
        hub_operator_add_stray(errors, name);
}

bool hub_index_place_move(struct hub_index_place *place, const char *after,
                          unsigned last)
{
    snprintf(place->after, sizeof(place->after), "%s", after);
    if (after[0] != '\0')
        return true;
    return place->shard++ < last;
}

json_t *hub_index_place_json(const struct hub_index_place *place)
{
    char text[TEXT_BYTES];

    snprintf(text, sizeof(text), "%u:%s", place->shard, place->after);
    return json_string(text);
}
