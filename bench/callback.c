#include "bench/callback.h"

#include "common/base/buf.h"

#define HOSTS_A_NUMBER 250

void bench_callback_url(const struct bench_callbacks *callbacks,
                        unsigned long number, struct wsub_buf *out)
{
    unsigned long host = number % callbacks->hosts;

    wsub_buf_str(out, callbacks->https ? "https://" : "http://");
    if (callbacks->hosts == 1)
        wsub_buf_str(out, "127.0.0.1");
    else
        wsub_buf_printf(out, "127.1.%lu.%lu", host / HOSTS_A_NUMBER,
                        1 + host % HOSTS_A_NUMBER);
    wsub_buf_printf(out, ":%lu%s%lu", callbacks->port,
                    callbacks->topics ? BENCH_TOPIC_PATH : BENCH_CALLBACK_PATH,
                    number);
}
