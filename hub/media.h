/* media.h - the Content-Type of a request with a JSON body. */
#ifndef HUB_MEDIA_H
#define HUB_MEDIA_H

#include <stdbool.h>

struct wsub_http_request;

/* Whether it is application/json, with parameters or without. */
bool hub_is_json(const struct wsub_http_request *req);

/* The same; else responds 415 and returns false. */
bool hub_check_json(struct wsub_http_request *req);

#endif
