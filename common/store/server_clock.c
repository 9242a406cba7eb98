#include "common/store/server_clock.h"

#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "common/base/loop.h"

void wsub_server_clock_asked(struct wsub_server_clock *clock)
{
    clock->asked_us = wsub_now_us();
}

void wsub_server_clock_take(struct wsub_server_clock *clock,
                            const struct redisReply *reply)
{
    uint64_t now_us = wsub_now_us(), server_us;

    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
        return;
    server_us = strtoull(reply->element[0]->str, NULL, 10) * 1000000 +
                strtoull(reply->element[1]->str, NULL, 10);
    server_us += (now_us - clock->asked_us) / 2;
    clock->offset_ms = server_us / 1000 - now_us / 1000;
    clock->is_known = true;
}

uint64_t wsub_server_clock_ms(const struct wsub_server_clock *clock)
{
    return clock->is_known ? wsub_now_ms() + clock->offset_ms : 0;
}
