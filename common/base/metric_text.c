#include "common/base/metric_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US UINT64_C(1000000)

void wsub_metric_describe(struct wsub_buf *out, const char *name,
                          const char *help, const char *type)
{
    wsub_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                    type);
}

void wsub_metric_seconds(struct wsub_buf *out, uint64_t us)
{
    char text[32];
    size_t len;

    snprintf(text, sizeof(text), "%" PRIu64 ".%06" PRIu64, us / SECOND_US,
             us % SECOND_US);
    len = strlen(text);
    while (text[len - 1] == '0')
        len--;
    if (text[len - 1] == '.')
        len--;
    text[len] = '\0';
    wsub_buf_str(out, text);
}
