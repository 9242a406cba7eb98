#include "common/http/policy.h"

#include <string.h>

#include "tests/unit/suite.h"

static char ours[] = "http://ours.example/*", secret[] = "*secret*",
            good[] = "https://*", bad[] = "https://bad.example/*", none[] = "";

static const struct {
    char *topic_allow, *topic_deny, *callback_allow, *callback_deny;
    const char *topic, *callback;
    const char *denied; /* a word of the reason; NULL: it is served */
} policies[] = {
    {none, none, none, none, "http://t.example/", "http://c.example/", NULL},
    {ours, none, none, none, "http://ours.example/a", "http://c.example/",
     NULL},
    {ours, none, none, none, "http://t.example/", "http://c.example/", "topic"},
    {none, secret, none, none, "http://t.example/secret", "http://c.example/",
     "topic"},
    {ours, secret, none, none, "http://ours.example/secret",
     "http://c.example/", "topic"},
    {none, none, good, none, "http://t.example/", "https://c.example/", NULL},
    {none, none, good, none, "http://t.example/", "http://c.example/",
     "callback"},
    {none, none, good, bad, "http://t.example/", "https://c.example/", NULL},
    {none, none, good, bad, "http://t.example/", "https://BAD.example:443",
     "callback"},
    {ours, none, good, none, "http://t.example/", "http://c.example/", "topic"},
};

START_TEST(deny_lists_win_over_allow_lists)
{
    struct wsub_config config = {.topic_allow = policies[_i].topic_allow,
                                 .topic_deny = policies[_i].topic_deny,
                                 .callback_allow = policies[_i].callback_allow,
                                 .callback_deny = policies[_i].callback_deny};
    const char *reason =
        wsub_policy_denial(&config, policies[_i].topic, policies[_i].callback);

    if (policies[_i].denied == NULL)
        ck_assert_ptr_null(reason);
    else
        ck_assert_ptr_nonnull(strstr(reason, policies[_i].denied));
}
END_TEST

static char subtree[] = "secret.*", upper[] = "Secret.*, a.B",
            everything[] = "*", path[] = "*/Secret*",
            v6[] = "http://[2001:db8::1]/*";

static const struct {
    char *topic_deny;
    const char *topic;
    bool denied;
} events[] = {
    {none, "secret.a", false},
    {subtree, "secret.a", true},
    {subtree, "secret.a.b", true},
    {subtree, "secret", false},
    {subtree, "secrets.a", false},
    {upper, "secret.a", true},
    {upper, "a.b", true},
    {everything, "a", true},
    {everything, "http://t.example/", true},
    {path, "http://t.example/Secret", true},
    {path, "http://t.example/secret", false},
    {v6, "http://[2001:DB8:0:0::1]:80/a", true},
};

START_TEST(an_event_is_denied_by_its_own_topic)
{
    struct wsub_config config = {.topic_deny = events[_i].topic_deny};

    ck_assert_int_eq(wsub_policy_denies_event(&config, events[_i].topic),
                     events[_i].denied);
}
END_TEST

START_TEST(what_is_allowed_and_not_denied_is_served)
{
    static const struct {
        char *allow, *deny;
        const char *topic;
        bool served;
    } cases[] = {
        {none, none, "a.b", true},
        {none, subtree, "secret.a", false},
        {none, subtree, "a", true},
        {subtree, none, "secret.a", true},
        {subtree, none, "a", false},
        {subtree, everything, "secret.a", false},
        {none, everything, "*", false},
        {subtree, none, "*", false},
    };

    for (int i = 0; i < COUNT(cases); i++) {
        struct wsub_config config = {.topic_allow = cases[i].allow,
                                     .topic_deny = cases[i].deny};

        ck_assert_msg(wsub_policy_serves(&config, cases[i].topic) ==
                          cases[i].served,
                      "case %d", i);
    }
}
END_TEST

int main(void)
{
    TCase *cases = tcase_create("policy");

    tcase_add_loop_test(cases, deny_lists_win_over_allow_lists, 0,
                        COUNT(policies));
    tcase_add_loop_test(cases, an_event_is_denied_by_its_own_topic, 0,
                        COUNT(events));
    tcase_add_test(cases, what_is_allowed_and_not_denied_is_served);
    return suite_run("policy", cases);
}
