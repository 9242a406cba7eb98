#include "common/http/link.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/http/url.h"
#include "tests/unit/relations.h"
#include "tests/unit/suite.h"

#define HUB "https://hub.example/"
#define SELF "http://publisher.example/self"

static const struct {
    const char *value;
    const char *hub, *self;
} cases[] = {
    {"", "", ""},
    {"<" HUB ">; rel=\"hub\"", HUB, ""},
    {"<" HUB ">; rel=hub", HUB, ""},
    {"<" HUB ">;rel=hub,<" SELF ">;rel=self", HUB, SELF},
    {"<" HUB ">; rel=\"hub\", <" SELF ">; rel=\"self\"", HUB, SELF},
    {"<" SELF ">; rel=\"self\" , <" HUB "> ; rel = \"hub\"", HUB, SELF},
    {"<" SELF ">; rel=\"hub self\"", SELF, SELF},
    {"<" SELF ">; rel=\" next  SELF\talternate \"", "", SELF},
    {"<" SELF ">; REL=Self", "", SELF},
    {"<" SELF ">; rel=\"s\\el\\f\"", "", SELF},
    {"<" SELF ">; title=\"a, b; rel=hub <x>\"; rel=self", "", SELF},
    {"<" SELF ">; title=\"\\\", <http://x.example/>; rel=hub\"; rel=self", "",
     SELF},
    {"<" SELF ">; rel=self; rel=hub", "", SELF},
    {"<" SELF ">; rel=next; rel=self", "", ""},
    {"<" SELF ">; rel*=UTF-8''self", "", ""},
    {"<" SELF ">; rev=self", "", ""},
    {"<" SELF ">; crossorigin; rel=self", "", SELF},
    {"<" SELF ">;; ; rel=self;", "", SELF},
    {", ,, <" SELF ">; rel=self, ,", "", SELF},
    {"<" SELF ">; rel=selfish, <" SELF ">; rel=sel", "", ""},
    {"<" SELF ">", "", ""},
    {"<" SELF ">; rel", "", ""},
    {"<" SELF ">; rel=", "", ""},
    {"<" SELF ">; rel=\"\"", "", ""},
    /* Several of a kind, in their order. */
    {"<http://a.example/>; rel=hub, <http://b.example/>; rel=hub",
     "http://a.example/ http://b.example/", ""},
    /* Relative targets. */
    {"</self>; rel=self", "", SELF},
    {"<other>; rel=self", "", "http://publisher.example/dir/other"},
    {"<?y=2>; rel=self", "", "http://publisher.example/dir/feed?y=2"},
    {"<../up>; rel=self", "", "http://publisher.example/up"},
    {"<//other.example/p>; rel=self", "", "http://other.example/p"},
    {"<>; rel=self", "", BASE},
    {"<#part>; rel=self", "", BASE},
    {"<" SELF "#part>; rel=self", "", SELF},
    {"< " SELF "\t>; rel=self", "", SELF},
    /* What no URL may hold is encoded. */
    {"<http://publisher.example/a b>; rel=self", "",
     "http://publisher.example/a%20b"},
    {"</caf\xc3\xa9?q=a|b c>; rel=self", "",
     "http://publisher.example/caf%C3%A9?q=a%7Cb%20c"},
    {"<\xd0\xb0/%d0%b1>; rel=self", "",
     "http://publisher.example/dir/%D0%B0/%d0%b1"},
    {"<http://publisher.example/\xff>; rel=self", "",
     "http://publisher.example/%FF"},
    {"<http://publisher.example/{a}^`\\>; rel=self", "",
     "http://publisher.example/%7Ba%7D%5E%60%5C"},
    {"<http://publisher.example/a\tb>; rel=self", "",
     "http://publisher.example/ab"},
    /* Targets that are nothing to us. */
    {"<mailto:a@b.example>; rel=self", "", ""},
    {"<javascript:alert(1)>; rel=self", "", ""},
    {"<ftp://publisher.example/>; rel=self", "", ""},
    {"<http://user:secret@publisher.example/>; rel=self", "", ""},
    {"<http://a b.example/>; rel=self", "", ""},
    {"<http://publisher.example/\x01>; rel=self", "", ""},
    {"<http://publisher.example/100%>; rel=self", "", ""},
    {"<http://publisher.example/%zz>; rel=self", "", ""},
    {"<http://m\xc3\xbcller.example/>; rel=self", "", ""},
    {"<http:///nothing:::>; rel=self", "", ""},
    /* Another document's links. */
    {"<" SELF ">; rel=self; anchor=\"/other\"", "", ""},
    {"<" SELF ">; anchor=\"\"; rel=self", "", SELF},
    {"<" SELF ">; anchor=\"" BASE "\"; rel=self", "", SELF},
    {"<" SELF ">; anchor=\"#part\"; rel=self", "", SELF},
    /* What can't be read ends the value. */
    {"<" HUB ">; rel=hub, " SELF "; rel=self", HUB, ""},
    {"<" HUB ">; rel=hub, <" SELF "; rel=self", HUB, ""},
    {"<" HUB ">; rel=hub, <" SELF ">; rel=\"self", HUB, ""},
    {"<" HUB ">; rel=hub, <" SELF ">; rel=\"self\\", HUB, ""},
    {"<", "", ""},
    {">", "", ""},
    {"<>", "", ""},
    {"nonsense", "", ""},
    {"<" HUB "> rel=hub, <" SELF ">; rel=self", "", SELF},
};

