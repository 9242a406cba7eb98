#include "deliver/attempt.h"

static enum wsub_attempt_error error_of_code(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return WSUB_ATTEMPT_DNS;
    case CURLE_COULDNT_CONNECT:
        return WSUB_ATTEMPT_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_USE_SSL_FAILED:
        return WSUB_ATTEMPT_TLS;
    default:
        return WSUB_ATTEMPT_BROKEN;
    }
}

enum wsub_attempt_error deliver_error_of(enum wsub_http_outcome outcome,
                                         CURLcode code)
{
    switch (outcome) {
    case WSUB_HTTP_TIMEOUT:
        return WSUB_ATTEMPT_TIMEOUT;
    case WSUB_HTTP_BLOCKED:
        return WSUB_ATTEMPT_BLOCKED;
    case WSUB_HTTP_UNREACHED:
        return error_of_code(code);
    default: /* TOO_LARGE: the rest was not wanted */
        return WSUB_ATTEMPT_WELL;
    }
}
