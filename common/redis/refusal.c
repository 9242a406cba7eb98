#include "common/redis/refusal.h"

#include <string.h>

#define PLACE " script: " /* a reason may hold the same words */
#define SHA1_DIGITS 40

size_t wsub_refusal_len(const char *text)
{
    const char *at = text;

    while ((at = strstr(at, PLACE)) != NULL) {
        if (strspn(at + strlen(PLACE), "0123456789abcdef") == SHA1_DIGITS)
            return (size_t)(at - text);
        at++;
    }
    return strlen(text);
}

/* Within the error of a script, which passes along what a command met. */
static const char *const passing[] = {
    "OOM ",
    "MISCONF",
    "READONLY",
    "NOREPLICAS",
    "LOADING",
    "BUSY",
    "MASTERDOWN",
    "CLUSTER",
    "NOPERM",
    "TRYAGAIN",
    "MOVED ",
    "ASK ",
    "can't run this command",
};

static const char *const lasting[] = {
    "WRONGTYPE", "not an integer", "not a valid float",         "not a float",
    "overflow",  "exhausted",      "command arguments must be", "user_script:",
};

static bool has_any(const char *text, size_t len, const char *const *words,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *at = strstr(text, words[i]);

        if (at != NULL && (size_t)(at - text) < len)
            return true;
    }
    return false;
}

bool wsub_refusal_is_lasting(const char *text)
{
    size_t len = wsub_refusal_len(text);

    return !has_any(text, len, passing, sizeof(passing) / sizeof(*passing)) &&
           has_any(text, len, lasting, sizeof(lasting) / sizeof(*lasting));
}
