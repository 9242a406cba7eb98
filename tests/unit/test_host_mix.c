/* test_host_mix.c - hosts under any mix of what can happen to them. */
#include "tests/unit/host_fixture.h"

#define GUESTS 1500
#define STEPS 20000
#define HOSTS 3
#define ENDPOINTS 5 /* of each host */

enum place { OUTSIDE, WAITING, SENDING };

static struct guest guests[GUESTS];
static uint64_t seed;
static char parked[HOSTS * (ENDPOINTS + 1)][WSUB_DIGEST_LEN + 1];
static unsigned parked_count; /* names that something was parked for */

/* The next of a sequence that is the same in each run. */
static unsigned pick(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

static enum place place_of(const struct guest *guest)
{
    switch (guest->ticket.place) {
    case WSUB_HOST_OUTSIDE:
        return OUTSIDE;
    case WSUB_HOST_AT_ENDPOINT:
    case WSUB_HOST_AT_HOST:
        return WAITING;
    default:
        return SENDING;
    }
}

static void park(const char *name)
{
    unsigned at = 0;

    wsub_host_parked(hosts, name, now_us);
    while (at < parked_count && strcmp(parked[at], name) != 0)
        at++;
    if (at == parked_count)
        snprintf(parked[parked_count++], sizeof(parked[0]), "%s", name);
}

static void come(struct guest *guest)
{
    char url[64], endpoint[64];
    unsigned host = pick(HOSTS);
    enum wsub_host_entry entry;

    snprintf(url, sizeof(url), "http://s%u.example/", host);
    snprintf(endpoint, sizeof(endpoint), "%u-%u", host, pick(ENDPOINTS));
    entry = enter_for(guest, url, pick(10) == 0, endpoint);
    ck_assert_int_eq(place_of(guest), entry == WSUB_HOST_ENTRY_NOW ? SENDING
                                      : entry == WSUB_HOST_ENTRY_WAIT
                                          ? WAITING
                                          : OUTSIDE);
    if (entry == WSUB_HOST_ENTRY_FULL)
        park(guest->ticket.full_name);
    else if (entry == WSUB_HOST_ENTRY_OPEN || entry == WSUB_HOST_ENTRY_ASKED)
        ck_assert_uint_gt(delay_ms, 0);
}

/* Some of those that send are done. */
static void go(unsigned well_percent)
{
    for (int i = 0; i < 20; i++) {
        struct guest *guest = &guests[pick(GUESTS)];

        if (place_of(guest) != SENDING)
            continue;
        if (pick(200) == 0)
            leave_asking(guest, 1 + pick(5000));
        else
            leave_with(guest,
                       pick(100) < well_percent
                           ? WSUB_HOST_SIGN_WELL
                           : (enum wsub_host_sign)pick(WSUB_HOST_SIGN_MAX_));
    }
}

static void step(unsigned well_percent)
{
    struct guest *guest = &guests[pick(GUESTS)];

    now_us += pick(5000);
    if (wsub_hosts_next_us(hosts) <= now_us) {
        wsub_hosts_tick(hosts, now_us);
        ck_assert_uint_gt(wsub_hosts_next_us(hosts), now_us);
    }
    if (place_of(guest) == OUTSIDE)
        come(guest);
    go(well_percent);
    if (pick(500) == 0)
        wsub_hosts_expire(hosts, false, now_us);
    if (capacities.calls > 0 && pick(100) == 0)
        wsub_host_unparked(hosts, capacities.name, now_us);
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
    uint32_t per_host, rate, per_endpoint, unproven_max, urgent_max,
        lingering_max;
    unsigned well_percent;
} mixes[] = {
    {1, 0, 1, 1, 1, 0, 100},       {4, 0, 4, 2, 1, 10, 90},
    {16, 0, 4, 20, 5, 0, 50},      {16, 0, 4, 8, 2, 100, 5},
    {16, 50, 16, 100, 100, 0, 99}, {4, 7, 2, 5, 3, 5, 60},
    {100, 300, 50, 60, 1, 9, 80},  {100, 0, 4, 3, 3, 3, 97},
};

static void begin_mix(int mix)
{
    struct wsub_hosts_options chosen =
        options(mixes[mix].per_host, mixes[mix].rate);

    chosen.per_endpoint = mixes[mix].per_endpoint;
    chosen.unproven_max = mixes[mix].unproven_max;
    chosen.urgent_max = mixes[mix].urgent_max;
    chosen.urgent_waiting_max = 30;
    chosen.lingering_max = mixes[mix].lingering_max;
    begin_with(&chosen);
}

START_TEST(whatever_happens_everyone_is_told_once)
{
    begin_mix(_i);
    seed = (uint64_t)_i;
    memset(guests, 0, sizeof(guests));
    parked_count = 0;
    for (int i = 0; i < STEPS; i++) {
        step(mixes[_i].well_percent);
        if (i % 100 == 0)
            check(counts().waiting);
    }
    wsub_hosts_expire(hosts, true, now_us);
    check(0);
    for (int i = 0; i < GUESTS; i++)
        if (place_of(&guests[i]) == SENDING)
            leave(&guests[i]);
    wsub_hosts_expire(hosts, false, now_us + 11 * MINUTE);
    for (unsigned i = 0; i < parked_count; i++)
        wsub_host_unparked(hosts, parked[i], now_us);
    wsub_hosts_tick(hosts, now_us += MINUTE);
    wsub_hosts_expire(hosts, false, now_us);
    wsub_hosts_expire(hosts, false, now_us + 11 * MINUTE);
    ck_assert_uint_eq(counts().known, 0);
    ck_assert_uint_eq(counts().down, 0);
    ck_assert_uint_eq(wsub_hosts_next_us(hosts), UINT64_MAX);
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
