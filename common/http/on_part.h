/* on_part.h - who is told of the next part of a body (parts.h). */
#ifndef WSUB_HTTP_ON_PART_H
#define WSUB_HTTP_ON_PART_H

struct wsub_http_request;

struct wsub_http_parts {
    /* As the handler of a route. */
    void (*on_part)(struct wsub_http_request *req, void *arg);
    /* It may come within wsub_http_next_part(), and must not free the server. */
    void (*on_cut)(void *arg);
    void *arg; /* borrowed; given to both */
};

#endif
