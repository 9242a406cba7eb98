/* ask.h - what is asked at a callback, and what its answer means.
 *
 * A verification of intent (WebSub section 5.3) asks for a challenge to be
 * echoed, a denial (section 5.2) asks for nothing but to be heard.  Pure. */
#ifndef DELIVER_ASK_H
#define DELIVER_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/http/client.h"

#define DELIVER_CHALLENGE_BYTES 32
#define DELIVER_CHALLENGE_LEN (2 * DELIVER_CHALLENGE_BYTES)

/* The MODE of docs/PROTOCOL.md. */
enum deliver_ask_mode {
    DELIVER_ASK_SUBSCRIBE = 's',
    DELIVER_ASK_UNSUBSCRIBE = 'u',
    DELIVER_ASK_DENIED = 'd',
};

enum deliver_verdict {
    DELIVER_VERDICT_FINE,  /* confirmed, or heard */
    DELIVER_VERDICT_AGAIN, /* failed for now */
    DELIVER_VERDICT_FINAL, /* not confirmed */
};

struct deliver_ask {
    enum deliver_ask_mode mode;
    const char *topic;    /* borrowed; as given in the request */
    const char *callback; /* borrowed; as given */
    const char *reason;   /* borrowed; of a denial, "" for none */
    uint64_t lease_s;     /* of a subscription */
    char challenge[DELIVER_CHALLENGE_LEN + 1]; /* of a verification */
};

/* False for a letter that is no mode. */
bool deliver_ask_is_mode(char letter);

/* "subscribe", "unsubscribe" or "denied". */
const char *deliver_ask_mode_name(enum deliver_ask_mode mode);

/* Adds the URL to GET: the parameters are appended to the callback's own
 * query, which stays byte for byte. */
void deliver_ask_url(const struct deliver_ask *ask, struct wsub_buf *ret_url);

enum deliver_verdict deliver_ask_judge(const struct deliver_ask *ask,
                                       const struct wsub_http_response *answer);

#endif
