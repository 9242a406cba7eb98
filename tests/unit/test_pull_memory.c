/* test_pull_memory.c - the suite of pull subscriptions, for those in memory. */
#include "tests/support/pull_memory.h"

#include "tests/support/pull_suite.h"
#include "tests/unit/suite.h"

static struct pull_memory *memory;

static void set_up(void)
{
    memory = pull_memory_new(PULL_SHARDS);
}

static void tear_down(void)
{
    pull_memory_free(memory);
}

static struct wsub_pull_store *store(void)
{
    return pull_memory_store(memory);
}

static void wait_for(const bool *done)
{
    ck_assert(*done);
}

static void pass_s(unsigned seconds)
{
    pull_memory_pass_ms(memory, seconds * 1000ULL);
}

static uint64_t expire(void)
{
    return pull_memory_expire(memory);
}

int main(void)
{
    return pull_suite_run(&(struct pull_kind){
        .name = "pull_memory",
        .set_up = set_up,
        .tear_down = tear_down,
        .store = store,
        .wait = wait_for,
        .pass_s = pass_s,
        .expire = expire,
    });
}
