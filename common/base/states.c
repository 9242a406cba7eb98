#include "common/base/states.h"

#include "common/base/mem.h"

unsigned wsub_state_enter(const struct wsub_state *states, const char *what,
                          const char *id, unsigned from, unsigned to)
{
    if ((states[from].next & WSUB_BIT(to)) == 0)
        wsub_panic("%s %s: %s -> %s", what, id, states[from].name,
                   states[to].name);
    return to;
}
