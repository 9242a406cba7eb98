/* link.h - the Link header (RFC 8288 section 3).
 *
 * Reads what real servers send: several links in a header, several relations
 * in one `rel`, quoted parameters, relative targets, empty list elements.  A
 * link whose `anchor` is another document says nothing about this one and is
 * passed over; so is what follows a link that can't be read. */
#ifndef WSUB_HTTP_LINK_H
#define WSUB_HTTP_LINK_H

#include "common/http/relation.h"

#define WSUB_LINKS_MAX_BYTES 65536 /* of all Link headers of a response */

/* Adds the relations of one header's value; called for each header, with `rest`
 * WSUB_LINKS_MAX_BYTES at first.  Takes what was read off `rest`; of a value that
 * is longer than that the links which it has as a whole count. */
void wsub_link_relations(const char *value, size_t *rest,
                         struct wsub_relations *found);

#endif
