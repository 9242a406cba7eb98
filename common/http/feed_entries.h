/* feed_entries.h - the entries of an Atom or RSS 2.0 feed that are new.
 *
 * WebSub section 7 lets a hub leave out entries that it has delivered.  An
 * entry is known by the digest of its whole element, so that one that was
 * edited is new.
 *
 * libxml2 makes a tree of the document; nothing is loaded and no entity is
 * expanded.  What could take long is not parsed and counts as no feed: more
 * than 1 MiB, a DTD, more attributes or namespaces than feeds have (the
 * parser's time grows with their square), or more errors; reading stops with the
 * first one that makes it malformed.  So does another encoding than UTF-8, since in
 * others these limits could be hidden.  The first 1,000 entries are looked
 * at; later ones always count as new. */
#ifndef WSUB_HTTP_FEED_ENTRIES_H
#define WSUB_HTTP_FEED_ENTRIES_H

#include <stddef.h>

#include "common/base/buf.h"

#define WSUB_FEED_ENTRIES_MAX 1000
#define WSUB_FEED_BYTES_MAX 1048576

enum wsub_feed_entries {
    WSUB_FEED_NONE,  /* no such feed, malformed, or beyond the limits */
    WSUB_FEED_NEW,   /* no entry is known */
    WSUB_FEED_PARTS, /* some are */
    WSUB_FEED_KNOWN, /* all are */
};

/* Compares a document's entries with `known`, digests separated by spaces (""
 * for none).  Adds to `ret_digests` those of all its entries in that form,
 * unless it is no feed; and, when some are known, to `ret_content` the
 * document without them, as UTF-8. */
enum wsub_feed_entries wsub_feed_entries(const void *content, size_t len,
                                         const char *known,
                                         struct wsub_buf *ret_digests,
                                         struct wsub_buf *ret_content);

#endif
