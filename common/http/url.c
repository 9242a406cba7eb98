/* url.c - check and normalize.
 *
 * The text is normalized first and then parsed, so that no escape hides
 * a host or a port: decoding touches unreserved characters only, which
 * separate nothing.  Bytes are classified by ranges of our own; <ctype.h> asks
 * the locale. */
#include "common/http/url.h"

#include <string.h>

#include <arpa/inet.h>

#include "common/base/hex.h"

#define LABEL_MAX_BYTES 63 /* RFC 1035 section 2.3.4 */
#define NAME_MAX_BYTES 253 /* the same, as text without the last dot */
#define PORT_MAX 65535

static const char *const fault_texts[WSUB_URL_FAULT_MAX_] = {
    [WSUB_URL_FINE] = "is fine",
    [WSUB_URL_EMPTY] = "is empty",
    [WSUB_URL_TOO_LONG] = "is longer than 2,048 bytes",
    [WSUB_URL_NOT_HTTP] = "is no absolute http or https URL",
    [WSUB_URL_FRAGMENT] = "has a fragment",
    [WSUB_URL_USERINFO] = "has user information",
    [WSUB_URL_BAD_HOST] = "has no host name or address that is valid",
    [WSUB_URL_BAD_PORT] = "has a port that is not 1 to 65535",
    [WSUB_URL_BAD_BYTE] = ("holds a byte that must be percent-encoded, or a "
                           "broken percent-escape"),
};

