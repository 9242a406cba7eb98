/* attempt.h - what one attempt to deliver came to. */
#ifndef DELIVER_ATTEMPT_H
#define DELIVER_ATTEMPT_H

#include "common/http/client.h"
#include "common/store/attempt_log.h"
#include "deliver/host/host.h"

enum wsub_attempt_error deliver_error_of(enum wsub_http_outcome outcome,
                                         CURLcode code);

/* What the attempt says about the host; a status counts whatever came after
 * it. */
enum deliver_sign deliver_sign_of(enum wsub_http_outcome outcome, long status);

#endif
