#include "common/base/utf8.h"

#include <stdint.h>

/* The code point's range for each length of an encoding: what a shorter one
 * could say is refused (RFC 3629 section 3). */
static const struct {
    unsigned char mask, lead;
    uint32_t least;
} kinds[] = {
    {0x80, 0x00, 0x01}, /* a zero byte is refused with the overlong ones */
    {0xe0, 0xc0, 0x80},
    {0xf0, 0xe0, 0x800},
    {0xf8, 0xf0, 0x10000},
};

size_t wsub_utf8_char_bytes(const char *text, size_t left)
{
    const unsigned char *s = (const unsigned char *)text;

    for (size_t k = 0; k < 4; k++) {
        uint32_t point;

        if ((s[0] & kinds[k].mask) != kinds[k].lead)
            continue;
        point = s[0] & (unsigned char)~kinds[k].mask;
        for (size_t i = 1; i <= k; i++) {
            if (i >= left || (s[i] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (s[i] & 0x3fu);
        }
        if (point < kinds[k].least || point > 0x10ffff ||
            (point >= 0xd800 && point <= 0xdfff))
            return 0;
        return k + 1;
    }
    return 0;
}

/* Of US-ASCII, as nearly all are. */
static bool is_plain(char c)
{
    return (unsigned char)c - 1u < 0x7f;
}

bool wsub_utf8_is(const char *s, size_t len)
{
    size_t at = 0, n;

    while (at < len) {
        n = is_plain(s[at]) ? 1 : wsub_utf8_char_bytes(s + at, len - at);
        if (n == 0)
            return false;
        at += n;
    }
    return true;
}
