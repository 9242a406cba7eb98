#include "common/http/sockets.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/base/files.h"
#include "common/base/log.h"
#include "common/base/loop.h"
#include "common/base/mem.h"

#define CUT_AT_ONCE 16 /* kept connections that give way to new ones */

struct watch {
    struct wsub_http_sockets *sockets;
    struct event event;
    short events;    /* that the loop watches; 0: it does not */
    bool wanted;     /* else kept in place for the next request */
    bool ours;       /* opened and closed here */
    bool was_wanted; /* once: then it is connected, or nobody needs it */
    wsub_http_ready_cb *ready;
    void *arg;
    const CURL *easy; /* borrowed; NULL: no request, or it is not known */
};

struct wsub_http_sockets {
    struct event_base *base; /* borrowed */
    struct watch **watches;  /* owned; by file descriptor, NULL: none yet */
    size_t count;
    uint32_t max;  /* 0: no limit */
    uint32_t open; /* that are ours */
};

struct wsub_http_sockets *wsub_http_sockets_new(struct event_base *base,
                                                uint32_t max)
{
    struct wsub_http_sockets *sockets = wsub_calloc(1, sizeof(*sockets));

    sockets->base = base;
    sockets->max = max;
    return sockets;
}

static void stop(struct watch *watch)
{
    if (watch->events != 0)
        event_del(&watch->event);
    watch->events = 0;
}

void wsub_http_sockets_free(struct wsub_http_sockets *sockets)
{
    if (sockets == NULL)
        return;
    for (size_t i = 0; i < sockets->count; i++) {
        if (sockets->watches[i] != NULL)
            stop(sockets->watches[i]);
        free(sockets->watches[i]);
    }
    free(sockets->watches);
    free(sockets);
}

static struct watch *watch_of(struct wsub_http_sockets *sockets,
                              curl_socket_t fd)
{
    size_t index = (size_t)fd, count = sockets->count;

    if (index >= count) {
        sockets->count = 2 * index + 1;
        sockets->watches = wsub_realloc(
            sockets->watches, sockets->count * sizeof(struct watch *));
        memset(&sockets->watches[count], 0,
               (sockets->count - count) * sizeof(struct watch *));
    }
    if (sockets->watches[index] == NULL) {
        sockets->watches[index] = wsub_calloc(1, sizeof(struct watch));
        sockets->watches[index]->sockets = sockets;
    }
    return sockets->watches[index];
}

/* Cuts some connections that are kept for later requests. */
static void cut_kept(const struct wsub_http_sockets *sockets)
{
    unsigned cut = 0;

    for (size_t fd = 0; fd < sockets->count && cut < CUT_AT_ONCE; fd++) {
        const struct watch *watch = sockets->watches[fd];

        if (watch == NULL || !watch->ours || watch->wanted ||
            !watch->was_wanted)
            continue;
        shutdown((int)fd, SHUT_RDWR);
        cut++;
    }
}

static curl_socket_t open_socket(const struct wsub_http_sockets *sockets,
                                 const struct curl_sockaddr *address)
{
    if (sockets->max != 0 && sockets->open >= sockets->max) {
        errno = EMFILE;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}

curl_socket_t wsub_http_sockets_open(struct wsub_http_sockets *sockets,
                                     const struct curl_sockaddr *address,
                                     bool *ret_starved)
{
    curl_socket_t fd = open_socket(sockets, address);
    int error = errno;

    if (fd != CURL_SOCKET_BAD) {
        watch_of(sockets, fd)->ours = true;
        watch_of(sockets, fd)->was_wanted = false;
        sockets->open++;
    } else if (wsub_files_are_short(error)) {
        wsub_log_warn("no-descriptors", WSUB_KU("connections", sockets->open),
                      WSUB_KE("error", strerror(error)));
        cut_kept(sockets);
        *ret_starved = true;
    }
    return fd;
}

int wsub_http_sockets_close(void *arg, curl_socket_t fd)
{
    struct watch *watch = watch_of(arg, fd);

    stop(watch);
    watch->sockets->open -= watch->ours;
    watch->ours = watch->wanted = false;
    watch->easy = NULL;
    return close(fd);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct watch *watch = arg;

    if (watch->wanted)
        watch->ready(fd,
                     ((what & EV_READ) ? CURL_CSELECT_IN : 0) |
                         ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0),
                     watch->arg);
    else
        stop(watch); /* the peer has closed; libcurl notices by itself */
}

static bool serves(const struct wsub_http_sockets *sockets, size_t fd,
                   const CURL *easy)
{
    return fd < sockets->count && sockets->watches[fd] != NULL &&
           sockets->watches[fd]->ours && sockets->watches[fd]->easy == easy;
}

curl_socket_t wsub_http_sockets_find(const struct wsub_http_sockets *sockets,
                                     const CURL *easy, curl_socket_t likely)
{
    if (likely != CURL_SOCKET_BAD && serves(sockets, (size_t)likely, easy))
        return likely;
    for (size_t fd = 0; fd < sockets->count; fd++)
        if (serves(sockets, fd, easy))
            return (curl_socket_t)fd;
    return CURL_SOCKET_BAD;
}

void wsub_http_sockets_leave(struct wsub_http_sockets *sockets,
                             curl_socket_t fd, const CURL *easy)
{
    if (fd != CURL_SOCKET_BAD && serves(sockets, (size_t)fd, easy))
        sockets->watches[fd]->easy = NULL;
}

void wsub_http_sockets_want(struct wsub_http_sockets *sockets, curl_socket_t fd,
                            const struct wsub_http_want *want)
{
    struct watch *watch = watch_of(sockets, fd);
    short events =
        (short)(EV_PERSIST | ((want->what & CURL_POLL_IN) ? EV_READ : 0) |
                ((want->what & CURL_POLL_OUT) ? EV_WRITE : 0));

    watch->wanted = want->what != CURL_POLL_REMOVE;
    watch->was_wanted |= watch->wanted;
    watch->easy = watch->wanted ? want->easy : NULL;
    watch->ready = want->ready;
    watch->arg = want->arg;
    if (!watch->wanted && !watch->ours)
        stop(watch); /* nobody tells when it is closed */
    if (!watch->wanted || watch->events == events)
        return;
    stop(watch);
    event_assign(&watch->event, sockets->base, fd, events, on_ready, watch);
    event_priority_set(&watch->event, WSUB_LOOP_LATER);
    /* libcurl may ask for a socket that it has closed meanwhile. */
    watch->events = event_add(&watch->event, NULL) == 0 ? events : 0;
}
