/* media.h - the Content-Type of a request's body. */
#ifndef HUB_MEDIA_H
#define HUB_MEDIA_H

#include <stdbool.h>

struct wsub_http_request;

#define HUB_MEDIA_JSON "application/json"
#define HUB_MEDIA_FORM "application/x-www-form-urlencoded"
#define HUB_MEDIA_LINES "application/x-ndjson"

/* Whether it is `type`, with parameters or without. */
bool hub_is_media(const struct wsub_http_request *req, const char *type);

bool hub_is_json(const struct wsub_http_request *req);

/* The same; else responds 415 and returns false. */
bool hub_check_json(struct wsub_http_request *req);

#endif
