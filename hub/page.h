/* page.h - GET /: what this server is, for people and for machines. */
#ifndef HUB_PAGE_H
#define HUB_PAGE_H

#include "common/http/request.h"

/* HTML, or JSON when Accept prefers it. */
void hub_page(struct wsub_http_request *req, void *hub);

#endif
