/* result.h - what becomes of the response to a fetch.
 *
 *   content   -> an event, or none when every entry of the feed was delivered
 *   unchanged -> nothing
 *   else      -> a failure, and another fetch later where that may help
 *
 * Pure: no clock, no random source, no Redis. */
#ifndef SPREADER_RESULT_H
#define SPREADER_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/store/fetches.h"

struct spread_response;
struct wsub_config;

/* Zeroed before the first use. */
struct spread_result {
    enum wsub_fetch_outcome outcome;
    long status; /* 0 for none */
    char error[128];
    uint32_t failures; /* in a row */
    bool again;        /* fetch once more, after delay_ms */
    uint32_t delay_ms;
    uint32_t pace_ms; /* nor is it fetched earlier by an announcement */
    char digest[WSUB_DIGEST_LEN + 1];                /* of the content */
    struct wsub_buf etag, last_modified, type, body; /* owned */
    struct wsub_buf self;    /* owned; the canonical URL */
    struct wsub_buf source;  /* owned; the URL that gave the content */
    struct wsub_buf entries; /* owned; digests of the feed's entries */
};

struct spread_result_facts {
    const struct wsub_config *config;
    const char *entries; /* digests of what was delivered before */
    uint32_t failures;   /* in a row before this response */
    uint32_t random;     /* spreads the delay */
};

/* Fills in what follows from the response. */
void spread_result_take(struct spread_result *result,
                        const struct spread_response *response,
                        const struct spread_result_facts *facts);

/* Forgets all. */
void spread_result_clear(struct spread_result *result);

#endif
