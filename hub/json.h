/* json.h - answers in JSON. */
#ifndef HUB_JSON_H
#define HUB_JSON_H

#include <jansson.h>

struct wsub_http_request;

/* Answers 200 with `root`, and frees it. */
void hub_json_reply(struct wsub_http_request *req, json_t *root);

/* A string; null for NULL, "" for what is no UTF-8. */
json_t *hub_json_text(const char *text);

#endif
