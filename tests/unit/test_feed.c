#include "common/http/feed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/relations.h"
#include "tests/unit/suite.h"

#define HUB "https://hub.example/"
#define SELF "http://publisher.example/self"
#define ATOM "application/atom+xml; charset=utf-8"
#define RSS "application/rss+xml"
#define HTML "text/html; charset=utf-8"
#define NS "xmlns=\"http://www.w3.org/2005/Atom\""
#define NS_A "xmlns:a=\"http://www.w3.org/2005/Atom\""
#define LINKS                                                                  \
    "<link rel=\"hub\" href=\"" HUB "\"/>"                                     \
    "<link href='" SELF "' rel='self' type=\"x\"/>"
#define A_LINKS                                                                \
    "<a:link rel=\"hub\" href=\"" HUB "\"/>"                                   \
    "<a:link rel=\"self\" href=\"" SELF "\"/>"

/* A feed, a link in it, and the bases of both. */
#define BASED(feed, link, href)                                                \
    "<feed " NS " xml:base=\"" feed "\"><link xml:base=\"" link                \
    "\" rel=\"self\" href=\"" href "\"/></feed>"

static const struct {
    const char *type, *content;
    const char *hub, *self;
} cases[] = {
    /* Atom */
    {ATOM, "<?xml version=\"1.0\"?><feed " NS ">" LINKS "</feed>", HUB, SELF},
    {ATOM, "<a:feed " NS_A ">" A_LINKS "</a:feed>", HUB, SELF},
    {"text/xml", "<feed " NS ">" LINKS "</feed>", HUB, SELF},
    {"APPLICATION/XML", "<feed " NS ">" LINKS "</feed>", HUB, SELF},
    {ATOM, "<feed " NS "><link rel=\"self\" href=\"/x?a=1&amp;b=%20\"/></feed>",
     "", "http://publisher.example/x?a=1&b=%20"},
    {ATOM, "<feed " NS "><link rel=\"self\" href=\"/x?a=1&#38;b\"/></feed>", "",
     "http://publisher.example/x?a=1&b"},
    {ATOM, "<feed " NS "><author><name>n</name></author>" LINKS "</feed>", HUB,
     SELF},
    {ATOM, "<feed " NS "><link href=\"/x\"/><link rel=\"self\"/></feed>", "",
     ""},
    {ATOM, "<feed " NS "><link rel=\"self\" href=\"\"/></feed>", "", ""},
    {ATOM, "<feed " NS "><link rel=\"self\" href=\"/\xc3\xa9 |\"/></feed>", "",
     "http://publisher.example/%C3%A9%20%7C"},
    /* xml:base: of the link, and of what is around it. */
    {ATOM, BASED("http://a.example/b/c", "", "d"), "", "http://a.example/b/d"},
    {ATOM, BASED("http://a.example/b/c", "e/", "d"), "",
     "http://a.example/b/e/d"},
    {ATOM, BASED("/b/", "e/", "d"), "", "http://publisher.example/b/e/d"},
    {ATOM, BASED("/b/", "", "/d"), "", "http://publisher.example/d"},
    {ATOM, BASED("/b/", "//x.example/y", "d"), "", "http://x.example/d"},
    {ATOM, BASED("/\xc3\xa9 /", "", "d"), "",
     "http://publisher.example/%C3%A9%20/d"},
    {ATOM, BASED("urn:x:y", "", "d"), "", ""},
    {ATOM, BASED("urn:x:y", "", SELF), "", SELF},
    {ATOM, BASED("urn:x:y", "http://a.example/", "d"), "",
     "http://a.example/d"},
    {ATOM,
     "<feed " NS "><author xml:base=\"http://x.example/\"/>"
     "<link rel=\"self\" href=\"/d\"/></feed>",
     "", "http://publisher.example/d"},
    {ATOM,
     "<feed " NS " base=\"http://x.example/\">"
     "<link rel=\"self\" href=\"/d\"/></feed>",
     "", "http://publisher.example/d"},
    {"application/rss+xml",
     "<rss xml:base=\"http://a.example/\"><channel "
     "xml:base=\"b/\"><a:link " NS_A " xml:base=\"c/\" rel=\"self\" "
     "href=\"d\"/></channel></rss>",
     "", "http://a.example/b/c/d"},
    /* <base href>: the first one, of the whole page. */
    {HTML, "<head><link rel=\"self\" href=\"/\xc3\xa9\">", "",
     "http://publisher.example/%C3%A9"},
    {HTML,
     "<head><base href=\"http://a.example/b/c\">"
     "<link rel=\"self\" href=\"d\"></head>",
     "", "http://a.example/b/d"},
    {HTML,
     "<head><link rel=\"self\" href=\"d\"><base href=\"/b/\">"
     "<base href=\"/c/\"></head>",
     "", "http://publisher.example/b/d"},
    {HTML,
     "<head><base target=\"x\"><base href=\"/b/\">"
     "<link rel=\"self\" href=\"d\">",
     "", "http://publisher.example/b/d"},
    {HTML,
     "<head><base href=\"urn:x\"><link rel=\"self\" href=\"d\">"
     "<link rel=\"hub\" href=\"" HUB "\">",
     HUB, ""},
    {HTML,
     "<head><link rel=\"self\" href=\"d\"></head>"
     "<body><base href=\"/b/\">",
     "", "http://publisher.example/dir/d"},
    /* Not the feed's own. */
    {ATOM, "<feed " NS "><source>" LINKS "</source></feed>", "", ""},
    {ATOM, "<feed " NS "><entry/>" LINKS "</feed>", "", ""},
    {ATOM, "<feed " NS "><entry>" LINKS "</entry></feed>", "", ""},
    {ATOM, "<feed>" LINKS "</feed>", "", ""},
    {ATOM, "<feed xmlns=\"http://other.example/\">" LINKS "</feed>", "", ""},
    {ATOM, "<entry " NS ">" LINKS "</entry>", "", ""},
    {ATOM, "<x><feed " NS ">" LINKS "</feed></x>", "", ""},
    {ATOM, "<feed " NS "/>" LINKS, "", ""},
    {ATOM, "<feed " NS "><!-- " LINKS " --></feed>", "", ""},
    {ATOM, "<feed " NS "><title><![CDATA[" LINKS "]]></title></feed>", "", ""},
    {ATOM,
     "<feed " NS " xmlns:b=\"b\"><link b:rel=\"self\" href=\"/x\"/></feed>", "",
     ""},
    /* RSS */
    {RSS,
     "<rss version=\"2.0\" " NS_A "><channel><title>t</title>" A_LINKS
     "<item/></channel></rss>",
     HUB, SELF},
    {RSS, "<rss><channel " NS_A ">" A_LINKS "</channel></rss>", HUB, SELF},
    {RSS,
     "<rss><channel><link " NS " rel=\"self\" href=\"/self\"/></channel>"
     "</rss>",
     "", SELF},
    {RSS, "<rss><channel>" LINKS "</channel></rss>", "", ""},
    {RSS, "<rss><channel>" A_LINKS "</channel></rss>", "", ""},
    {RSS, "<rss " NS_A "><channel><item>" A_LINKS "</item></channel></rss>", "",
     ""},
    {RSS, "<rss " NS_A "><channel/>" A_LINKS "</rss>", "", ""},
    {RSS,
     "<!DOCTYPE rss PUBLIC \"-//Netscape Communications//DTD RSS "
     "0.91//EN\" \"http://my.netscape.com/publish/formats/rss-0.91.dtd\">"
     "<rss " NS_A "><channel>" A_LINKS "</channel></rss>",
     HUB, SELF},
    {"application/rdf+xml",
     "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
     "xmlns=\"http://purl.org/rss/1.0/\" " NS_A "><channel>" A_LINKS
     "</channel><item/></rdf:RDF>",
     HUB, SELF},
    /* HTML */
    {HTML,
     "<!DOCTYPE html><html><head><title>t</title>" LINKS
     "</head><body></body></html>",
     HUB, SELF},
    {HTML,
     "<HTML><HEAD><LINK REL=Self HREF=/self><LINK rel=hub href=" HUB
     "></HEAD></HTML>",
     HUB, SELF},
    {HTML, "<meta charset=\"no-such-charset\"><title>t</title>" LINKS "<p>text",
     HUB, SELF},
    {HTML, "<head><link rel=\"alternate self\" href=\"/x?a=1&amp;b=2\">", "",
     "http://publisher.example/x?a=1&b=2"},
    {"application/xhtml+xml",
     "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">"
     "<head>" LINKS "</head><body/></html>",
     HUB, SELF},
    {HTML, "<head></head><body>" LINKS "</body>", "", ""},
    {HTML, "<body>" LINKS "</body>", "", ""},
    {HTML, "<p>text</p>" LINKS, "", ""},
    {HTML, "<head><!-- " LINKS " --><script>" LINKS "</script></head>", "", ""},
    {HTML, "<head><link><link rel><link href=/x><link rel=self></head>", "",
     ""},
    /* Kinds that say nothing. */
    {"", "<?xml version=\"1.0\"?><feed " NS ">" LINKS "</feed>", HUB, SELF},
    {"text/plain", "\xef\xbb\xbf \n<feed " NS ">" LINKS "</feed>", HUB, SELF},
    {"application/octet-stream",
     "<rss " NS_A "><channel>" A_LINKS "</channel></rss>", HUB, SELF},
    {"", "<!doctype HTML><head>" LINKS, HUB, SELF},
    {"", LINKS, "", ""},
    {"", "", "", ""},
    {"application/json", "<feed " NS ">" LINKS "</feed>", "", ""},
    {"image/png", "<!doctype html><head>" LINKS, "", ""},
    /* Broken markup: what can be read. */
    {ATOM, "<feed " NS "><title>caf&eacute; & x</title>" LINKS "</feed>", HUB,
     SELF},
    {ATOM, "<feed " NS ">" LINKS "<b", HUB, SELF},
    {ATOM, "<feed " NS ">" LINKS "</wrong></feed>", HUB, SELF},
    {ATOM, "<feed " NS "><title>\xff\xfe bytes</title>" LINKS, HUB, SELF},
    {ATOM, "<feed " NS "><link rel=\"self\" href=\"/sel", "", ""},
    {ATOM, "no markup at all", "", ""},
    {ATOM, "", "", ""},
    {HTML, "<head><link rel=\"self\" href=\"/sel", "", ""},
    {HTML, "", "", ""},
};

