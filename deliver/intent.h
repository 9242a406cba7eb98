/* intent.h - what a callback is requested to do, and what its response means.
 *
 * A verification of intent (WebSub section 5.3) wants a challenge to be echoed,
 * a denial (section 5.2) wants nothing but to be heard.  Pure. */
#ifndef DELIVER_INTENT_H
#define DELIVER_INTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/http/client.h"
#include "common/store/requests.h"

#define DELIVER_CHALLENGE_BYTES 32
#define DELIVER_CHALLENGE_LEN (2 * DELIVER_CHALLENGE_BYTES)

/* A response is read so far, to say how much it was. */
#define DELIVER_INTENT_RESPONSE_MAX 4096

enum deliver_verdict {
    DELIVER_VERDICT_FINE,  /* confirmed, or heard */
    DELIVER_VERDICT_RETRY, /* failed for now */
    DELIVER_VERDICT_FINAL, /* not confirmed */
};

struct deliver_intent {
    enum wsub_request_mode mode;
    const char *topic;    /* borrowed; as given in the request */
    const char *callback; /* borrowed; as given */
    const char *reason;   /* borrowed; of a denial, "" for none */
    uint64_t lease_s;     /* of a subscription */
    /* Borrowed; what the request gave as hub.verify_token (PubSubHubbub 0.3),
     * "" for none; of a verification. */
    const char *verify_token;
    char challenge[DELIVER_CHALLENGE_LEN + 1]; /* of a verification */
};

/* Adds the URL to GET: the parameters are appended to the callback's own
 * query, which stays byte for byte. */
void deliver_intent_url(const struct deliver_intent *intent,
                        struct wsub_buf *ret_url);

/* Writes why, for people, unless it is fine. */
enum deliver_verdict
deliver_intent_judge(const struct deliver_intent *intent,
                     const struct wsub_http_response *response,
                     char ret_why[WSUB_VERIFICATION_WHY_BYTES]);

#endif
