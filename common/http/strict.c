#include "common/http/strict.h"

#include <string.h>

#define VERSION_BYTES 8 /* HTTP/1.1 */

/* RFC 9110 section 5.6.2. */
static bool is_token(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        (c >= '0' && c <= '9'))
        return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token_run(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_token(bytes[i]))
            return false;
    return len > 0;
}

static bool is_target(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (bytes[i] <= 0x20 || bytes[i] >= 0x7f || bytes[i] == '#')
            return false;
    return len > 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum wsub_http_fault check_version(const char *version)
{
    if (memcmp(version, "HTTP/", 5) != 0 || !is_digit(version[5]) ||
        version[6] != '.' || !is_digit(version[7]))
        return WSUB_HTTP_BAD_LINE;
    return version[5] == '1' ? WSUB_HTTP_FINE : WSUB_HTTP_BAD_VERSION;
}

enum wsub_http_fault wsub_http_strict_request_line(const char *line, size_t len)
{
    const char *target = memchr(line, ' ', len);
    const char *version;
    enum wsub_http_fault fault;

    if (target == NULL || len < VERSION_BYTES)
        return WSUB_HTTP_BAD_LINE;
    version = line + len - VERSION_BYTES;
    if (version <= target + 1 || version[-1] != ' ' ||
        !is_token_run(line, (size_t)(target - line)))
        return WSUB_HTTP_BAD_LINE;
    fault = check_version(version);
    if (fault != WSUB_HTTP_FINE)
        return fault;
    target++;
    if (!is_target(target, (size_t)(version - 1 - target)))
        return WSUB_HTTP_BAD_TARGET;
    return WSUB_HTTP_FINE;
}

bool wsub_http_strict_text(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

enum wsub_http_fault wsub_http_strict_field(const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);

    if (len > 0 && (line[0] == ' ' || line[0] == '\t'))
        return WSUB_HTTP_FOLDED;
    if (colon == NULL || !is_token_run(line, (size_t)(colon - line)))
        return WSUB_HTTP_BAD_NAME;
    if (!wsub_http_strict_text(colon, len - (size_t)(colon - line)))
        return WSUB_HTTP_BAD_VALUE;
    return WSUB_HTTP_FINE;
}
