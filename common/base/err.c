#include "common/base/err.h"

static const char *const names[WSUB_ERR_MAX_] = {
    [WSUB_OK] = "ok",
    [WSUB_ERR_INVALID] = "invalid",
    [WSUB_ERR_TOO_LARGE] = "too large",
    [WSUB_ERR_NOT_FOUND] = "not found",
    [WSUB_ERR_UNAVAILABLE] = "unavailable",
    [WSUB_ERR_REFUSED] = "refused",
    [WSUB_ERR_SYSTEM] = "system error",
};

const char *wsub_err_name(enum wsub_err err)
{
    return (unsigned)err < WSUB_ERR_MAX_ ? names[err] : "unknown";
}
