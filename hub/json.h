/* json.h - responses in JSON. */
#ifndef HUB_JSON_H
#define HUB_JSON_H

#include <stddef.h>

#include <jansson.h>

#include "common/store/place.h"

struct wsub_http_request;

/* Responds with `root`, and frees it. */
void hub_json_respond_status(struct wsub_http_request *req, int status,
                             json_t *root);

/* The same with 200. */
void hub_json_respond(struct wsub_http_request *req, json_t *root);

/* A string; null for NULL, "" for what is no UTF-8. */
json_t *hub_json_text(const char *text);

/* A string of any bytes, in base64. */
json_t *hub_json_base64(const char *bytes, size_t len);

/* "N-MS-SEQ" */
json_t *hub_json_place(const struct wsub_place *place);

#endif