static void read_head(struct wsub_relations *found, const char *type,
                      const char *content, size_t len)
{
    wsub_relations_init(found, BASE);
    wsub_feed_relations(type, content, len, found);
}

START_TEST(a_head_is_read)
{
    struct wsub_relations found;

    read_head(&found, cases[_i].type, cases[_i].content,
              strlen(cases[_i].content));
    check_relations(&found, cases[_i].hub, cases[_i].self);
}
END_TEST

START_TEST(other_encodings_are_read)
{
    static const char latin[] =
        "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><feed " NS
        "><title>caf\xe9</title>" LINKS "</feed>";
    static const char text[] = "<feed " NS ">" LINKS "</feed>";
    struct wsub_relations found;
    struct wsub_buf wide = {0};

    read_head(&found, ATOM, latin, sizeof(latin) - 1);
    check_relations(&found, HUB, SELF);
    wsub_buf_add(&wide, "\xff\xfe", 2);
    for (size_t i = 0; i < sizeof(text) - 1; i++)
        wsub_buf_add(&wide, (char[2]){text[i], '\0'}, 2);
    read_head(&found, ATOM, wide.data, wide.len);
    check_relations(&found, HUB, SELF);
    wsub_buf_done(&wide);
}
END_TEST

#define XML "<?xml version=\"1.0\"?>"
#define SELF_OF(text)                                                          \
    "<feed " NS "><link rel=\"self\" href=\"/" text "\"/></feed>"

