#include "common/http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

union address {
    struct sockaddr_storage *storage;
    struct sockaddr *any;
    struct sockaddr_in *v4;
    struct sockaddr_in6 *v6;
    struct sockaddr_un *local;
};

union const_address {
    const struct sockaddr *any;
    const struct sockaddr_in *v4;
    const struct sockaddr_in6 *v6;
    const struct sockaddr_un *local;
};

static bool parse_port(const char *text, in_port_t *ret_port)
{
    size_t len = strlen(text);
    unsigned long port = strtoul(text, NULL, 10);

    if (len == 0 || len > 5 || strspn(text, "0123456789") != len ||
        port > 65535)
        return false;
    *ret_port = htons((in_port_t)port);
    return true;
}

static enum wsub_err parse_unix(const char *path, union address to,
                                socklen_t *ret_len)
{
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(to.local->sun_path))
        return WSUB_ERR_INVALID;
    to.local->sun_family = AF_UNIX;
    memcpy(to.local->sun_path, path, len + 1);
    *ret_len = sizeof(*to.local);
    return WSUB_OK;
}

static enum wsub_err parse_v6(const char *host, in_port_t port,
                              union address to, socklen_t *ret_len)
{
    to.v6->sin6_family = AF_INET6;
    to.v6->sin6_port = port;
    *ret_len = sizeof(*to.v6);
    return inet_pton(AF_INET6, host, &to.v6->sin6_addr) == 1 ? WSUB_OK
                                                             : WSUB_ERR_INVALID;
}

static enum wsub_err parse_v4(const char *host, in_port_t port,
                              union address to, socklen_t *ret_len)
{
    to.v4->sin_family = AF_INET;
    to.v4->sin_port = port;
    *ret_len = sizeof(*to.v4);
    return inet_pton(AF_INET, host, &to.v4->sin_addr) == 1 ? WSUB_OK
                                                           : WSUB_ERR_INVALID;
}

enum wsub_err wsub_http_listen_parse(const char *text,
                                     struct sockaddr_storage *ret_address,
                                     socklen_t *ret_len)
{
    const char *colon = strrchr(text, ':');
    union address to = {.storage = ret_address};
    char host[INET6_ADDRSTRLEN + 2];
    in_port_t port;
    size_t len;

    *ret_address = (struct sockaddr_storage){0};
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, to, ret_len);
    if (colon == NULL || !parse_port(colon + 1, &port))
        return WSUB_ERR_INVALID;
    len = (size_t)(colon - text);
    if (len < 2 || len >= sizeof(host))
        return WSUB_ERR_INVALID;
    memcpy(host, text, len);
    host[len] = '\0';
    if (host[0] != '[')
        return parse_v4(host, port, to, ret_len);
    if (host[len - 1] != ']')
        return WSUB_ERR_INVALID;
    host[len - 1] = '\0';
    return parse_v6(host + 1, port, to, ret_len);
}

static void print_unix(const struct sockaddr_un *local, char *text, size_t size)
{
    if (local->sun_path[0] == '\0')
        snprintf(text, size, "unix");
    else
        snprintf(text, size, "unix:%.*s", (int)sizeof(local->sun_path),
                 local->sun_path);
}

void wsub_http_listen_print(const struct sockaddr *address, char *text,
                            size_t size)
{
    union const_address from = {.any = address};
    char host[INET6_ADDRSTRLEN] = "";

    if (address->sa_family == AF_UNIX) {
        print_unix(from.local, text, size);
    } else if (address->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &from.v6->sin6_addr, host, sizeof(host));
        snprintf(text, size, "[%s]:%u", host,
                 (unsigned)ntohs(from.v6->sin6_port));
    } else {
        inet_ntop(AF_INET, &from.v4->sin_addr, host, sizeof(host));
        snprintf(text, size, "%s:%u", host, (unsigned)ntohs(from.v4->sin_port));
    }
}

void wsub_http_listen_clear(const struct sockaddr *address, socklen_t len)
{
    union const_address at = {.any = address};
    struct stat info;
    int fd;

    if (address->sa_family != AF_UNIX ||
        lstat(at.local->sun_path, &info) != 0 || !S_ISSOCK(info.st_mode))
        return;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    if (connect(fd, address, len) != 0 && errno == ECONNREFUSED)
        unlink(at.local->sun_path);
    close(fd);
}
