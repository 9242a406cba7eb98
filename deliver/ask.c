#include "deliver/ask.h"

#include <string.h>

#include "common/crypto/digest.h"
#include "common/http/url.h"

bool deliver_ask_is_mode(char letter)
{
    return letter != '\0' && strchr("sud", letter) != NULL;
}

const char *deliver_ask_mode_name(enum deliver_ask_mode mode)
{
    switch (mode) {
    case DELIVER_ASK_SUBSCRIBE:
        return "subscribe";
    case DELIVER_ASK_UNSUBSCRIBE:
        return "unsubscribe";
    case DELIVER_ASK_DENIED:
        break;
    }
    return "denied";
}

void deliver_ask_url(const struct deliver_ask *ask, struct wsub_buf *ret_url)
{
    wsub_buf_str(ret_url, ask->callback);
    wsub_buf_char(ret_url, strchr(ask->callback, '?') == NULL ? '?' : '&');
    wsub_buf_str(ret_url, "hub.mode=");
    wsub_buf_str(ret_url, deliver_ask_mode_name(ask->mode));
    wsub_buf_str(ret_url, "&hub.topic=");
    wsub_url_encode(ret_url, ask->topic);
    if (ask->mode != DELIVER_ASK_DENIED) {
        wsub_buf_str(ret_url, "&hub.challenge=");
        wsub_buf_str(ret_url, ask->challenge);
    } else if (ask->reason[0] != '\0') {
        wsub_buf_str(ret_url, "&hub.reason=");
        wsub_url_encode(ret_url, ask->reason);
    }
    if (ask->mode == DELIVER_ASK_SUBSCRIBE) {
        wsub_buf_str(ret_url, "&hub.lease_seconds=");
        wsub_buf_u64(ret_url, ask->lease_s);
    }
}

/* Only what may pass is worth another attempt. */
static enum deliver_verdict judge_echo(const struct deliver_ask *ask,
                                       const struct wsub_http_response *answer,
                                       bool success)
{
    if (answer->outcome == WSUB_HTTP_RESPONDED && success &&
        wsub_equal_const_time(answer->body, answer->body_len, ask->challenge,
                              DELIVER_CHALLENGE_LEN))
        return DELIVER_VERDICT_FINE;
    if (answer->outcome == WSUB_HTTP_TIMEOUT ||
        answer->outcome == WSUB_HTTP_UNREACHED || answer->status >= 500)
        return DELIVER_VERDICT_AGAIN;
    return DELIVER_VERDICT_FINAL;
}

enum deliver_verdict deliver_ask_judge(const struct deliver_ask *ask,
                                       const struct wsub_http_response *answer)
{
    bool success = answer->status >= 200 && answer->status < 300;

    if (ask->mode != DELIVER_ASK_DENIED)
        return judge_echo(ask, answer, success);
    return success ? DELIVER_VERDICT_FINE : DELIVER_VERDICT_AGAIN;
}