const char *wsub_url_fault_text(enum wsub_url_fault fault)
{
    return (unsigned)fault < WSUB_URL_FAULT_MAX_ ? fault_texts[fault]
                                                 : "is not valid";
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_unreserved(char c)
{
    return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* The bytes that a URL may hold as they are, '%' left out. */
static const bool is_plain[256] = {
    ['!'] = true, ['#' ... '$'] = true, ['&' ... ';'] = true,
    ['='] = true, ['?' ... '['] = true, [']'] = true,
    ['_'] = true, ['a' ... 'z'] = true, ['~'] = true,
};

static size_t plain_bytes(const char *text)
{
    size_t count = 0;

    while (is_plain[(unsigned char)text[count]])
        count++;
    return count;
}

/* Adds `text` with its escaped unreserved characters decoded; false when a
 * byte or an escape is bad. */
static bool normalize(const char *text, struct wsub_buf *out)
{
    for (; *text != '\0'; text++) {
        size_t plain = plain_bytes(text);
        int high, low;
        char decoded;

        if (plain > 0) {
            wsub_buf_add(out, text, plain);
            text += plain - 1;
            continue;
        }
        if (*text != '%')
            return false;
        high = wsub_hex_digit(text[1]);
        low = high < 0 ? -1 : wsub_hex_digit(text[2]);
        if (low < 0)
            return false;
        decoded = (char)(high << 4 | low);
        if (is_unreserved(decoded))
            wsub_buf_char(out, decoded);
        else
            wsub_buf_add(out, text, 3);
        text += 2;
    }
    return true;
}

/* True for "0x" and hexadecimal or for decimal digits: getaddrinfo() takes
 * a name that ends so for an IPv4 address (0x7f.1 is 127.0.0.1). */
static bool is_number(const char *label, size_t len)
{
    bool hex = len >= 2 && label[0] == '0' && lower(label[1]) == 'x';

    for (size_t i = hex ? 2 : 0; i < len; i++)
        if (hex ? wsub_hex_digit(label[i]) < 0 : !is_digit(label[i]))
            return false;
    return len > 0;
}

/* A host name or a dotted quad, one dot at the end allowed. */
static bool is_name(const char *host, size_t len)
{
    struct in_addr quad;
    const char *label = host;

    if (inet_pton(AF_INET, host, &quad) == 1)
        return true;
    if (len > 0 && host[len - 1] == '.')
        len--;
    if (len == 0 || len > NAME_MAX_BYTES)
        return false;
    for (const char *p = host; p < host + len; p++) {
        if (*p == '.') {
            if (p == label || p - label > LABEL_MAX_BYTES)
                return false;
            label = p + 1;
        } else if (!is_alnum(*p) && *p != '-' && *p != '_') {
            return false;
        }
    }
    len -= (size_t)(label - host);
    return len > 0 && len <= LABEL_MAX_BYTES && !is_number(label, len);
}

static bool parse_host(const char *text, size_t len, char *ret_host)
{
    struct in6_addr v6;
    bool fine, literal = len >= 2 && text[0] == '[' && text[len - 1] == ']';
    char host[sizeof(((struct wsub_url *)0)->host)];

    if (literal) {
        text++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof(host))
        return false;
    for (size_t i = 0; i < len; i++)
        host[i] = lower(text[i]);
    host[len] = '\0';
    /* inet_pton() knows no zone ids, so they are refused here. */
    fine = literal ? inet_pton(AF_INET6, host, &v6) == 1 &&
                         inet_ntop(AF_INET6, &v6, host, sizeof(host)) != NULL
                   : is_name(host, len);
    if (fine)
        memcpy(ret_host, host, strlen(host) + 1);
    return fine;
}

/* Reads what follows the host: nothing, ':' alone (RFC 3986 section 3.2.3:
 * the same as nothing), or ':' and a number. */
static bool parse_port(const char *text, size_t len, uint16_t fallback,
                       uint16_t *ret_port)
{
    unsigned port = 0;

    if (len <= 1) {
        *ret_port = fallback;
        return true;
    }
    for (size_t i = 1; i < len; i++) {
        if (!is_digit(text[i]))
            return false;
        port = port * 10 + (unsigned)(text[i] - '0');
        if (port > PORT_MAX)
            return false;
    }
    *ret_port = (uint16_t)port;
    return port > 0;
}

static enum wsub_url_fault parse_authority(const char *text, size_t len,
                                           struct wsub_url *url)
{
    const char *close = text[0] == '[' ? memchr(text, ']', len) : NULL;
    const char *after = close != NULL ? close + 1 : text;
    const char *colon = memchr(after, ':', len - (size_t)(after - text));
    size_t host_len = colon != NULL ? (size_t)(colon - text) : len;

    if (memchr(text, '@', len) != NULL)
        return WSUB_URL_USERINFO;
    if (!parse_host(text, host_len, url->host))
        return WSUB_URL_BAD_HOST;
    if (!parse_port(text + host_len, len - host_len, url->https ? 443 : 80,
                    &url->port))
        return WSUB_URL_BAD_PORT;
    return WSUB_URL_FINE;
}

/* True if `text` begins with `scheme`, which is lower case. */
static bool begins_with(const char *text, const char *scheme)
{
    for (; *scheme != '\0'; scheme++, text++)
        if (lower(*text) != *scheme)
            return false;
    return true;
}

/* Parses a URL whose bytes and escapes are known to be fine. */
static enum wsub_url_fault parse(const char *text, struct wsub_url *url)
{
    if (begins_with(text, "http://")) {
        text += strlen("http://");
    } else if (begins_with(text, "https://")) {
        text += strlen("https://");
        url->https = true;
    } else {
        return WSUB_URL_NOT_HTTP;
    }
    if (strchr(text, '#') != NULL)
        return WSUB_URL_FRAGMENT;
    return parse_authority(text, strcspn(text, "/?"), url);
}

enum wsub_url_fault wsub_url_parse(const char *text,
                                   struct wsub_buf *normalized,
                                   struct wsub_url *ret_url)
{
    struct wsub_buf plain = {0};
    struct wsub_url url = {0};
    enum wsub_url_fault fault;

    if (text[0] == '\0')
        return WSUB_URL_EMPTY;
    if (strnlen(text, WSUB_URL_MAX_BYTES + 1) > WSUB_URL_MAX_BYTES)
        return WSUB_URL_TOO_LONG;
    if (normalize(text, &plain))
        fault = parse(plain.data, &url);
    else
        fault = WSUB_URL_BAD_BYTE;
    if (fault == WSUB_URL_FINE) {
        *ret_url = url;
        if (normalized != NULL)
            wsub_buf_add(normalized, plain.data, plain.len);
    }
    wsub_buf_done(&plain);
    return fault;
}

static void add_escape(struct wsub_buf *out, char c)
{
    static const char hex[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;
    char escape[3] = {'%', hex[byte >> 4], hex[byte & 15]};

    wsub_buf_add(out, escape, sizeof(escape));
}

void wsub_url_repair(struct wsub_buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;

        if (strchr("\t\r\n", *text) != NULL)
            continue;
        if (is_plain[byte] || byte < ' ' || byte == 0x7f || byte == '%')
            wsub_buf_char(out, *text);
        else
            add_escape(out, *text);
    }
}

void wsub_url_encode(struct wsub_buf *out, const char *bytes)
{
    for (; *bytes != '\0'; bytes++) {
        if (is_unreserved(*bytes))
            wsub_buf_char(out, *bytes);
        else
            add_escape(out, *bytes);
    }
}
