/* verdict.h - whether a topic wants its subscribers here (WebSub section 5.2).
 *
 * The topic must name this hub as rel=hub and itself as rel=self.  Pure. */
#ifndef SPREADER_VERDICT_H
#define SPREADER_VERDICT_H

#include <stdbool.h>

#include "common/store/fetches.h"

struct spread_response;

struct spread_verdict {
    enum wsub_validation outcome; /* WSUB_VALIDATION_AGAIN: can't say now */
    char reason[128];             /* for the subscriber; "" for valid */
};

/* Says what the response to a fetch of `topic` means.  `hub` is the hub's public
 * URL, NULL while that is not known. */
struct spread_verdict spread_verdict(const struct spread_response *response,
                                     const char *topic, const char *hub);

#endif
