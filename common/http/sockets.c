#include "common/http/sockets.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/base/loop.h"
#include "common/base/mem.h"

struct watch {
    struct wsub_http_sockets *sockets;
    struct event event;
    short events; /* that the loop watches; 0: it does not */
    bool wanted;  /* else kept in place for the next request */
    bool ours;    /* opened and closed here */
    wsub_http_ready_cb *ready;
    void *arg;
};

struct wsub_http_sockets {
    struct event_base *base; /* borrowed */
    struct watch **watches;  /* owned; by file descriptor, NULL: none yet */
    size_t count;
};

struct wsub_http_sockets *wsub_http_sockets_new(struct event_base *base)
{
    struct wsub_http_sockets *sockets = wsub_calloc(1, sizeof(*sockets));

    sockets->base = base;
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

curl_socket_t wsub_http_sockets_open(struct wsub_http_sockets *sockets,
                                     const struct curl_sockaddr *address)
{
    curl_socket_t fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
                              address->protocol);

    if (fd != CURL_SOCKET_BAD)
        watch_of(sockets, fd)->ours = true;
    return fd;
}

int wsub_http_sockets_close(void *arg, curl_socket_t fd)
{
    struct watch *watch = watch_of(arg, fd);

    stop(watch);
    watch->ours = watch->wanted = false;
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

void wsub_http_sockets_want(struct wsub_http_sockets *sockets, curl_socket_t fd,
                            int want, wsub_http_ready_cb *ready, void *arg)
{
    struct watch *watch = watch_of(sockets, fd);
    short events = (short)(EV_PERSIST | ((want & CURL_POLL_IN) ? EV_READ : 0) |
                           ((want & CURL_POLL_OUT) ? EV_WRITE : 0));

    watch->wanted = want != CURL_POLL_REMOVE;
    watch->ready = ready;
    watch->arg = arg;
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
