#include "deliver/intent.h"

#include <string.h>

#include "common/crypto/digest.h"
#include "common/http/url.h"

const char *deliver_intent_mode_name(enum wsub_request_mode mode)
{
    switch (mode) {
    case WSUB_MODE_SUBSCRIBE:
        return "subscribe";
    case WSUB_MODE_UNSUBSCRIBE:
        return "unsubscribe";
    case WSUB_MODE_DENIED:
        break;
    }
    return "denied";
}

void deliver_intent_url(const struct deliver_intent *intent,
                        struct wsub_buf *ret_url)
{
    wsub_buf_str(ret_url, intent->callback);
    wsub_buf_char(ret_url, strchr(intent->callback, '?') == NULL ? '?' : '&');
    wsub_buf_str(ret_url, "hub.mode=");
    wsub_buf_str(ret_url, deliver_intent_mode_name(intent->mode));
    wsub_buf_str(ret_url, "&hub.topic=");
    wsub_url_encode(ret_url, intent->topic);
    if (intent->mode != WSUB_MODE_DENIED) {
        wsub_buf_str(ret_url, "&hub.challenge=");
        wsub_buf_str(ret_url, intent->challenge);
    } else if (intent->reason[0] != '\0') {
        wsub_buf_str(ret_url, "&hub.reason=");
        wsub_url_encode(ret_url, intent->reason);
    }
    if (intent->mode == WSUB_MODE_SUBSCRIBE) {
        wsub_buf_str(ret_url, "&hub.lease_seconds=");
        wsub_buf_u64(ret_url, intent->lease_s);
    }
}

/* Only what may pass is worth another attempt. */
static enum deliver_verdict
judge_echo(const struct deliver_intent *intent,
           const struct wsub_http_response *response, bool success)
{
    if (response->outcome == WSUB_HTTP_RESPONDED && success &&
        wsub_equal_const_time(response->body, response->body_len,
                              intent->challenge, DELIVER_CHALLENGE_LEN))
        return DELIVER_VERDICT_FINE;
    if (response->outcome == WSUB_HTTP_TIMEOUT ||
        response->outcome == WSUB_HTTP_UNREACHED || response->status >= 500)
        return DELIVER_VERDICT_RETRY;
    return DELIVER_VERDICT_FINAL;
}

enum deliver_verdict
deliver_intent_judge(const struct deliver_intent *intent,
                     const struct wsub_http_response *response)
{
    bool success = response->status >= 200 && response->status < 300;

    if (intent->mode != WSUB_MODE_DENIED)
        return judge_echo(intent, response, success);
    return success ? DELIVER_VERDICT_FINE : DELIVER_VERDICT_RETRY;
}
