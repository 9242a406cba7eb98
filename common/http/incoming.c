#include "common/http/incoming.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/http/strict.h"

/* An idle connection holds on to no more than this. */
#define IN_KEEP_BYTES 16384

struct wsub_http_request *wsub_http_incoming_new(size_t max_body_bytes)
{
    struct wsub_http_request *req = wsub_calloc(1, sizeof(*req));

    req->joined = wsub_calloc(1, sizeof(*req->joined));
    req->max_body_bytes = max_body_bytes;
    return req;
}

/* Frees the values that wsub_http_header() joined. */
static void forget_joined(struct wsub_http_request *req)
{
    struct wsub_http_joined *next;

    for (struct wsub_http_joined *j = req->joined->next; j != NULL; j = next) {
        next = j->next;
        free(j->value);
        free(j);
    }
    req->joined->next = NULL;
}

void wsub_http_incoming_free(struct wsub_http_request *req)
{
    if (req == NULL)
        return;
    forget_joined(req);
    free(req->joined);
    wsub_buf_done(&req->response_headers);
    wsub_buf_done(&req->in);
    free(req);
}

static char *base(const struct wsub_http_request *req)
{
    return req->in.data + req->start;
}

/* How many bytes have come from the request's first one on. */
static size_t there(const struct wsub_http_request *req)
{
    return req->in.len - req->start;
}

char *wsub_http_incoming_room(struct wsub_http_request *req, size_t len)
{
    if (req->start > 0) {
        memmove(req->in.data, base(req), there(req));
        req->in.len -= req->start;
        req->start = 0;
    }
    return wsub_buf_reserve(&req->in, len);
}

bool wsub_http_incoming_is_empty(const struct wsub_http_request *req)
{
    return there(req) == 0 && req->stage == WSUB_HTTP_STAGE_HEAD;
}

/* Both parsers know 1.0 and 1.1; a higher minor version is served as 1.1
 * (RFC 9110 section 2.5). */
static void lower_version(char *line, size_t len)
{
    if (line[len - 1] > '1')
        line[len - 1] = '1';
}

static enum wsub_http_fault check_line(struct wsub_http_request *req,
                                       char *line, size_t len)
{
    enum wsub_http_fault fault;

    if (line > base(req)) {
        if (++req->fields > WSUB_HTTP_FIELDS_MAX)
            return WSUB_HTTP_TOO_MANY_FIELDS;
        return wsub_http_strict_field(line, len);
    }
    fault = wsub_http_strict_request_line(line, len);
    if (fault == WSUB_HTTP_FINE)
        lower_version(line, len);
    return fault;
}

/* The head is here, up to req->body. */
static enum wsub_http_fault begin_body(struct wsub_http_request *req)
{
    enum wsub_http_fault fault =
        wsub_http_parse_head(base(req), req->body, &req->head);

    if (fault == WSUB_HTTP_FINE)
        fault = wsub_http_framing_read(base(req), &req->head,
                                       req->max_body_bytes, &req->framing);
    if (fault != WSUB_HTTP_FINE)
        return fault;
    wsub_http_chunked_init(&req->chunked, req->max_body_bytes);
    req->stage =
        req->framing.chunked ? WSUB_HTTP_STAGE_CHUNKED : WSUB_HTTP_STAGE_LENGTH;
    return WSUB_HTTP_FINE;
}

/* Takes the next line of the head.  *ret_more is set when it is not there
 * yet. */
static enum wsub_http_fault take_line(struct wsub_http_request *req,
                                      bool *ret_more)
{
    char *bytes = base(req);
    char *line = bytes + req->line;
    char *end = memchr(bytes + req->scanned, '\n', there(req) - req->scanned);
    size_t used = end == NULL ? there(req) : (size_t)(end - bytes) + 1;

    if (used > WSUB_HTTP_HEAD_MAX_BYTES)
        return WSUB_HTTP_HEAD_TOO_LARGE;
    req->scanned = used;
    *ret_more = end == NULL;
    if (end == NULL)
        return WSUB_HTTP_FINE;
    if (end == line || end[-1] != '\r')
        return WSUB_HTTP_BARE_LF;
    req->line = used;
    if (end - 1 > line || req->line == 2)
        return check_line(req, line, (size_t)(end - line) - 1);
    req->body = used;
    return begin_body(req);
}

/* Clients of old sent an empty line after a body; one is let pass (RFC 9112
 * section 2.2). */
static void skip_empty_line(struct wsub_http_request *req)
{
    if (req->skipped_line || there(req) < 2)
        return;
    req->skipped_line = true;
    if (memcmp(base(req), "\r\n", 2) != 0)
        return;
    req->start += 2;
    req->scanned = 0;
}

