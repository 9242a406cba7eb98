/* attempt.h - what one attempt to deliver came to. */
#ifndef DELIVER_ATTEMPT_H
#define DELIVER_ATTEMPT_H

#include "common/http/client.h"
#include "common/store/attempt_log.h"

enum wsub_attempt_error deliver_error_of(enum wsub_http_outcome outcome,
                                         CURLcode code);

#endif
