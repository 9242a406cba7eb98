#include "common/net/prefix.h"

#include <string.h>

bool wsub_prefix_matches(const uint8_t *address, const uint8_t *prefix,
                         unsigned bits)
{
    unsigned rest = bits % 8;

    if (memcmp(address, prefix, bits / 8) != 0)
        return false;
    return rest == 0 ||
           (address[bits / 8] ^ prefix[bits / 8]) >> (8 - rest) == 0;
}
