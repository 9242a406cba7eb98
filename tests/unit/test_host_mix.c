/* test_host_mix.c - hosts under any mix of what can happen to them. */
#include "tests/unit/host_fixture.h"

#define GUESTS 1500
#define STEPS 20000
#define HOSTS 2

enum place { OUTSIDE, WAITING, SENDING };

static struct guest guests[GUESTS];
static uint64_t seed;

/* The next of a sequence that is the same in each run. */
static unsigned pick(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

static enum place place_of(const struct guest *guest)
{
    if (guest->ticket.host == NULL)
        return OUTSIDE;
    return guest->ticket.waiting ? WAITING : SENDING;
}

static void come(struct guest *guest)
{
    char url[64];
    enum deliver_entry entry;

    snprintf(url, sizeof(url), "http://s%u.example/", pick(HOSTS));
    entry = enter_as(guest, url, pick(10) == 0);
    ck_assert_int_eq(place_of(guest), entry == DELIVER_ENTRY_NOW    ? SENDING
                                      : entry == DELIVER_ENTRY_WAIT ? WAITING
                                                                    : OUTSIDE);
    if (entry == DELIVER_ENTRY_FULL)
        deliver_host_parked(hosts, guest->ticket.host_name, now_us);
    else if (entry == DELIVER_ENTRY_OPEN)
        ck_assert_uint_gt(delay_ms, 0);
}

/* Some of those that send are done. */
static void go(unsigned well_percent)
{
    for (int i = 0; i < 20; i++) {
        struct guest *guest = &guests[pick(GUESTS)];

        if (place_of(guest) == SENDING)
            leave_with(guest, pick(100) < well_percent
                                  ? DELIVER_SIGN_WELL
                                  : (enum deliver_sign)pick(6));
    }
}

static void step(unsigned well_percent)
{
    struct guest *guest = &guests[pick(GUESTS)];

    now_us += pick(5000);
    if (deliver_hosts_next_us(hosts) <= now_us) {
        deliver_hosts_tick(hosts, now_us);
        ck_assert_uint_gt(deliver_hosts_next_us(hosts), now_us);
    }
    if (place_of(guest) == OUTSIDE)
        come(guest);
    go(well_percent);
    if (pick(500) == 0)
        deliver_hosts_expire(hosts, false, now_us);
    if (capacities.calls > 0 && pick(100) == 0)
        deliver_host_unparked(hosts, capacities.name, now_us);
}

/* Who waits was told nothing yet; who has left its queue was told so once. */
static void check(uint32_t waiting)
{
    uint32_t found = 0, wrong = 0;

    for (int i = 0; i < GUESTS; i++) {
        int told = guests[i].starts + guests[i].lates + guests[i].closed;
        bool waits = place_of(&guests[i]) == WAITING;

        found += waits;
        wrong += told > (waits ? 0 : 1);
    }
    ck_assert_uint_eq(found, waiting);
    ck_assert_uint_eq(wrong, 0);
}

static const struct {
    uint32_t per_host, rate;
    unsigned well_percent;
} mixes[] = {
    {1, 0, 100},  {4, 0, 90}, {16, 0, 50},    {16, 0, 5},
    {16, 50, 99}, {4, 7, 60}, {100, 300, 80}, {100, 0, 97},
};

START_TEST(whatever_happens_everyone_is_told_once)
{
    begin(mixes[_i].per_host, mixes[_i].rate);
    seed = (uint64_t)_i;
    memset(guests, 0, sizeof(guests));
    for (int i = 0; i < STEPS; i++) {
        step(mixes[_i].well_percent);
        if (i % 100 == 0)
            check(counts().waiting);
    }
    deliver_hosts_expire(hosts, true, now_us);
    check(0);
    for (int i = 0; i < GUESTS; i++)
        if (place_of(&guests[i]) == SENDING)
            leave(&guests[i]);
    deliver_hosts_expire(hosts, false, now_us + 11 * MINUTE);
    for (int i = 0; i < 2 * HOSTS && capacities.calls > 0; i++) {
        deliver_host_unparked(hosts, capacities.name, now_us);
        deliver_hosts_tick(hosts, now_us += MINUTE);
    }
    deliver_hosts_expire(hosts, false, now_us + 11 * MINUTE);
    ck_assert_uint_eq(counts().known, 0);
    ck_assert_uint_eq(counts().down, 0);
    ck_assert_uint_eq(deliver_hosts_next_us(hosts), UINT64_MAX);
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("host_mix");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, whatever_happens_everyone_is_told_once, 0,
                        COUNT(mixes));
    return suite_run("host_mix", cases);
}
