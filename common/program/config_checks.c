#include "common/program/config_checks.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "common/base/mem.h"
#include "common/http/cors.h"
#include "common/http/hash_rules.h"
#include "common/http/url.h"
#include "common/net/egress.h"
#include "common/net/networks.h"
#include "common/redis/redis_url.h"

#define PORT_MAX 65535
#define SERVERS_MAX 8
#define PATTERNS_MAX_BYTES 4096
#define SOCKET_PATH_MAX_BYTES 107 /* sun_path of a sockaddr_un */

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

bool wsub_setting_number(const char *text, uint32_t min, uint32_t max,
                         uint32_t *ret_number)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        number = number * 10 + (uint64_t)(*text - '0');
        if (number > max)
            return false;
    }
    *ret_number = (uint32_t)number;
    return number >= min;
}

bool wsub_setting_is_redis_url(const char *text, const char **reason)
{
    struct wsub_redis_url url;

    return wsub_redis_url_parse(text, reason, &url) == WSUB_OK;
}

bool wsub_setting_is_redis_url_or_empty(const char *text, const char **reason)
{
    return text[0] == '\0' || wsub_setting_is_redis_url(text, reason);
}

bool wsub_setting_is_public_url(const char *text, const char **reason)
{
    enum wsub_url_fault fault;
    struct wsub_url url;

    if (text[0] == '\0')
        return true;
    fault = wsub_url_parse(text, NULL, &url);
    if (fault != WSUB_URL_FINE && fault != WSUB_URL_NOT_HTTP)
        *reason = wsub_url_fault_text(fault);
    return fault == WSUB_URL_FINE;
}

/* True for `min` to `max` bytes out of `chars`. */
static bool is_made_of(const char *text, const char *chars, size_t min,
                       size_t max)
{
    size_t len = strlen(text);

    return len >= min && len <= max && strspn(text, chars) == len;
}

bool wsub_setting_is_prefix(const char *text, const char **reason)
{
    (void)reason;
    return is_made_of(text, ALNUM "_-.:", 1, 64);
}

bool wsub_setting_is_name(const char *text, const char **reason)
{
    (void)reason;
    return is_made_of(text, ALNUM "._-", 0, 128);
}

bool wsub_setting_is_stream(const char *text, const char **reason)
{
    /* Keys of the cluster's slot (docs/PROTOCOL.md). */
    static const char *const taken[] = {"instances", "owner",   "positions",
                                        "removing",  "reshard", "restarts",
                                        "shards"};

    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(text, taken[i]) == 0) {
            *reason = "a name that no other key of the cluster has";
            return false;
        }
    return is_made_of(text, ALNUM "._-", 1, 128);
}

static bool is_listen_host(const char *host)
{
    size_t len = strlen(host);
    char inner[INET6_ADDRSTRLEN];
    struct in6_addr v6;

    if (host[0] != '[')
        return is_made_of(host, ALNUM "._-", 1, 253);
    if (len < 2 || host[len - 1] != ']' || len - 2 >= sizeof(inner))
        return false;
    memcpy(inner, host + 1, len - 2);
    inner[len - 2] = '\0';
    return inet_pton(AF_INET6, inner, &v6) == 1;
}

bool wsub_setting_is_listen(const char *text, const char **reason)
{
    const char *colon = strrchr(text, ':');
    uint32_t port;
    char *host;
    bool fine;

    (void)reason;
    if (strncmp(text, "unix:", 5) == 0)
        return text[5] != '\0' && strlen(text + 5) <= SOCKET_PATH_MAX_BYTES;
    if (colon == NULL || !wsub_setting_number(colon + 1, 0, PORT_MAX, &port))
        return false;
    host = wsub_memdup(text, (size_t)(colon - text));
    fine = is_listen_host(host);
    free(host);
    return fine;
}

bool wsub_setting_is_listen_or_empty(const char *text, const char **reason)
{
    return text[0] == '\0' || wsub_setting_is_listen(text, reason);
}

bool wsub_setting_is_status_listen(const char *text, const char **reason)
{
    return strcmp(text, "default") == 0 ||
           wsub_setting_is_listen_or_empty(text, reason);
}

bool wsub_setting_is_token(const char *text, const char **reason)
{
    size_t len = strlen(text);

    (void)reason;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= 0x20 || (unsigned char)text[i] >= 0x7f)
            return false;
    return len <= 256;
}

bool wsub_setting_is_path(const char *text, const char **reason)
{
    (void)reason;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

bool wsub_setting_is_patterns(const char *text, const char **reason)
{
    return strlen(text) <= PATTERNS_MAX_BYTES &&
           wsub_setting_is_path(text, reason);
}

bool wsub_setting_is_hash_rules(const char *text, const char **reason)
{
    struct wsub_hash_rules rules;

    return wsub_setting_is_patterns(text, reason) &&
           wsub_hash_rules_parse(text, &rules);
}

/* An address, with or without a port; IPv6 with one needs brackets. */
static bool is_server(const char *text)
{
    const char *colon = strrchr(text, ':');
    struct in6_addr v6;
    struct in_addr v4;
    uint32_t port;
    char *host;
    bool fine;

    if (inet_pton(AF_INET, text, &v4) == 1 ||
        inet_pton(AF_INET6, text, &v6) == 1)
        return true;
    if (colon == NULL || !wsub_setting_number(colon + 1, 1, PORT_MAX, &port))
        return false;
    host = wsub_memdup(text, (size_t)(colon - text));
    fine = inet_pton(AF_INET, host, &v4) == 1 ||
           (host[0] == '[' && is_listen_host(host));
    free(host);
    return fine;
}

bool wsub_setting_is_servers(const char *text, const char **reason)
{
    unsigned count = 0;
    bool fine = true;

    (void)reason;
    while (fine && *text != '\0') {
        size_t len = strcspn(text, ",");
        char *server = wsub_memdup(text, len);

        text += len;
        fine = is_server(server) && ++count <= SERVERS_MAX &&
               (*text == '\0' || text[1] != '\0');
        text += *text == ',';
        free(server);
    }
    return fine;
}

bool wsub_setting_is_networks(const char *text, const char **reason)
{
    struct wsub_networks *networks;

    (void)reason;
    if (!wsub_networks_parse(text, &networks))
        return false;
    wsub_networks_free(networks);
    return true;
}

bool wsub_setting_is_ports(const char *text, const char **reason)
{
    (void)reason;
    return wsub_egress_is_ports(text);
}

bool wsub_setting_is_readable(const char *text, const char **reason)
{
    return text[0] == '\0' ||
           (wsub_setting_is_path(text, reason) && access(text, R_OK) == 0);
}

bool wsub_setting_is_proxy(const char *text, const char **reason)
{
    static const char *const schemes[] = {"http://", "socks5h://"};

    if (text[0] == '\0')
        return true;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        size_t len = strlen(schemes[i]);

        if (strncmp(text, schemes[i], len) == 0)
            return strncmp(text + len, "unix:", 5) != 0 &&
                   wsub_setting_is_listen(text + len, reason);
    }
    return false;
}

bool wsub_setting_is_origins(const char *text, const char **reason)
{
    (void)reason;
    return wsub_cors_is_list(text);
}
