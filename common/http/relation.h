/* relation.h - what a document says of its hubs and of itself (WebSub
 * section 4): the targets of rel=hub and rel=self.
 *
 * The document's author is a stranger: of each relation the first
 * WSUB_TARGETS_MAX targets count, and only http(s) URLs. */
#ifndef WSUB_HTTP_RELATION_H
#define WSUB_HTTP_RELATION_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"

#define WSUB_TARGETS_MAX 16

struct wsub_targets {
    struct wsub_buf url[WSUB_TARGETS_MAX]; /* owned; in the order found */
    size_t count;
};

struct wsub_relations {
    const char *base; /* borrowed; the URL that the document was got from */
    struct wsub_targets hub, self;
};

void wsub_relations_init(struct wsub_relations *found, const char *base);
void wsub_relations_done(struct wsub_relations *found);

/* Whether `rel`, a list of relation types separated by blanks, has any that
 * counts. */
bool wsub_relations_want(const char *rel);

/* Takes one link: its `rel` and its target `reference`, relative to `base`, which
 * is "" where no URL is known.  Other relations and targets that are no http(s)
 * URL are passed over. */
void wsub_relations_add(struct wsub_relations *found, const char *base,
                        const char *rel, const char *reference);

/* True when one of the targets is `url`: byte for byte, or else, with
 * `normalized`, in its normal spelling (see wsub_url_parse()). */
bool wsub_targets_have(const struct wsub_targets *targets, const char *url,
                       bool normalized);

#endif
