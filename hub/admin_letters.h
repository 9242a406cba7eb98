/* admin_letters.h - dead letters for operators.
 *
 *   GET  /admin/dead-letters?hub.topic=&hub.callback=&id=&from=&limit=
 *        {"dead_letters": [...], "next": PLACE}
 *   GET  /admin/dead-letters/count?hub.topic= or hub.callback= or id=
 *        {"count": N}
 *   POST /admin/dead-letters/replay, /admin/dead-letters/purge
 *        form with one of id, hub.topic, hub.callback, all=true;
 *        {"replayed": N}, {"purged": N} */
#ifndef HUB_ADMIN_LETTERS_H
#define HUB_ADMIN_LETTERS_H

#include "common/http/request.h"

void hub_admin_letters(struct wsub_http_request *req, void *hub);
void hub_admin_letters_count(struct wsub_http_request *req, void *hub);
void hub_admin_letters_replay(struct wsub_http_request *req, void *hub);
void hub_admin_letters_purge(struct wsub_http_request *req, void *hub);

#endif
