/* feed.h - the links in the head of a document: `atom:link` of an Atom or RSS
 * feed, `<link>` of an HTML page.
 *
 * libxml2 reads the document as a stream and makes no tree of it: nothing is
 * loaded, no entity is expanded, and reading stops at the first entry or item,
 * at the end of a page's <head>, or after WSUB_FEED_HEAD_BYTES.  That limit
 * also bounds the time that hostile markup takes: the parsers' time grows
 * with the square of the attributes of one element (77 ms at 64 KiB, 20 s at
 * 1 MiB).  Of broken markup counts what can be read. */
#ifndef WSUB_HTTP_FEED_H
#define WSUB_HTTP_FEED_H

#include <stddef.h>

#include "common/http/relation.h"

#define WSUB_FEED_HEAD_BYTES 65536

/* Adds the relations that the document states itself.  Its kind follows from
 * `type`, a Content-Type, or from its first bytes where that says nothing
 * (none, text/plain, application/octet-stream). */
void wsub_feed_relations(const char *type, const void *content, size_t len,
                         struct wsub_relations *found);

#endif
