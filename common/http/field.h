/* field.h - a request's parts as C strings.
 *
 * Internal to the HTTP server; the getters themselves are those of server.h.
 * The strings lie in the request's own buffer. */
#ifndef WSUB_HTTP_FIELD_H
#define WSUB_HTTP_FIELD_H

struct wsub_http_request;

/* The value of a header that was sent more than once. */
struct wsub_http_joined {
    struct wsub_http_joined *next; /* owned */
    char *value;                   /* owned */
};

/* Puts a zero byte behind every part of a complete request. */
void wsub_http_field_terminate(struct wsub_http_request *req);

/* Frees what wsub_http_header() had to put together. */
void wsub_http_field_forget(struct wsub_http_request *req);

#endif
