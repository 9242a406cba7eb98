#include "common/http/incoming.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/loop.h"
#include "common/base/mem.h"
#include "common/http/strict.h"
#include "common/http/verdict.h"

/* As much of a request is wiped as may hold secrets: tokens, and the fields of
 * a form. */
#define SECRET_MAX_BYTES (WSUB_HTTP_HEAD_MAX_BYTES + 65536)

/* An idle connection holds on to no more than this. */
#define IN_KEEP_BYTES 16384

struct wsub_http_request *wsub_http_incoming_new(void)
{
    struct wsub_http_request *req = wsub_calloc(1, sizeof(*req));

    req->joined = wsub_calloc(1, sizeof(*req->joined));
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

static void give_shares_back(struct wsub_http_request *req)
{
    wsub_http_budget_return(&req->handling);
    wsub_http_budget_return(&req->reading);
}

/* Wipes the first bytes from `at` on. */
static void wipe(char *at, size_t len)
{
    explicit_bzero(at, len < SECRET_MAX_BYTES ? len : SECRET_MAX_BYTES);
}

static void free_wiped(struct wsub_buf *bytes)
{
    if (bytes->data != NULL)
        wipe(bytes->data, bytes->len);
    wsub_buf_done(bytes);
}

void wsub_http_incoming_free(struct wsub_http_request *req)
{
    struct wsub_http_parts parts;

    if (req == NULL)
        return;
    parts = req->parts;
    give_shares_back(req);
    forget_joined(req);
    free(req->joined);
    wsub_buf_done(&req->response_headers);
    free_wiped(&req->in);
    free(req);
    if (parts.on_cut != NULL)
        parts.on_cut(parts.arg);
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

static void move_to_front(struct wsub_http_request *req)
{
    size_t len = there(req);

    memmove(req->in.data, base(req), len);
    wipe(req->in.data + len, req->start);
    req->in.len = len;
    req->start = 0;
}

char *wsub_http_incoming_reserve(struct wsub_http_request *req, size_t len)
{
    struct wsub_buf wider = {0};

    if (req->start > 0)
        move_to_front(req);
    if (req->in.len + len >= req->in.cap && req->in.len <= SECRET_MAX_BYTES) {
        wsub_buf_reserve(&wider, req->in.len + len);
        wsub_buf_add(&wider, req->in.data, req->in.len);
        free_wiped(&req->in);
        req->in = wider;
    }
    return wsub_buf_reserve(&req->in, len);
}

/* As the buffer grows: by doubling. */
static size_t share_of_chunks(size_t bytes)
{
    size_t share = WSUB_HTTP_SMALL_BODY_BYTES;

    if (bytes <= share)
        return 0;
    while (share < bytes)
        share *= 2;
    return share;
}

size_t wsub_http_incoming_came(const struct wsub_http_request *req)
{
    return there(req) - req->body;
}

size_t wsub_http_incoming_share(const struct wsub_http_request *req,
                                size_t more)
{
    if (req->stage == WSUB_HTTP_STAGE_CHUNKED || req->part_max > 0)
        return share_of_chunks(wsub_http_incoming_came(req) + more);
    if (req->stage == WSUB_HTTP_STAGE_LENGTH &&
        wsub_http_incoming_came(req) + more > WSUB_HTTP_SMALL_BODY_BYTES)
        return req->framing.length;
    return 0;
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

static void end(struct wsub_http_request *req,
                const struct wsub_http_span *span)
{
    base(req)[span->at + span->len] = '\0';
}

/* Puts a zero byte behind every part of a complete head: over the colon,
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

/* The head is here, up to req->body. */
static enum wsub_http_fault take_head(struct wsub_http_request *req)
{
    enum wsub_http_fault fault =
        wsub_http_parse_head(base(req), req->body, &req->head);

    if (fault == WSUB_HTTP_FINE)
        fault = wsub_http_framing_read(base(req), &req->head, &req->framing);
    if (fault == WSUB_HTTP_FINE)
        fault = wsub_http_verdict(base(req), req->body, &req->head);
    if (fault != WSUB_HTTP_FINE)
        return fault;
    terminate(req);
    req->stage = WSUB_HTTP_STAGE_CHECKED;
    return WSUB_HTTP_FINE;
}

enum wsub_http_fault wsub_http_incoming_allow(struct wsub_http_request *req,
                                              size_t max_body_bytes)
{
    if (req->framing.length > max_body_bytes)
        return WSUB_HTTP_BODY_TOO_LARGE;
    wsub_http_chunked_init(&req->chunked, max_body_bytes);
    req->stage =
        req->framing.chunked ? WSUB_HTTP_STAGE_CHUNKED : WSUB_HTTP_STAGE_LENGTH;
    return WSUB_HTTP_FINE;
}

void wsub_http_incoming_fit(struct wsub_http_request *req)
{
    struct wsub_buf fitting = {0};

    if (req->in.len > req->in.cap / 4) /* else a copy each time */
        return;
    wsub_buf_add(&fitting, req->in.data, req->in.len);
    free_wiped(&req->in);
    req->in = fitting;
}

static bool has_body(const struct wsub_http_request *req)
{
    return req->framing.chunked || req->framing.length > 0;
}

bool wsub_http_incoming_is_dropped(const struct wsub_http_request *req)
{
    const struct wsub_http_framing *framing = &req->framing;

    if (!has_body(req))
        return true;
    return !framing->chunked && !framing->expects_continue &&
           framing->length <= WSUB_HTTP_DROPPED_BODY_BYTES;
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

    if (req->line == 0 && used > WSUB_HTTP_LINE_MAX_BYTES)
        return WSUB_HTTP_LINE_TOO_LONG;
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
    return take_head(req);
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

/* What is there of the body is for its handler. */
static void end_body(struct wsub_http_request *req, size_t end)
{
    char *after = base(req) + req->body + req->body_bytes;

    req->end = end;
    req->after_body = *after;
    *after = '\0';
}

static void complete(struct wsub_http_request *req, size_t end)
{
    end_body(req, end);
    req->stage = WSUB_HTTP_STAGE_COMPLETE;
}

static enum wsub_http_fault read_length(struct wsub_http_request *req)
{
    size_t came = wsub_http_incoming_came(req);
    bool is_whole = came >= req->framing.length;

    if (!is_whole && req->part_max == 0)
        return WSUB_HTTP_FINE;
    req->body_bytes = is_whole ? req->framing.length : came;
    if (is_whole)
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

static bool has_part(const struct wsub_http_request *req)
{
    return req->part_max > 0 && !req->refused &&
           req->body_bytes >= req->part_max;
}

static bool wants_continue(struct wsub_http_request *req)
{
    /* Who has begun to send the body waits no longer. */
    return req->stage != WSUB_HTTP_STAGE_HEAD && !req->continued &&
           has_body(req) && req->framing.expects_continue &&
           there(req) == req->body;
}

enum wsub_http_progress wsub_http_incoming_read(struct wsub_http_request *req,
                                                enum wsub_http_fault *ret_fault)
{
    enum wsub_http_stage before;
    enum wsub_http_fault fault;

    if (req->stage == WSUB_HTTP_STAGE_COMPLETE)
        return WSUB_HTTP_COMPLETE;
    if (req->is_part)
        return WSUB_HTTP_PART;
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
        if (req->stage == WSUB_HTTP_STAGE_CHECKED)
            return WSUB_HTTP_NEEDS_CHECK;
    } while (req->stage != before);
    if (has_part(req)) {
        end_body(req, there(req));
        req->is_part = true;
        return WSUB_HTTP_PART;
    }
    return wants_continue(req) ? WSUB_HTTP_NEEDS_CONTINUE
                               : WSUB_HTTP_NEEDS_MORE;
}

/* Keeps what came of the next request, and not the memory of this one. */
static void shrink(struct wsub_http_request *req)
{
    struct wsub_buf rest = {0};

    if (there(req) == 0 && req->in.cap <= IN_KEEP_BYTES) {
        wsub_buf_clear(&req->in);
    } else {
        if (there(req) > 0)
            wsub_buf_add(&rest, base(req), there(req));
        free_wiped(&req->in);
        req->in = rest;
    }
    req->start = 0;
}

void wsub_http_incoming_drop_part(struct wsub_http_request *req)
{
    char *part = base(req) + req->body;
    size_t behind = there(req) - req->body - req->body_bytes;

    wsub_http_budget_return(&req->handling);
    part[req->body_bytes] = req->after_body;
    memmove(part, part + req->body_bytes, behind);
    explicit_bzero(part + behind, req->body_bytes);
    req->in.len -= req->body_bytes;
    req->dropped_bytes += req->body_bytes;
    if (req->stage == WSUB_HTTP_STAGE_LENGTH)
        req->framing.length -= req->body_bytes;
    req->body_bytes = 0;
    req->is_part = false;
    req->continued = true; /* what was sent shows that it did not wait */
}

void wsub_http_incoming_next(struct wsub_http_request *req)
{
    base(req)[req->body + req->body_bytes] = req->after_body;
    forget_joined(req);
    wsub_buf_clear(&req->response_headers);
    give_shares_back(req);
    wipe(base(req), req->end);
    req->start += req->end;
    if (req->in.cap > WSUB_HTTP_SMALL_BODY_BYTES || there(req) == 0)
        shrink(req);
    req->stage = WSUB_HTTP_STAGE_HEAD;
    req->route = NULL;
    req->matched = 0;
    req->body_max = req->part_max = 0;
    req->is_part = false;
    req->parts = (struct wsub_http_parts){0};
    req->skipped_line = req->continued = req->refused = false;
    req->fields = req->line = req->scanned = 0;
    req->body = req->body_bytes = req->end = 0;
    req->dropped_bytes = 0;
}

void wsub_http_incoming_forget(struct wsub_http_request *req)
{
    free_wiped(&req->in);
    req->start = 0;
    wsub_buf_done(&req->response_headers);
}

void wsub_http_incoming_tell_response(const struct wsub_http_request *req,
                                      int status)
{
    if (req->on_response != NULL)
        req->on_response(req, status, wsub_now_us() - req->handled_us,
                         req->on_response_arg);
}

void wsub_http_incoming_tell_gone(struct wsub_http_request *req)
{
    void (*on_gone)(void *arg) = req->on_gone;

    req->on_gone = NULL;
    if (on_gone != NULL)
        on_gone(req->on_gone_arg);
}
