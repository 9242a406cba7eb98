#include "common/http/accept.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define QUALITY_ONE 1000 /* qualities have three decimals */

/* How much a type is wanted, and how precisely the header says so. */
struct wish {
    unsigned quality; /* in thousandths */
    /* 0: not named; 1: any type; 2: any of its kind, such as all of
     * application; 3: by its name. */
    unsigned precision;
};

static bool wish_above(struct wish a, struct wish b)
{
    return a.quality > b.quality ||
           (a.quality == b.quality && a.precision > b.precision);
}

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " \t");
}

/* Goes to the next of `ends` that stands outside of quotes. */
static const char *skip_to(const char *p, const char *ends)
{
    bool quoted = false;

    for (; *p != '\0' && (quoted || strchr(ends, *p) == NULL); p++) {
        if (*p == '"')
            quoted = !quoted;
        else if (quoted && *p == '\\' && p[1] != '\0')
            p++;
    }
    return p;
}

/* Reads 0, 1, or one of them with up to three decimals, up to a blank or the
 * end of the parameter. */
static bool parse_quality(const char *text, unsigned *ret_quality)
{
    unsigned quality = 0, scale = QUALITY_ONE;

    if (*text != '0' && *text != '1')
        return false;
    quality = (unsigned)(*text++ - '0') * scale;
    if (*text == '.')
        for (text++; *text >= '0' && *text <= '9' && scale > 1; text++) {
            scale /= 10;
            quality += (unsigned)(*text - '0') * scale;
        }
    *ret_quality = quality;
    return quality <= QUALITY_ONE && strchr(" \t;,", *text) != NULL;
}

/* Reads the parameters of an element, from its first ';' on. */
static bool parse_parameters(const char *p, unsigned *ret_quality)
{
    *ret_quality = QUALITY_ONE;
    while (*p == ';') {
        p = skip_blanks(p + 1);
        if (strncasecmp(p, "q=", 2) == 0 && !parse_quality(p + 2, ret_quality))
            return false;
        p = skip_to(p, ";,");
    }
    return true;
}

/* How precisely a range of `len` bytes names `type`. */
static unsigned precision_of(const char *range, size_t len, const char *type)
{
    size_t major = strcspn(type, "/") + 1;

    if (len == strlen(type) && strncasecmp(range, type, len) == 0)
        return 3;
    if (len == major + 1 && strncasecmp(range, type, major) == 0 &&
        range[major] == '*')
        return 2;
    return len == 3 && memcmp(range, "*/*", 3) == 0 ? 1 : 0;
}

static struct wish wish_for(const char *accept, const char *type)
{
    struct wish wish = {0};

    for (const char *p = accept; *p != '\0';) {
        const char *range = skip_blanks(p);
        size_t len = strcspn(range, " \t;,");
        unsigned precision = precision_of(range, len, type), quality;

        if (precision > 0 && precision >= wish.precision &&
            parse_parameters(skip_to(range + len, ";,"), &quality) &&
            (precision > wish.precision || quality > wish.quality))
            wish = (struct wish){quality, precision};
        p = skip_to(range, ",");
        if (*p == ',')
            p++;
    }
    return wish;
}

bool wsub_accept_prefers_json(const char *accept)
{
    struct wish json, plain, html;

    if (accept == NULL)
        return false;
    json = wish_for(accept, "application/json");
    plain = wish_for(accept, "text/plain");
    html = wish_for(accept, "text/html");
    return json.quality > 0 && wish_above(json, plain) &&
           wish_above(json, html);
}
