#include "spreader/credit.h"

size_t spread_credit_take(struct spread_credit *credit, size_t want,
                          size_t streams)
{
    size_t left =
        credit->capacity > credit->used ? credit->capacity - credit->used : 0;
    size_t taken = left / streams;

    if (taken > want)
        taken = want;
    credit->used += taken * streams;
    return taken;
}

void spread_credit_give_back(struct spread_credit *credit, size_t taken,
                             size_t streams)
{
    credit->used -= taken * streams;
}

void spread_credit_hold(struct spread_credit *credit)
{
    credit->used++;
}

void spread_credit_release(struct spread_credit *credit, size_t entries)
{
    credit->used -= entries;
}
