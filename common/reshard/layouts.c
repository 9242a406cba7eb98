#include "common/reshard/layouts.h"

#include <string.h>

#include "common/crypto/digest.h"
#include "common/store/topic.h"

unsigned wsub_layouts_classes(const struct wsub_layouts *layouts)
{
    unsigned a = layouts->from, b = layouts->to;

    while (b != 0) {
        unsigned rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

unsigned wsub_layouts_factor(const struct wsub_layouts *layouts)
{
    return layouts->from / wsub_layouts_classes(layouts);
}

unsigned wsub_layouts_part(const struct wsub_layouts *layouts,
                           unsigned old_shard)
{
    return old_shard / wsub_layouts_classes(layouts);
}

bool wsub_layouts_feeds(const struct wsub_layouts *layouts, unsigned old_shard,
                        unsigned new_shard)
{
    unsigned by = wsub_layouts_classes(layouts);

    return old_shard % by == new_shard % by;
}

static unsigned shard_of_pull(const struct wsub_layouts *layouts,
                              const char *id)
{
    char digest[WSUB_DIGEST_LEN + 1];

    wsub_digest(id, strlen(id), digest);
    return wsub_digest_bucket(digest, layouts->to);
}

bool wsub_layouts_place(const struct wsub_layouts *layouts, unsigned old_shard,
                        const char *place, struct wsub_targets *ret_targets)
{
    unsigned by = wsub_layouts_classes(layouts);
    struct wsub_targets targets = {.step = 1, .count = 1};

    switch (place[0]) {
    case 't':
        targets.first = wsub_topic_shard_of(place + 1, layouts->to);
        break;
    case 'd':
        if (strlen(place + 1) != WSUB_DIGEST_LEN)
            return false;
        targets.first = wsub_digest_bucket(place + 1, layouts->to);
        break;
    case 'i':
        targets.first = shard_of_pull(layouts, place + 1);
        break;
    case 'o':
        targets.first = old_shard % by;
        break;
    case 'a':
        targets = (struct wsub_targets){old_shard % by, by, layouts->to / by};
        break;
    case 'e':
        targets.count = layouts->to;
        break;
    default:
        return false;
    }
    *ret_targets = targets;
    return true;
}
