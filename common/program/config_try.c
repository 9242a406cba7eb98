#include "common/program/config_try.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/crypto/keyring.h"
#include "common/http/listen.h"
#include "common/program/status_listen.h"

#define PROBE_WAIT_S 1

static enum wsub_err try_keys(const struct wsub_config *config,
                              char err_text[256])
{
    struct wsub_keyring *ring;
    enum wsub_err err =
        wsub_keyring_load(config->secret_keys_file, err_text, &ring);

    if (err == WSUB_OK)
        wsub_keyring_free(ring);
    return err;
}

/* Whether what listens there responds to /healthz as our programs do. */
static bool is_ours(const struct sockaddr *address, socklen_t len)
{
    static const char request[] =
        "GET /healthz HTTP/1.1\r\nHost: check\r\nConnection: close\r\n\r\n";
    struct timeval wait = {.tv_sec = PROBE_WAIT_S};
    char response[512] = "";
    size_t used = 0;
    ssize_t got;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    if (connect(fd, address, len) == 0 &&
        send(fd, request, strlen(request), MSG_NOSIGNAL) > 0)
        while (used + 1 < sizeof(response) &&
               (got = recv(fd, response + used, sizeof(response) - used - 1,
                           0)) > 0)
            used += (size_t)got;
    close(fd);
    return strncmp(response, "HTTP/1.1 200 ", 13) == 0 &&
           strstr(response, "\r\n\r\nok") != NULL;
}

static enum wsub_err try_address(const char *listen_text, char err_text[256])
{
    struct sockaddr_storage storage;
    union {
        struct sockaddr_storage *storage;
        struct sockaddr *any;
    } address = {.storage = &storage};
    const int yes = 1;
    socklen_t len = 0;
    int fd, error;

    if (listen_text[0] == '\0' ||
        wsub_http_listen_parse(listen_text, &storage, &len) != WSUB_OK)
        return WSUB_OK; /* not served; the form was checked before */
    wsub_http_listen_clear(address.any, len);
    fd = socket(address.any->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    error = fd < 0 || bind(fd, address.any, len) != 0 || listen(fd, 1) != 0
                ? errno
                : 0;
    if (fd >= 0)
        close(fd);
    if (error == 0)
        wsub_http_listen_clear(address.any, len); /* a unix one of ours */
    if (error == 0 || (error == EADDRINUSE && is_ours(address.any, len)))
        return WSUB_OK;
    snprintf(err_text, 256, "cannot listen on %.120s: %s", listen_text,
             strerror(error));
    return WSUB_ERR_SYSTEM;
}

static enum wsub_err try_listen(enum wsub_program program,
                                const struct wsub_config *config,
                                char err_text[256])
{
    enum wsub_err err = WSUB_OK;

    if (program == WSUB_PROGRAM_HUB)
        err = try_address(config->listen, err_text);
    if (err == WSUB_OK && program == WSUB_PROGRAM_HUB)
        err = try_address(config->admin_listen, err_text);
    if (err == WSUB_OK && !wsub_status_listen_yields(config))
        err = try_address(config->status_listen, err_text);
    return err;
}

enum wsub_err wsub_config_try(enum wsub_program program,
                              const struct wsub_config *config,
                              char err_text[256])
{
    enum wsub_err err = WSUB_OK;

    if (program != WSUB_PROGRAM_SPREADER)
        err = try_keys(config, err_text);
    if (err == WSUB_OK)
        err = try_listen(program, config, err_text);
    return err;
}