static const char *const bombs[] = {
    XML "<!DOCTYPE feed [<!ENTITY a \"aaaaaaaaaa\">"
        "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
        "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">"
        "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">"
        "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\">"
        "<!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">"
        "<!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">"
        "<!ENTITY h \"&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;\">]>" SELF_OF("&h;"),
    XML "<!DOCTYPE feed [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" SELF_OF(
        "&a;"),
    XML "<!DOCTYPE feed SYSTEM \"file:///etc/passwd\" [<!ENTITY % a SYSTEM "
        "\"file:///etc/passwd\"> %a;]>" SELF_OF(""),
    XML "<!DOCTYPE feed [<!ENTITY a \"&a;\">]>" SELF_OF("&a;"),
    XML "<!DOCTYPE feed [<!ENTITY a \"secret\">]>" SELF_OF("&a;"),
};

/* None may put what an entity stands for into a target. */
START_TEST(entities_are_not_expanded)
{
    struct wsub_relations found;

    read_head(&found, ATOM, bombs[_i], strlen(bombs[_i]));
    ck_assert_uint_le(found.self.count, 1);
    if (found.self.count == 1)
        ck_assert_str_eq(found.self.url[0].data, "http://publisher.example/");
    wsub_relations_done(&found);
}
END_TEST

static void fill(struct wsub_buf *out, const char *text, size_t until)
{
    while (out->len < until)
        wsub_buf_str(out, text);
}

