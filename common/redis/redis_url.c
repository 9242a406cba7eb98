#include "common/redis/redis_url.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/base/hex.h"

#define DEFAULT_PORT 6379
#define PORT_MAX 65535
#define DB_MAX 65535 /* Redis has 16 unless configured otherwise */
#define HOST_CHARS                                                             \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"

/* Each step returns what is wrong, NULL when nothing is. */

/* Percent-decodes `len` bytes into `out` of `room` bytes. */
static const char *decode(const char *text, size_t len, char *out, size_t room)
{
    const char *end = text + len;
    size_t used = 0;

    while (text < end) {
        char c = *text++;

        if (c == '%') {
            int high = end - text >= 2 ? wsub_hex_digit(text[0]) : -1;
            int low = high >= 0 ? wsub_hex_digit(text[1]) : -1;

            if (low < 0 || (high == 0 && low == 0))
                return "a percent-escape is broken";
            c = (char)(high << 4 | low);
            text += 2;
        }
        if (used + 1 >= room)
            return "the user, the password or the path is too long";
        out[used++] = c;
    }
    out[used] = '\0';
    return NULL;
}

/* Reads `len` decimal digits as a number up to `max`. */
static bool parse_number(const char *text, size_t len, uint32_t max,
                         uint32_t *ret_number)
{
    uint64_t number = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(text[i] - '0');
        if (number > max)
            return false;
    }
    *ret_number = (uint32_t)number;
    return len > 0;
}

static const char *parse_db(const char *text, struct wsub_redis_url *url)
{
    return parse_number(text, strlen(text), DB_MAX, &url->db)
               ? NULL
               : "the database is not 0 to 65535";
}

/* Takes the credentials off the `*len` bytes at `*text`.  The last '@'
 * divides, so that a raw '@' in a password does no harm. */
static const char *parse_user(const char **text, size_t *len,
                              struct wsub_redis_url *url)
{
    const char *at = memrchr(*text, '@', *len);
    const char *colon, *fault;

    if (at == NULL)
        return NULL;
    colon = memchr(*text, ':', (size_t)(at - *text));
    if (colon == NULL)
        return "credentials are written :PASSWORD@ or USER:PASSWORD@";
    fault =
        decode(*text, (size_t)(colon - *text), url->user, sizeof(url->user));
    if (fault == NULL)
        fault = decode(colon + 1, (size_t)(at - colon - 1), url->password,
                       sizeof(url->password));
    if (fault == NULL && url->user[0] != '\0' && url->password[0] == '\0')
        fault = "there is a user without a password";
    *len -= (size_t)(at + 1 - *text);
    *text = at + 1;
    return fault;
}

static const char *parse_host(const char *text, size_t len,
                              struct wsub_redis_url *url)
{
    bool literal = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    struct in6_addr v6;

    if (literal) {
        text++;
        len -= 2;
    }
    if (len == 0)
        return "there is no host";
    if (len >= sizeof(url->host))
        return "the host is too long";
    memcpy(url->host, text, len);
    if (literal ? inet_pton(AF_INET6, url->host, &v6) != 1
                : strspn(url->host, HOST_CHARS) != len)
        return "the host is no name or address";
    return NULL;
}

static const char *parse_tcp(const char *text, struct wsub_redis_url *url)
{
    size_t len = strcspn(text, "/?#");
    const char *rest = text + len;
    const char *fault = parse_user(&text, &len, url);
    const char *close, *colon;
    uint32_t port = DEFAULT_PORT;

    if (fault != NULL)
        return fault;
    close = text[0] == '[' ? memchr(text, ']', len) : NULL;
    colon = close != NULL ? close + 1 : text;
    colon = memchr(colon, ':', len - (size_t)(colon - text));
    if (colon != NULL) {
        const char *digits = colon + 1;

        if (!parse_number(digits, (size_t)(rest - digits), PORT_MAX, &port) ||
            port == 0)
            return "the port is not 1 to 65535";
        len = (size_t)(colon - text);
    }
    url->kind = WSUB_REDIS_TCP;
    url->port = (uint16_t)port;
    fault = parse_host(text, len, url);
    if (fault != NULL || *rest == '\0' || strcmp(rest, "/") == 0)
        return fault;
    if (*rest != '/' || strpbrk(rest, "?#") != NULL)
        return "only /DB may follow the host";
    return parse_db(rest + 1, url);
}

static const char *parse_unix(const char *text, struct wsub_redis_url *url)
{
    size_t before = strcspn(text, "/?#");
    size_t len;
    const char *fault = parse_user(&text, &before, url);

    if (fault != NULL)
        return fault;
    if (before != 0 || *text != '/')
        return "the path of the socket is not absolute";
    url->kind = WSUB_REDIS_UNIX;
    len = strcspn(text, "?");
    fault = decode(text, len, url->path, sizeof(url->path));
    if (fault != NULL || text[len] == '\0')
        return fault;
    if (strncmp(text + len, "?db=", 4) != 0)
        return "only ?db=DB may follow the path";
    return parse_db(text + len + 4, url);
}

enum wsub_err wsub_redis_url_parse(const char *text, const char **ret_reason,
                                   struct wsub_redis_url *ret_url)
{
    struct wsub_redis_url url = {0};
    const char *fault;

    if (strncmp(text, "redis://", 8) == 0)
        fault = parse_tcp(text + 8, &url);
    else if (strncmp(text, "unix://", 7) == 0)
        fault = parse_unix(text + 7, &url);
    else if (strncmp(text, "rediss://", 9) == 0)
        fault = "this build has no TLS, so rediss:// does not work";
    else
        fault = "it begins with neither redis:// nor unix://";
    if (fault != NULL) {
        *ret_reason = fault;
        return WSUB_ERR_INVALID;
    }
    *ret_url = url;
    return WSUB_OK;
}
