#include "common/http/outgoing.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#define KEEP_BYTES 16384 /* an idle connection holds no more */

size_t wsub_http_outgoing_unsent(struct bufferevent *bev)
{
    return evbuffer_get_length(bufferevent_get_output(bev));
}

void wsub_http_outgoing_flush(struct wsub_http_outgoing *out,
                              struct bufferevent *bev)
{
    struct wsub_buf *bytes = &out->gathered;
    ssize_t sent = 0;

    if (bytes->len == 0 || out->broken)
        return;
    if (wsub_http_outgoing_unsent(bev) == 0)
        sent =
            send(bufferevent_getfd(bev), bytes->data, bytes->len, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        out->broken = true;
        return;
    }
    if (sent < 0)
        sent = 0;
    if ((size_t)sent < bytes->len)
        bufferevent_write(bev, bytes->data + sent, bytes->len - (size_t)sent);
    out->flushed += bytes->len;
    wsub_buf_clear(bytes);
    if (bytes->cap > KEEP_BYTES)
        wsub_buf_done(bytes);
}

/* Leaves to the bufferevent what is behind the first `sent` bytes. */
static void leave_rest(struct bufferevent *bev, const struct iovec *pieces,
                       size_t count, size_t sent)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = pieces[i].iov_len;
        size_t done = sent < len ? sent : len;

        if (done < len)
            bufferevent_write(bev, (const char *)pieces[i].iov_base + done,
                              len - done);
        sent -= done;
    }
}

void wsub_http_outgoing_send(struct wsub_http_outgoing *out,
                             struct bufferevent *bev, struct iovec *pieces,
                             size_t count)
{
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
    ssize_t sent = 0;

    wsub_http_outgoing_flush(out, bev);
    if (out->broken)
        return;
    if (wsub_http_outgoing_unsent(bev) == 0)
        sent = sendmsg(bufferevent_getfd(bev), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        out->broken = true;
        return;
    }
    leave_rest(bev, pieces, count, sent < 0 ? 0 : (size_t)sent);
    for (size_t i = 0; i < count; i++)
        out->flushed += pieces[i].iov_len;
}

void wsub_http_outgoing_trim(struct wsub_http_outgoing *out)
{
    if (out->gathered.len == 0)
        wsub_buf_done(&out->gathered);
}

uint64_t wsub_http_outgoing_taken(const struct wsub_http_outgoing *out,
                                  struct bufferevent *bev)
{
    return out->flushed - wsub_http_outgoing_unsent(bev);
}

uint64_t wsub_http_outgoing_end(const struct wsub_http_outgoing *out)
{
    return out->flushed + out->gathered.len;
}