/* The limit falls into the second link, which would be another one cut. */
START_TEST(only_the_head_of_a_document_is_read)
{
    static const struct {
        const char *type, *start, *filling;
    } kinds[] = {
        {ATOM, "<feed " NS ">" LINKS, "<x/>"},
        {HTML, "<head>" LINKS, "<meta>"},
    };

    for (size_t i = 0; i < 2; i++) {
        struct wsub_relations found;
        struct wsub_buf content = {0};

        wsub_buf_str(&content, kinds[i].start);
        fill(&content, kinds[i].filling, WSUB_FEED_HEAD_BYTES - 60);
        wsub_buf_str(&content, "<link rel=\"hub\" href=\"http://cut.example/");
        fill(&content, "path/", WSUB_FEED_HEAD_BYTES + 1000);
        wsub_buf_str(&content, "\"/>" LINKS);
        read_head(&found, kinds[i].type, content.data, content.len);
        check_relations(&found, HUB, SELF);
        wsub_buf_done(&content);
    }
}
END_TEST

static const struct {
    const char *type, *start, *filling;
} heavy[] = {
    {ATOM, "<feed " NS ">", "<x>"},
    {ATOM, "<feed " NS "><link ", "a='' "},
    {ATOM, "<feed " NS "><!--", "- "},
    {ATOM, "<feed " NS "><!--", "-"},
    {ATOM, "<feed " NS ">", "<!-- -- -->"},
    {ATOM, "<feed " NS ">", "]]>"},
    {ATOM, "<feed " NS ">", "<a:b/>"},
    {ATOM, "<feed " NS "><![CDATA[", "]"},
    {ATOM, "<feed " NS "><?a ", "?"},
    {ATOM, "<feed " NS "><", "a:"},
    {ATOM, "<feed " NS "><a b='", "&x;"},
    {HTML, "<!--", "-"},
    {HTML, "<head>", "<!-- --!>"},
    {HTML, "<head><link rel='", "hub "},
    {ATOM, "<feed " NS "><link rel=\"self\" href=\"", "&#x41;"},
    {ATOM, "<!DOCTYPE feed [", "<!ENTITY % a 'b'> %a;"},
    {ATOM, "<feed " NS ">", "<link rel='self' href='/'/>"},
    {HTML, "<head>", "<noscript>"},
    {HTML, "<head><link ", "a='' "},
    {HTML, "", "<b>"},
    {HTML, "<head>", "<unknown>"},
    {HTML, "<head><script>", "</"},
    {HTML, "<head>", "<!DOCTYPE "},
    {HTML, "<head>", "&amp;&"},
};

START_TEST(heavy_markup_does_no_harm)
{
    struct wsub_relations found;
    struct wsub_buf content = {0};

    wsub_buf_str(&content, heavy[_i].start);
    fill(&content, heavy[_i].filling, 1u << 20);
    read_head(&found, heavy[_i].type, content.data, content.len);
    ck_assert_uint_le(found.self.count, WSUB_TARGETS_MAX);
    wsub_relations_done(&found);
    wsub_buf_done(&content);
}
END_TEST

/* Bytes of documents exchanged for others, in memory of exactly their size. */
START_TEST(no_bytes_do_harm)
{
    size_t len = strlen(cases[_i].content);
    uint32_t state = (uint32_t)_i;

    for (int round = 0; round < 300; round++) {
        char *content = malloc(len + 1);
        size_t end = round % 2 == 0 ? len : noise(&state) % (len + 1);
        struct wsub_relations found;

        memcpy(content, cases[_i].content, len);
        for (int i = 0; i < 8 && len > 0; i++)
            content[(size_t)(noise(&state) << 8 | noise(&state)) % len] =
                (char)noise(&state);
        content = realloc(content, end + 1);
        read_head(&found, cases[_i].type, content, end);
        wsub_relations_done(&found);
        free(content);
    }
}
END_TEST

START_TEST(noise_does_no_harm)
{
    static const char *const types[] = {ATOM, HTML, ""};
    uint32_t state = 7;

    for (int round = 0; round < 3000; round++) {
        char content[512];
        size_t len = noise(&state) * 2;
        struct wsub_relations found;

        for (size_t i = 0; i < len; i++)
            content[i] = (char)noise(&state);
        content[0] = '<';
        read_head(&found, types[round % 3], content, len);
        wsub_relations_done(&found);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("feed");

    tcase_add_loop_test(tcase, a_head_is_read, 0, COUNT(cases));
    tcase_add_test(tcase, other_encodings_are_read);
    tcase_add_loop_test(tcase, entities_are_not_expanded, 0, COUNT(bombs));
    tcase_add_test(tcase, only_the_head_of_a_document_is_read);
    tcase_add_loop_test(tcase, heavy_markup_does_no_harm, 0, COUNT(heavy));
    tcase_add_loop_test(tcase, no_bytes_do_harm, 0, COUNT(cases));
    tcase_add_test(tcase, noise_does_no_harm);
    return suite_run("feed", tcase);
}