static void read_value(const char *value, struct wsub_relations *found)
{
    size_t rest = WSUB_LINKS_MAX_BYTES;

    wsub_link_relations(value, &rest, found);
}

START_TEST(a_link_header_is_read)
{
    struct wsub_relations found;

    wsub_relations_init(&found, BASE);
    read_value(cases[_i].value, &found);
    check_relations(&found, cases[_i].hub, cases[_i].self);
}
END_TEST

START_TEST(several_headers_add_up)
{
    struct wsub_relations found;

    wsub_relations_init(&found, BASE);
    read_value("<" HUB ">; rel=hub", &found);
    read_value("<" SELF ">; rel=self", &found);
    check_relations(&found, HUB, SELF);
}
END_TEST

START_TEST(targets_are_bounded)
{
    struct wsub_relations found;
    struct wsub_buf value = {0};

    for (int i = 0; i < 1000; i++)
        wsub_buf_str(&value, "</x>;rel=hub,");
    wsub_relations_init(&found, BASE);
    read_value(value.data, &found);
    ck_assert_uint_eq(found.hub.count, WSUB_TARGETS_MAX);
    wsub_relations_done(&found);
    wsub_buf_done(&value);
}
END_TEST

START_TEST(a_target_is_bounded)
{
    struct wsub_relations found;
    struct wsub_buf value = {0};

    wsub_buf_str(&value, "</a>; rel=hub, </");
    for (int i = 0; i < WSUB_URL_MAX_BYTES; i++)
        wsub_buf_char(&value, 'b');
    wsub_buf_str(&value, ">; rel=hub, </c>; rel=hub");
    wsub_relations_init(&found, "http://p.example/");
    read_value(value.data, &found);
    check_relations(&found, "http://p.example/a http://p.example/c", "");
    wsub_buf_done(&value);
}
END_TEST

/* Of the value that goes beyond it what is whole. */
START_TEST(all_values_together_are_bounded)
{
    struct wsub_relations found;
    struct wsub_buf value = {0};
    size_t rest = WSUB_LINKS_MAX_BYTES;

    wsub_relations_init(&found, "http://p.example/");
    wsub_buf_str(&value, "</a>; rel=hub");
    while (value.len < WSUB_LINKS_MAX_BYTES - 40)
        wsub_buf_char(&value, ' ');
    wsub_link_relations(value.data, &rest, &found);
    ck_assert_uint_eq(rest, 40);
    wsub_link_relations("</b>; rel=hub", &rest, &found);
    wsub_link_relations("</c>; rel=hub, </d>; rel=hubbub", &rest, &found);
    ck_assert_uint_eq(rest, 0);
    wsub_link_relations("</e>; rel=hub", &rest, &found);
    check_relations(
        &found, "http://p.example/a http://p.example/b http://p.example/c", "");
    wsub_buf_done(&value);
}
END_TEST

/* Half of the bytes are those that mean something. */
START_TEST(no_bytes_do_harm)
{
    static const char some[] = "<>;,=\"\\ relhubself/:#?.";
    uint32_t state = 1;

    for (int round = 0; round < 20000; round++) {
        char value[128];
        size_t len = noise(&state) % sizeof(value);
        struct wsub_relations found;

        for (size_t i = 0; i < len; i++)
            value[i] = (noise(&state) & 1) != 0
                           ? some[noise(&state) % (sizeof(some) - 1)]
                           : (char)noise(&state);
        value[len > 0 ? len - 1 : 0] = '\0';
        wsub_relations_init(&found, BASE);
        read_value(value, &found);
        wsub_relations_done(&found);
    }
}
END_TEST

/* Every beginning of a value, in memory that ends right behind it. */
START_TEST(no_cut_does_harm)
{
    for (size_t len = 0; len <= strlen(cases[_i].value); len++) {
        char *cut = malloc(len + 1);
        struct wsub_relations found;

        memcpy(cut, cases[_i].value, len);
        cut[len] = '\0';
        wsub_relations_init(&found, BASE);
        read_value(cut, &found);
        wsub_relations_done(&found);
        free(cut);
    }
}
END_TEST

START_TEST(targets_are_compared_in_their_normal_spelling_when_asked)
{
    struct wsub_relations found;

    wsub_relations_init(&found, BASE);
    read_value("<http://publisher.example/%41>; rel=self", &found);
    ck_assert(
        wsub_targets_have(&found.self, "http://publisher.example/A", true));
    ck_assert(
        !wsub_targets_have(&found.self, "http://publisher.example/A", false));
    ck_assert(
        wsub_targets_have(&found.self, "http://publisher.example/%41", false));
    ck_assert(
        !wsub_targets_have(&found.hub, "http://publisher.example/A", true));
    wsub_relations_done(&found);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("link");

    tcase_add_loop_test(tcase, a_link_header_is_read, 0, COUNT(cases));
    tcase_add_test(tcase, several_headers_add_up);
    tcase_add_test(tcase, targets_are_bounded);
    tcase_add_test(tcase, a_target_is_bounded);
    tcase_add_test(tcase, all_values_together_are_bounded);
    tcase_add_test(tcase, no_bytes_do_harm);
    tcase_add_loop_test(tcase, no_cut_does_harm, 0, COUNT(cases));
    tcase_add_test(tcase,
                   targets_are_compared_in_their_normal_spelling_when_asked);
    return suite_run("link", tcase);
}
