#include "common/store/test_event.h"

#include "common/store/place.h"

#define FIRST 4294960000u /* FIRST of test_event.lua */

bool wsub_test_event_is(const char *id)
{
    struct wsub_place place = wsub_place_of(0, id);

    return place.seq >= FIRST && place.seq <= UINT32_MAX;
}
