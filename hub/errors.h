/* errors.h - what is wrong with a request, told to its client.
 *
 * Checks append to a list, so that one response names every wrong parameter.
 * The client gets the list as JSON when its Accept prefers that, else as plain
 * sentences, one a line.  The list is kept in the order of
 * "Responses to bad input" of docs/PROTOCOL.md, whatever order the checks ran
 * in; its length is bounded by the number of a form's fields. */
#ifndef HUB_ERRORS_H
#define HUB_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

struct wsub_http_request;

/* After which a client may try again when Redis is away. */
#define HUB_RETRY_AFTER_S "5"

/* What may be wrong, in the order in which it is told.  Each has a status, a
 * code and a title. */
enum hub_fault {
    HUB_FAULT_PATH,
    HUB_FAULT_METHOD,
    HUB_FAULT_MEDIA_TYPE,
    HUB_FAULT_REQUEST, /* the form, the query or a header is malformed */
    HUB_FAULT_MODE,
    HUB_FAULT_TOKEN,
    HUB_FAULT_CLOSED, /* the operator has not opened this */
    HUB_FAULT_MISSING,
    HUB_FAULT_TOPIC,
    HUB_FAULT_CALLBACK,
    HUB_FAULT_LEASE,
    HUB_FAULT_SECRET,
    HUB_FAULT_ORDERED,
    HUB_FAULT_SIGNATURE,
    HUB_FAULT_HEADERS,
    HUB_FAULT_VERIFY_TOKEN,
    HUB_FAULT_REASON,
    HUB_FAULT_IDEMPOTENCY_KEY,
    HUB_FAULT_NOT_FOUND,
    HUB_FAULT_GONE,     /* it was deleted for ever */
    HUB_FAULT_CONFLICT, /* it is being done already, or was changed */
    HUB_FAULT_TOO_MANY, /* of one client, host or topic */
    HUB_FAULT_UNAVAILABLE,
    HUB_FAULT_MAX_
};

struct hub_error {
    enum hub_fault fault;
    const char *parameter; /* borrowed; const; NULL when it is none's fault */
    char detail[192];      /* one plain sentence */
};

/* { 0 } is an empty list. */
struct hub_errors {
    struct hub_error *list; /* owned */
    size_t count;
};

/* Adds an error; its sentence (printf format) holds nothing that the client
 * sent. */
__attribute__((format(printf, 4, 5))) void
hub_errors_add(struct hub_errors *errors, enum hub_fault fault,
               const char *parameter, const char *format, ...);
void hub_errors_done(struct hub_errors *errors);

/* Adds the list in JSON: {"errors": [...]}. */
void hub_errors_json(const struct hub_errors *errors, struct wsub_buf *out);

/* Adds the sentences, one behind the other. */
void hub_errors_text(const struct hub_errors *errors, struct wsub_buf *out);

/* The status of a list that is not empty. */
int hub_errors_status(const struct hub_errors *errors);

/* Responds to a request that has errors, and frees the list; does nothing and
 * returns false when the list is empty. */
bool hub_errors_respond(struct hub_errors *errors,
                        struct wsub_http_request *req);

/* Responds with one error. */
__attribute__((format(printf, 4, 5))) void
hub_refuse(struct wsub_http_request *req, enum hub_fault fault,
           const char *parameter, const char *format, ...);

/* 503 with Retry-After: Redis did not take what the request wants. */
void hub_refuse_unavailable(struct wsub_http_request *req);

/* 404 and 405 of the routes: a wsub_http_stray_handler. */
void hub_refuse_stray(struct wsub_http_request *req, int status,
                      const char *sentence, void *hub);

#endif
