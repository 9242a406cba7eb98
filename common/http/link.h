/* link.h - the Link header (RFC 8288 section 3).
 *
 * Reads what real servers send: several links in a header, several relations
 * in one `rel`, quoted parameters, relative targets, empty list elements.  A
 * link whose `anchor` is another document says nothing about this one and is
 * passed over; so is what follows a link that can't be read.  Of a value the
 * first WSUB_LINK_MAX_BYTES count. */
#ifndef WSUB_HTTP_LINK_H
#define WSUB_HTTP_LINK_H

#include "common/http/relation.h"

#define WSUB_LINK_MAX_BYTES 16384

/* Adds the relations of one header's value; call it for each header. */
void wsub_link_relations(const char *value, struct wsub_relations *found);

#endif
