#include "common/http/authority.h"

#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "common/base/hex.h"

#define PORT_MAX 65535

/* RFC 3986 section 3.2.2: unreserved and sub-delims. */
static bool is_name_byte(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        (c >= '0' && c <= '9'))
        return true;
    return c != '\0' && strchr("-._~!$&'()*+,;=", c) != NULL;
}

/* How many bytes a name at the beginning has. */
static size_t name_len(const char *bytes, size_t len)
{
    size_t i = 0;

    while (i < len) {
        if (is_name_byte(bytes[i]))
            i++;
        else if (bytes[i] == '%' && len - i > 2 &&
                 wsub_hex_digit(bytes[i + 1]) >= 0 &&
                 wsub_hex_digit(bytes[i + 2]) >= 0)
            i += 3;
        else
            break;
    }
    return i;
}

/* The same of an IPv6 address with its brackets; 0 when it is none. */
static size_t literal_len(const char *bytes, size_t len)
{
    const char *end = memchr(bytes, ']', len);
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;
    size_t inner;

    if (end == NULL)
        return 0;
    inner = (size_t)(end - bytes) - 1;
    if (inner >= sizeof(text))
        return 0;
    memcpy(text, bytes + 1, inner);
    text[inner] = '\0';
    if (strlen(text) != inner)
        return 0;
    return inet_pton(AF_INET6, text, &address) == 1 ? inner + 2 : 0;
}

/* What stands behind the host. */
static bool is_port(const char *bytes, size_t len)
{
    unsigned port = 0;

    if (len == 0)
        return true;
    if (bytes[0] != ':')
        return false;
    for (size_t i = 1; i < len && port <= PORT_MAX; i++) {
        if (bytes[i] < '0' || bytes[i] > '9')
            return false;
        port = port * 10 + (unsigned)(bytes[i] - '0');
    }
    return port <= PORT_MAX;
}

bool wsub_http_is_authority(const char *bytes, size_t len)
{
    size_t host;

    if (len == 0)
        return false;
    host = bytes[0] == '[' ? literal_len(bytes, len) : name_len(bytes, len);
    return host > 0 && is_port(bytes + host, len - host);
}
