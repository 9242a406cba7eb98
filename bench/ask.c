#include "bench/ask.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "common/base/buf.h"

static void on_end(struct bufferevent *stream, short what, void *arg)
{
    (void)stream;
    (void)arg;
    if ((what & BEV_EVENT_CONNECTED) != 0)
        return;
    fprintf(stderr, "bench: the hub closed a connection\n");
    exit(1);
}

static int connect_hub(unsigned long port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (void *)&address, sizeof(address)) != 0) {
        fprintf(stderr, "bench: the hub can't be reached\n");
        exit(1);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    evutil_make_socket_nonblocking(fd);
    return fd;
}

struct bufferevent *
bench_ask_connect(struct event_base *base, unsigned long port,
                  void (*on_readable)(struct bufferevent *stream, void *arg),
                  void *arg)
{
    struct bufferevent *stream =
        bufferevent_socket_new(base, connect_hub(port), BEV_OPT_CLOSE_ON_FREE);

    bufferevent_setcb(stream, on_readable, NULL, on_end, arg);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
    return stream;
}

unsigned bench_ask_answer(struct evbuffer *input)
{
    size_t len = evbuffer_get_length(input);
    const char *text = (const char *)evbuffer_pullup(input, -1);
    const char *end = len == 0 ? NULL : memmem(text, len, "\r\n\r\n", 4);
    const char *field;
    size_t size, body = 0;
    unsigned status;

    if (end == NULL)
        return 0;
    size = (size_t)(end - text) + 4;
    field = memmem(text, size, "Content-Length: ", 16);
    if (field != NULL)
        body = strtoul(field + 16, NULL, 10);
    if (len < size + body)
        return 0;
    status = (unsigned)strtoul(text + strlen("HTTP/1.1 "), NULL, 10);
    evbuffer_drain(input, size + body);
    return status;
}

void bench_ask_encode(const char *text, struct wsub_buf *out)
{
    for (const char *c = text; *c != '\0'; c++)
        wsub_buf_printf(out, "%%%02X", (unsigned char)*c);
}
