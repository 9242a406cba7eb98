#include "common/base/config.h"

const char *wsub_program_name(enum wsub_program program)
{
    switch (program) {
    case WSUB_PROGRAM_HUB:
        return "websub-hub";
    case WSUB_PROGRAM_SPREADER:
        return "websub-spreader";
    case WSUB_PROGRAM_DELIVER:
        return "websub-deliver";
    case WSUB_PROGRAM_ALL:
        break;
    }
    return "websubd";
}
