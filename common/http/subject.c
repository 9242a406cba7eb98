#include "common/http/subject.h"

#include <string.h>

#include <arpa/inet.h>

#include "common/base/pattern.h"

#define MAPPED "::ffff:" /* before an IPv4 address, as inet_ntop() spells it */

/* `host` is spelled as in struct wsub_url. */
static void add_v6(const char *host, struct wsub_buf *out)
{
    bool is_mapped = strncmp(host, MAPPED, sizeof(MAPPED) - 1) == 0 &&
                     strchr(host, '.') != NULL;

    if (is_mapped)
        wsub_buf_str(out, host + sizeof(MAPPED) - 1);
    else
        wsub_buf_printf(out, "[%s]", host);
}

void wsub_subject_host(const struct wsub_url *url, struct wsub_buf *ret_host)
{
    size_t len = strlen(url->host);

    if (strchr(url->host, ':') != NULL) {
        add_v6(url->host, ret_host);
        return;
    }
    if (url->host[len - 1] == '.')
        len--;
    wsub_buf_add(ret_host, url->host, len);
}

void wsub_subject(const char *normalized, struct wsub_buf *ret_subject)
{
    struct wsub_url url;
    const char *rest;

    if (wsub_url_parse(normalized, NULL, &url) != WSUB_URL_FINE) {
        wsub_buf_str(ret_subject, normalized);
        return;
    }
    wsub_buf_str(ret_subject, url.https ? "https://" : "http://");
    wsub_subject_host(&url, ret_subject);
    if (url.port != (url.https ? 443 : 80))
        wsub_buf_printf(ret_subject, ":%u", (unsigned)url.port);
    rest = strchr(normalized, ':') + strlen("://");
    rest += strcspn(rest, "/?");
    if (*rest != '/')
        wsub_buf_char(ret_subject, '/');
    wsub_buf_str(ret_subject, rest);
}

/* Adds what stands from `text` to `end`, an item of a list; a host that is an
 * IPv6 address in its one spelling. */
static void add_pattern(const char *text, const char *end, struct wsub_buf *out)
{
    const char *scheme = memmem(text, (size_t)(end - text), "://", 3);
    const char *host = scheme != NULL ? scheme + 3 : text;
    const char *close = memchr(host, ']', (size_t)(end - host));
    char literal[INET6_ADDRSTRLEN];
    struct in6_addr v6;
    size_t len;

    if (*host != '[' || close == NULL ||
        (len = (size_t)(close - host - 1)) >= sizeof(literal)) {
        wsub_buf_add(out, text, (size_t)(end - text));
        return;
    }
    memcpy(literal, host + 1, len);
    literal[len] = '\0';
    if (inet_pton(AF_INET6, literal, &v6) != 1 ||
        inet_ntop(AF_INET6, &v6, literal, sizeof(literal)) == NULL) {
        wsub_buf_add(out, text, (size_t)(end - text));
        return;
    }
    wsub_buf_add(out, text, (size_t)(host - text));
    add_v6(literal, out);
    wsub_buf_add(out, close + 1, (size_t)(end - close - 1));
}

char *wsub_subject_patterns(const char *patterns)
{
    struct wsub_buf out = {0};
    const char *item, *start = patterns;
    size_t len;

    while (wsub_patterns_next(&patterns, &item, &len)) {
        wsub_buf_add(&out, start, (size_t)(item - start));
        add_pattern(item, item + len, &out);
        start = item + len;
    }
    wsub_buf_str(&out, start);
    return wsub_buf_take(&out);
}
