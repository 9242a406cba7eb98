#include "deliver/intent.h"

#include <stdio.h>
#include <string.h>

#include "common/crypto/digest.h"
#include "common/http/url.h"

/* Clients of old tell by it that the verification is of their request. */
static void add_verify_token(const struct deliver_intent *intent,
                             struct wsub_buf *ret_url)
{
    if (intent->verify_token[0] == '\0')
        return;
    wsub_buf_str(ret_url, "&hub.verify_token=");
    wsub_url_encode(ret_url, intent->verify_token);
}

void deliver_intent_url(const struct deliver_intent *intent,
                        struct wsub_buf *ret_url)
{
    wsub_buf_str(ret_url, intent->callback);
    wsub_buf_char(ret_url, strchr(intent->callback, '?') == NULL ? '?' : '&');
    wsub_buf_str(ret_url, "hub.mode=");
    wsub_buf_str(ret_url, wsub_request_mode_name(intent->mode));
    wsub_buf_str(ret_url, "&hub.topic=");
    wsub_url_encode(ret_url, intent->topic);
    if (intent->mode != WSUB_MODE_DENIED) {
        wsub_buf_str(ret_url, "&hub.challenge=");
        wsub_buf_str(ret_url, intent->challenge);
        add_verify_token(intent, ret_url);
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
static bool is_passing(const struct wsub_http_response *response)
{
    return response->outcome == WSUB_HTTP_TIMEOUT ||
           response->outcome == WSUB_HTTP_UNREACHED ||
           response->status >= 500 || response->status == 408 ||
           response->status == 425 || response->status == 429;
}

static bool is_success(const struct wsub_http_response *response)
{
    return response->status >= 200 && response->status < 300;
}

static bool is_confirmed(const struct deliver_intent *intent,
                         const struct wsub_http_response *response)
{
    if (intent->mode == WSUB_MODE_DENIED)
        return is_success(response);
    return response->outcome == WSUB_HTTP_RESPONDED && is_success(response) &&
           wsub_equal_const_time(response->body, response->body_len,
                                 intent->challenge, DELIVER_CHALLENGE_LEN);
}

static void explain(const struct wsub_http_response *response,
                    char why[WSUB_VERIFICATION_WHY_BYTES])
{
    const size_t bytes = WSUB_VERIFICATION_WHY_BYTES;

    if (response->status != 0 && !is_success(response))
        snprintf(why, bytes, "HTTP status %ld", response->status);
    else if (response->outcome == WSUB_HTTP_RESPONDED)
        snprintf(why, bytes, "not the challenge: %zu bytes",
                 response->body_len);
    else if (response->outcome == WSUB_HTTP_TOO_LARGE)
        snprintf(why, bytes, "not the challenge: more than %d bytes",
                 DELIVER_INTENT_RESPONSE_MAX);
    else
        snprintf(why, bytes, "%s", response->error);
}

enum deliver_verdict
deliver_intent_judge(const struct deliver_intent *intent,
                     const struct wsub_http_response *response,
                     char ret_why[WSUB_VERIFICATION_WHY_BYTES])
{
    if (is_confirmed(intent, response))
        return DELIVER_VERDICT_FINE;
    explain(response, ret_why);
    return intent->mode == WSUB_MODE_DENIED || is_passing(response)
               ? DELIVER_VERDICT_RETRY
               : DELIVER_VERDICT_FINAL;
}
