#include "spreader/verdict.h"

#include <stdio.h>

#include "common/http/relation.h"
#include "spreader/request.h"

/* What the topic lacks, in words; NULL when it may be subscribed to here. */
static const char *find_fault(const struct wsub_relations *found,
                              const char *topic, const char *hub)
{
    if (!wsub_targets_have(&found->hub, hub, false))
        return "the topic does not name this hub as rel=hub";
    if (!wsub_targets_have(&found->self, topic, true))
        return "the topic does not name itself as rel=self";
    return NULL;
}

/* What the transfer's errors say of the publisher's network is nothing for
 * whoever subscribes: those stay in the log. */
static void describe(const struct spread_response *response,
                     struct spread_verdict *verdict)
{
    static const char failed[] = "the topic can't be fetched";
    size_t bytes = sizeof(verdict->reason);

    if (response->outcome == SPREAD_REFUSED && response->status > 0)
        snprintf(verdict->reason, bytes, "%s: %s", failed, response->error);
    else if (response->status >= 400)
        snprintf(verdict->reason, bytes, "%s: HTTP status %ld", failed,
                 response->status);
    else
        snprintf(verdict->reason, bytes, "%s", failed);
}

struct spread_verdict spread_verdict(const struct spread_response *response,
                                     const char *topic, const char *hub)
{
    struct spread_verdict verdict = {.outcome = WSUB_VALIDATION_VALID};
    const char *fault;

    if (response->outcome != SPREAD_CONTENT) {
        verdict.outcome = response->outcome == SPREAD_FAILED
                              ? WSUB_VALIDATION_AGAIN
                              : WSUB_VALIDATION_DENIED;
        describe(response, &verdict);
    } else if (hub == NULL) {
        verdict.outcome = WSUB_VALIDATION_AGAIN;
        snprintf(verdict.reason, sizeof(verdict.reason),
                 "the hub's public URL is not known");
    } else {
        fault = find_fault(response->relations, topic, hub);
        if (fault != NULL) {
            verdict.outcome = WSUB_VALIDATION_DENIED;
            snprintf(verdict.reason, sizeof(verdict.reason), "%s", fault);
        }
    }
    return verdict;
}
