/* server_fixture.h - a server on a unix socket, kept for all inputs, and a
 * client that sends one input and notes what becomes of it. */
#ifndef TESTS_FUZZ_SERVER_FIXTURE_H
#define TESTS_FUZZ_SERVER_FIXTURE_H

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/base/buf.h"
#include "common/base/log.h"
#include "common/http/accept.h"
#include "common/http/form.h"
#include "common/http/listen.h"
#include "common/http/request.h"
#include "common/http/respond.h"
#include "common/http/server.h"
#include "tests/fuzz/fuzz.h"

#define PIECE_END 0xff
#define MAX_BODY 1000
#define TIMEOUT_MS 60000 /* longer than any input takes */
/* What came is dealt with after a few turns; a connection that has ended is
 * closed after a few more. */
#define TURNS 4
#define TURNS_TO_END 200

/* What became of one input. */
struct seen {
    size_t requests;          /* that handlers or checks saw */
    size_t responses;         /* but 100 Continue */
    struct wsub_buf handled;  /* owned; the requests */
    struct wsub_buf statuses; /* owned; of the responses */
};

static struct event_base *base;
static struct wsub_http_server *server;
static struct seen *seen; /* borrowed; of the input that is sent */
static char folder[] = "/tmp/websubd-fuzz-XXXXXX";

static void note(struct wsub_http_request *req)
{
    const char *query = wsub_http_query(req);
    const char *twice = wsub_http_header(req, "x-twice");
    size_t len;
    const char *body = wsub_http_body(req, &len);

    FUZZ_CHECK(body[len] == '\0');
    FUZZ_CHECK(strlen(wsub_http_peer(req)) > 0);
    seen->requests++;
    wsub_buf_printf(&seen->handled, "%s %s ?%s %s %zu ", wsub_http_method(req),
                    wsub_http_path(req), query == NULL ? "" : query,
                    twice == NULL ? "" : twice, len);
    wsub_buf_add(&seen->handled, body, len);
    wsub_buf_char(&seen->handled, '\n');
}

static void on_any(struct wsub_http_request *req, void *arg)
{
    char segment[8];

    (void)arg;
    note(req);
    wsub_accept_prefers_json(wsub_http_header(req, "accept"));
    wsub_http_route_segment(req, 1, segment, sizeof(segment));
    wsub_http_respond_text(req, 200, "fine");
}

static void on_form(struct wsub_http_request *req, void *arg)
{
    struct wsub_form form;
    size_t len;
    const char *body = wsub_http_body(req, &len);

    (void)arg;
    note(req);
    if (wsub_form_parse(body, len, 100, &form) != WSUB_OK) {
        wsub_http_respond_text(req, 400, "no form");
        return;
    }
    wsub_form_done(&form);
    wsub_http_respond(req, 204, NULL, NULL, 0);
}

static bool has_token(struct wsub_http_request *req, void *arg)
{
    (void)arg;
    if (wsub_http_header(req, "authorization") != NULL)
        return true;
    wsub_http_respond_text(req, 401, "no token");
    return false;
}

static const struct wsub_http_route routes[] = {
    {"GET", "/", on_any, NULL, 0},
    {"GET", "/of/*/all", on_any, NULL, 0},
    {"POST", "/", on_form, NULL, WSUB_HTTP_BODY_MAX},
    {"POST", "/few", on_any, NULL, 10},
    {"POST", "/token", on_any, has_token, WSUB_HTTP_BODY_MAX},
    {"DELETE", "/nothing", on_any, NULL, 0},
    {0},
};

static void turn(int turns)
{
    for (int i = 0; i < turns; i++)
        event_base_loop(base, EVLOOP_NONBLOCK);
}

static void stop(void)
{
    wsub_http_server_free(server);
    event_base_free(base);
    rmdir(folder);
}

/* Starts the server, the first time; it ends with the process. */
static void fuzz_server_start(void)
{
    char listen_at[sizeof(folder) + 8], err_text[256] = "";

    if (server != NULL)
        return;
    signal(SIGPIPE, SIG_IGN);
    wsub_log_setup(WSUB_LOG_ERROR, WSUB_LOG_TEXT);
    FUZZ_CHECK(mkdtemp(folder) != NULL);
    snprintf(listen_at, sizeof(listen_at), "unix:%s/s", folder);
    base = event_base_new();
    FUZZ_CHECK(wsub_http_server_new(base,
                                    &(struct wsub_http_server_options){
                                        .listen = listen_at,
                                        .routes = routes,
                                        .max_body_bytes = MAX_BODY,
                                        .max_connections = 100,
                                        .request_timeout_ms = TIMEOUT_MS,
                                        .idle_timeout_ms = TIMEOUT_MS,
                                    },
                                    err_text, &server) == WSUB_OK);
    atexit(stop);
}

static int dial(void)
{
    struct sockaddr_storage address;
    socklen_t len;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    FUZZ_CHECK(wsub_http_listen_parse(wsub_http_server_address(server),
                                      &address, &len) == WSUB_OK);
    FUZZ_CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, len) == 0);
    return fd;
}

/* Reads what is there; false at the end of the stream. */
static bool take(int fd, struct wsub_buf *in)
{
    ssize_t n;

    do {
        n = recv(fd, wsub_buf_reserve(in, 65536), 65536, MSG_DONTWAIT);
        if (n > 0)
            in->len += (size_t)n;
    } while (n > 0);
    return n != 0;
}

/* Sends a piece; what a connection that was closed does not take is lost. */
static void give(int fd, const uint8_t *piece, size_t len, struct wsub_buf *in)
{
    while (len > 0) {
        ssize_t n = send(fd, piece, len, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0)
            return;
        piece += n;
        len -= (size_t)n;
        turn(TURNS);
        take(fd, in);
    }
}

static void give_input(int fd, const uint8_t *data, size_t size, bool cut,
                       struct wsub_buf *in)
{
    uint8_t *piece = malloc(size + 1);
    size_t len = 0;

    FUZZ_CHECK(piece != NULL);
    for (size_t i = 0; i < size; i++) {
        if (data[i] != PIECE_END) {
            piece[len++] = data[i];
        } else if (cut) {
            give(fd, piece, len, in);
            len = 0;
        }
    }
    give(fd, piece, len, in);
    free(piece);
}

/* Bodies of responses are one line without that word. */
static void note_responses(const char *in)
{
    static const char word[] = "HTTP/1.1 ";

    for (const char *at = in; (at = strstr(at, word)) != NULL;) {
        at += sizeof(word) - 1;
        if (strncmp(at, "100", 3) == 0)
            continue;
        seen->responses++;
        wsub_buf_add(&seen->statuses, at, 3);
    }
}

/* Sends the input on a connection of its own, in pieces or as a whole. */
static void fuzz_server_run(const uint8_t *data, size_t size, bool cut,
                            struct seen *ret_seen)
{
    struct wsub_buf in = {0};
    int fd = dial();

    seen = ret_seen;
    turn(TURNS);
    give_input(fd, data, size, cut, &in);
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < TURNS_TO_END && take(fd, &in); i++)
        turn(1);
    FUZZ_CHECK(!take(fd, &in));
    close(fd);
    turn(TURNS);
    wsub_buf_char(&in, '\0');
    note_responses(in.data);
    wsub_buf_done(&in);
}

static void fuzz_seen_done(struct seen *s)
{
    wsub_buf_done(&s->handled);
    wsub_buf_done(&s->statuses);
}

#endif