static enum wsub_http_fault read_head(struct wsub_http_request *req)
{
    enum wsub_http_fault fault = WSUB_HTTP_FINE;
    bool more = false;

    skip_empty_line(req);
    while (fault == WSUB_HTTP_FINE && !more &&
           req->stage == WSUB_HTTP_STAGE_HEAD)
        fault = take_line(req, &more);
    return fault;
}

static void end(struct wsub_http_request *req,
                const struct wsub_http_span *span)
{
    base(req)[span->at + span->len] = '\0';
}

/* Puts a zero byte behind every part of a complete request: over the colon,
 * white space, '?' or CR there, none of which is needed any more. */
static void terminate(struct wsub_http_request *req)
{
    end(req, &req->framing.path);
    if (req->framing.has_query)
        end(req, &req->framing.query);
    for (size_t i = 0; i < req->head.count; i++) {
        end(req, &req->head.fields[i].name);
        end(req, &req->head.fields[i].value);
    }
}

static void complete(struct wsub_http_request *req, size_t end)
{
    char *after = base(req) + req->body + req->body_bytes;

    req->end = end;
    req->after_body = *after;
    *after = '\0';
    terminate(req);
    req->stage = WSUB_HTTP_STAGE_COMPLETE;
}

static enum wsub_http_fault read_length(struct wsub_http_request *req)
{
    if (there(req) - req->body < req->framing.length)
        return WSUB_HTTP_FINE;
    req->body_bytes = req->framing.length;
    complete(req, req->body + req->body_bytes);
    return WSUB_HTTP_FINE;
}

static enum wsub_http_fault read_chunks(struct wsub_http_request *req)
{
    char *to = base(req) + req->body + req->body_bytes;
    size_t raw = there(req) - req->body - req->body_bytes;
    size_t used = 0, added = 0;
    enum wsub_http_fault fault;

    if (raw == 0)
        return WSUB_HTTP_FINE;
    fault = wsub_http_chunked_decode(&req->chunked, to, raw, to, &used, &added);
    if (fault != WSUB_HTTP_FINE)
        return fault;
    req->body_bytes += added;
    if (req->chunked.state == WSUB_HTTP_CHUNK_DONE) {
        complete(req, (size_t)(to - base(req)) + used);
        return WSUB_HTTP_FINE;
    }
    memmove(to + added, to + used, raw - used);
    req->in.len -= used - added;
    return WSUB_HTTP_FINE;
}

static enum wsub_http_fault (*const stages[])(struct wsub_http_request *) = {
    [WSUB_HTTP_STAGE_HEAD] = read_head,
    [WSUB_HTTP_STAGE_LENGTH] = read_length,
    [WSUB_HTTP_STAGE_CHUNKED] = read_chunks,
};

static bool wants_continue(struct wsub_http_request *req)
{
    bool has_body = req->framing.chunked || req->framing.length > 0;

    /* Who has begun to send the body waits no longer. */
    if (req->stage == WSUB_HTTP_STAGE_HEAD || req->continued || !has_body ||
        !req->framing.expects_continue || there(req) > req->body)
        return false;
    req->continued = true;
    return true;
}

enum wsub_http_progress wsub_http_incoming_read(struct wsub_http_request *req,
                                                enum wsub_http_fault *ret_fault)
{
    enum wsub_http_stage before;
    enum wsub_http_fault fault;

    if (there(req) == 0)
        return WSUB_HTTP_NEEDS_MORE;
    do {
        before = req->stage;
        fault = stages[before](req);
        if (fault != WSUB_HTTP_FINE) {
            *ret_fault = fault;
            return WSUB_HTTP_FAULTY;
        }
        if (req->stage == WSUB_HTTP_STAGE_COMPLETE)
            return WSUB_HTTP_COMPLETE;
    } while (req->stage != before);
    return wants_continue(req) ? WSUB_HTTP_NEEDS_CONTINUE
                               : WSUB_HTTP_NEEDS_MORE;
}

void wsub_http_incoming_next(struct wsub_http_request *req)
{
    base(req)[req->body + req->body_bytes] = req->after_body;
    forget_joined(req);
    wsub_buf_clear(&req->response_headers);
    req->start += req->end;
    if (there(req) == 0) {
        if (req->in.cap > IN_KEEP_BYTES)
            wsub_buf_done(&req->in);
        wsub_buf_clear(&req->in);
        req->start = 0;
    }
    req->stage = WSUB_HTTP_STAGE_HEAD;
    req->skipped_line = req->continued = false;
    req->fields = req->line = req->scanned = 0;
    req->body = req->body_bytes = req->end = 0;
}
