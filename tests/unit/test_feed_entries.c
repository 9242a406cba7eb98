#include "common/http/feed_entries.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlerror.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "tests/unit/suite.h"

#define NS "xmlns=\"http://www.w3.org/2005/Atom\""
#define DECLARED "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define A "<entry><id>a</id></entry>"
#define B "<entry><id>b</id></entry>"
#define I "<item><guid>i</guid></item>"
#define J "<item><guid>j</guid></item>"
#define ATOM(entries) "<feed " NS "><title>t</title>" entries "</feed>"
#define RSS(items)                                                             \
    "<rss version=\"2.0\"><channel><title>t</title>" items "</channel></rss>"

static struct wsub_buf digests, reduced;

static void setup(void)
{
    digests = reduced = (struct wsub_buf){0};
}

static void teardown(void)
{
    wsub_buf_done(&digests);
    wsub_buf_done(&reduced);
}

/* The content is copied to memory of its exact size, for ASan to watch. */
static enum wsub_feed_entries look(const char *content, size_t len,
                                   const char *known)
{
    char *copy = malloc(len > 0 ? len : 1);
    enum wsub_feed_entries found;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, content, len);
    wsub_buf_clear(&digests);
    wsub_buf_clear(&reduced);
    found = wsub_feed_entries(copy, len, known, &digests, &reduced);
    free(copy);
    return found;
}

static const struct {
    const char *before, *now;
    enum wsub_feed_entries found;
    const char *reduced;
} changes[] = {
    {ATOM(A), ATOM(A B), WSUB_FEED_PARTS, DECLARED ATOM(B) "\n"},
    {ATOM(A), ATOM(B A), WSUB_FEED_PARTS, DECLARED ATOM(B) "\n"},
    {ATOM(A B), ATOM(B), WSUB_FEED_KNOWN, ""},
    {ATOM(A B), "<feed " NS "><updated>now</updated>" B A "</feed>",
     WSUB_FEED_KNOWN, ""},
    {ATOM(A), ATOM(B), WSUB_FEED_NEW, ""},
    {ATOM(A), ATOM(""), WSUB_FEED_KNOWN, ""},
    {ATOM(""), ATOM(A), WSUB_FEED_NEW, ""},
    {ATOM(""), ATOM(""), WSUB_FEED_NEW, ""},
    {"{}", ATOM(A), WSUB_FEED_NEW, ""},
    {ATOM(A), "{}", WSUB_FEED_NONE, ""},
    /* An edited entry: another word, attribute or space. */
    {ATOM(A B), ATOM("<entry><id>A</id></entry>" B), WSUB_FEED_PARTS,
     DECLARED ATOM("<entry><id>A</id></entry>") "\n"},
    {ATOM(A), ATOM("<entry a=\"b\"><id>a</id></entry>"), WSUB_FEED_NEW, ""},
    {ATOM(A), ATOM("<entry> <id>a</id></entry>"), WSUB_FEED_NEW, ""},
    /* The same one, spelled otherwise. */
    {ATOM(A), ATOM("<entry ><id >a</id></entry\n>"), WSUB_FEED_KNOWN, ""},
    /* Not entries of the feed. */
    {ATOM("<x>" A "</x>"), ATOM("<x>" A "</x>"), WSUB_FEED_NEW, ""},
    {ATOM(A), ATOM(A I), WSUB_FEED_KNOWN, ""},
    /* RSS */
    {RSS(I), RSS(I J), WSUB_FEED_PARTS, DECLARED RSS(J) "\n"},
    {RSS(I), RSS(I), WSUB_FEED_KNOWN, ""},
    {RSS(I), RSS(J), WSUB_FEED_NEW, ""},
    {RSS(I), "<rss version=\"2.0\"/>", WSUB_FEED_NONE, ""},
    {RSS(I), RSS("<item xmlns=\"x\"><guid>i</guid></item>" I), WSUB_FEED_KNOWN,
     ""},
    /* Text that is not ASCII, and what marks it as UTF-8. */
    {ATOM(A), "\xef\xbb\xbf" ATOM("<x>\xc3\xa9&#233;</x>" A B), WSUB_FEED_PARTS,
     DECLARED ATOM("<x>\xc3\xa9\xc3\xa9</x>" B) "\n"},
    {ATOM(A), "<?xml version='1.0' encoding='utf-8'?>" ATOM(A B),
     WSUB_FEED_PARTS, DECLARED ATOM(B) "\n"},
};

START_TEST(a_change_is_told)
{
    const char *before = changes[_i].before, *now = changes[_i].now;
    char *known;

    look(before, strlen(before), "");
    known = wsub_strdup(wsub_buf_cstr(&digests));
    ck_assert_int_eq(look(now, strlen(now), known), changes[_i].found);
    ck_assert_str_eq(wsub_buf_cstr(&reduced), changes[_i].reduced);
    free(known);
}
END_TEST

START_TEST(every_entry_has_a_digest)
{
    char a[WSUB_DIGEST_LEN + 1], b[WSUB_DIGEST_LEN + 1], both[64];

    wsub_digest(A, strlen(A), a);
    wsub_digest(B, strlen(B), b);
    snprintf(both, sizeof(both), "%s %s", a, b);
    look(ATOM(A B), strlen(ATOM(A B)), a);
    ck_assert_str_eq(wsub_buf_cstr(&digests), both);
}
END_TEST

static const char *const no_feeds[] = {
    "",
    "<",
    " \n",
    "\xef\xbb\xbf",
    "{\"items\": []}",
    "<html><body/></html>",
    "<feed>" A "</feed>",
    "<entry " NS "/>",
    "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
    "xmlns=\"http://purl.org/rss/1.0/\">" I "</rdf:RDF>",
    /* Malformed */
    "<feed " NS ">" A,
    "<feed " NS ">" A "</rss>",
    ATOM(A) "<x/>",
    ATOM(A "&nbsp;"),
    ATOM(A "\xe9"),
    ATOM("<entry><a:b/></entry") "",
    /* With a DTD */
    "<!DOCTYPE rss>" RSS(I),
    "<!DOCTYPE feed SYSTEM \"file:///etc/passwd\">" ATOM(A),
    "<!DOCTYPE feed [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" ATOM("&x;"),
    "<!DOCTYPE feed [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">"
    "<!ENTITY c \"&b;&b;&b;&b;\">]>" ATOM("<entry a=\"&c;\">&c;</entry>"),
    /* In other encodings */
    "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" ATOM(A),
    "<?xml version=\"1.0\" encoding=\"UTF-7\"?>" ATOM(A),
    "<?xml version=\"1.0\" encoding=\"no-such\"?>" ATOM(A),
    "\x4c\x6f\xa7\x94",
};

START_TEST(what_is_no_feed_is_left_alone)
{
    const char *content = no_feeds[_i];

    ck_assert_int_eq(look(content, strlen(content), ""), WSUB_FEED_NONE);
    ck_assert_uint_eq(digests.len, 0);
    ck_assert_uint_eq(reduced.len, 0);
}
END_TEST

START_TEST(zero_bytes_are_no_feed)
{
    static const char content[] = "<feed " NS ">\0</feed>";
    char wide[2 * sizeof(ATOM(A))] = {0};

    for (size_t i = 0; i + 1 < sizeof(ATOM(A)); i++)
        wide[2 * i] = ATOM(A)[i];
    ck_assert_int_eq(look(content, sizeof(content) - 1, ""), WSUB_FEED_NONE);
    ck_assert_int_eq(look(wide, sizeof(wide) - 2, ""), WSUB_FEED_NONE);
}
END_TEST

/* A feed: `head`, `count` times `piece`, in which # is the number, `tail`. */
static void grow(struct wsub_buf *feed, const char *head, const char *piece,
                 unsigned count, const char *tail)
{
    const char *place = strchr(piece, '#');
    size_t len = place != NULL ? (size_t)(place - piece) : strlen(piece);

    wsub_buf_str(feed, head);
    for (unsigned i = 0; i < count; i++) {
        wsub_buf_add(feed, piece, len);
        if (place != NULL) {
            wsub_buf_u64(feed, i);
            wsub_buf_str(feed, place + 1);
        }
    }
    wsub_buf_str(feed, tail);
}

static const struct {
    const char *head, *piece;
    unsigned count;
    const char *tail;
    enum wsub_feed_entries found;
} heavy[] = {
    {"<feed " NS "><x ", "a#='>' ", 255, "/></feed>", WSUB_FEED_NEW},
    {"<feed " NS "><x ", "a#='>' ", 257, "/></feed>", WSUB_FEED_NONE},
    {"<feed " NS "><x ", "a#=\"'>\" ", 90000, "/></feed>", WSUB_FEED_NONE},
    {"<feed " NS "><!-- <x ' --><x ", "a#='' ", 90000, "/></feed>",
     WSUB_FEED_NONE},
    {"<feed " NS "><x>", "a = b ", 90000, "</x></feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "<x xmlns='#'/>", 499, "</feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "<x xmlns:a#='x'/>", 501, "</feed>", WSUB_FEED_NONE},
    {"<feed " NS ">", "<a>", 100000, "", WSUB_FEED_NONE},
    {"<feed " NS ">", "<a/>", 200000, "</feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "<entry/>", 130000, "</feed>", WSUB_FEED_NEW},
    {"<feed " NS "><x>", "aaaaaaaaaa", 104840, "</x></feed>", WSUB_FEED_NEW},
    {"<feed " NS "><x>", "aaaaaaaaaa", 104860, "</x></feed>", WSUB_FEED_NONE},
    {"<feed " NS "><x>", "&lt;", 200000, "</x></feed>", WSUB_FEED_NEW},
    {"", "<", 1000000, "", WSUB_FEED_NONE},
    {"<?xml ", "?", 1000000, "", WSUB_FEED_NONE},
    {"<!--", "-", 1000000, "", WSUB_FEED_NONE},
    {"<feed " NS "><!--", "-", 1000000, "--></feed>", WSUB_FEED_NONE},
    {"<feed " NS "><!--", "-- ", 300000, "--></feed>", WSUB_FEED_NONE},
    {"<feed " NS ">", "<!-- -- -->", 90000, "</feed>", WSUB_FEED_NONE},
    {"<feed " NS "><!--", "- ", 500000, "--></feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "<!---->", 140000, "</feed>", WSUB_FEED_NEW},
    {"<feed " NS "><![CDATA[<!--", "-", 1000000, "]]></feed>", WSUB_FEED_NEW},
    {"<feed " NS "><![CDATA[", "]]", 500000, "]]></feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "<![CDATA[]]>", 87000, "</feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "]]>", 300000, "</feed>", WSUB_FEED_NONE},
    {"<feed " NS "><?a <!--", "-", 1000000, "?></feed>", WSUB_FEED_NEW},
    {"<feed " NS "><?a ", "?", 1000000, "?></feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "<?a?>", 200000, "</feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "<?a:b?>", 140000, "</feed>", WSUB_FEED_NONE},
    {"<feed " NS ">", "<a:b/>", 140000, "</feed>", WSUB_FEED_NONE},
    {"<feed " NS ">", "<x a:b=''/>", 90000, "</feed>", WSUB_FEED_NONE},
    {"<feed " NS ">", "<a:b/>", 100, "</feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "<a#:b/>", 90000, "</feed>", WSUB_FEED_NONE},
    {"<feed " NS ">", "<a#/>", 100000, "</feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "<x a#=''/>", 70000, "</feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "<x xml:id='a#'/>", 50000, "</feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "<x xml:id='a'/>", 60000, "</feed>", WSUB_FEED_NONE},
    {"<feed " NS "><", "a", 1000000, "/></feed>", WSUB_FEED_NONE},
    {"<feed " NS "><", "a:", 500000, "/></feed>", WSUB_FEED_NONE},
    {"<feed " NS "><x a='", "b", 1000000, "'/></feed>", WSUB_FEED_NEW},
    {"<feed " NS "><x a='", "&amp;", 200000, "'/></feed>", WSUB_FEED_NEW},
    {"<feed " NS "><x a='", "&x;", 300000, "'/></feed>", WSUB_FEED_NONE},
    {"<feed " NS "><x a='", "<", 1000000, "'/></feed>", WSUB_FEED_NONE},
    {"<feed " NS ">", "&x;", 300000, "</feed>", WSUB_FEED_NONE},
    {"<feed " NS ">&#", "0", 1000000, "65;</feed>", WSUB_FEED_NEW},
    {"<feed " NS ">", "\x01", 1000000, "</feed>", WSUB_FEED_NONE},
    {"<?xml version='", "1", 1000000, "'?><feed " NS "/>", WSUB_FEED_NONE},
};

static void on_message(void *arg, const char *message, ...)
{
    (void)arg;
    ck_abort_msg("said %s", message);
}

START_TEST(nothing_is_said_of_what_is_wrong)
{
    static const char *const wrong[] = {
        ATOM("<x xml:id='a'/><x xml:id='a'/>"),
        ATOM("<x xml:id=' '/>"),
        ATOM("<x xmlns:a='a b'/><x xmlns='%'/>"),
        ATOM("<a:b/>"),
        ATOM("<x xml:space='x' xml:lang='%'/>"),
        ATOM("<x>"),
        ATOM("\xff&x;"),
        "<?xml version='9'?>" ATOM(A),
    };

    xmlSetGenericErrorFunc(NULL, on_message);
    for (int i = 0; i < COUNT(wrong); i++)
        look(wrong[i], strlen(wrong[i]), "x");
}
END_TEST

START_TEST(heavy_markup_does_no_harm)
{
    struct wsub_buf feed = {0};

    grow(&feed, heavy[_i].head, heavy[_i].piece, heavy[_i].count,
         heavy[_i].tail);
    ck_assert_int_eq(look(feed.data, feed.len, ""), heavy[_i].found);
    wsub_buf_done(&feed);
}
END_TEST

START_TEST(a_thousand_entries_are_looked_at)
{
    struct wsub_buf feed = {0};
    char *known;

    grow(&feed, "<feed " NS ">", "<entry>#</entry>", 1002, "</feed>");
    ck_assert_int_eq(look(feed.data, feed.len, ""), WSUB_FEED_NEW);
    ck_assert_uint_eq(digests.len, 1000 * (WSUB_DIGEST_LEN + 1) - 1);
    known = wsub_strdup(digests.data);
    ck_assert_int_eq(look(feed.data, feed.len, known), WSUB_FEED_PARTS);
    ck_assert_str_eq(reduced.data, DECLARED "<feed " NS "><entry>1000</entry>"
                                            "<entry>1001</entry></feed>\n");
    free(known);
    wsub_buf_done(&feed);
}
END_TEST

START_TEST(no_cut_does_harm)
{
    const char *content = changes[_i].now;

    for (size_t len = 0; len < strlen(content); len++)
        look(content, len, "x");
}
END_TEST

/* A linear congruential generator: the same noise in every run. */
static uint32_t draw(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 16;
}

START_TEST(noise_does_no_harm)
{
    static const char content[] =
        DECLARED "<feed " NS "><!-- x --><x a='b'/><![CDATA[x]]>" A B "</feed>";
    uint32_t state = 7;

    for (int round = 0; round < 5000; round++) {
        char noisy[sizeof(content)];

        memcpy(noisy, content, sizeof(content));
        for (uint32_t n = draw(&state) % 4 + 1; n > 0; n--)
            noisy[draw(&state) % (sizeof(content) - 1)] =
                round % 2 ? (char)draw(&state)
                          : content[draw(&state) % sizeof(content)];
        look(noisy, sizeof(content) - 1, "x");
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("feed_entries");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_change_is_told, 0, COUNT(changes));
    tcase_add_test(tcase, every_entry_has_a_digest);
    tcase_add_loop_test(tcase, what_is_no_feed_is_left_alone, 0,
                        COUNT(no_feeds));
    tcase_add_test(tcase, zero_bytes_are_no_feed);
    tcase_add_test(tcase, nothing_is_said_of_what_is_wrong);
    tcase_add_loop_test(tcase, heavy_markup_does_no_harm, 0, COUNT(heavy));
    tcase_add_test(tcase, a_thousand_entries_are_looked_at);
    tcase_add_loop_test(tcase, no_cut_does_harm, 0, COUNT(changes));
    tcase_add_test(tcase, noise_does_no_harm);
    return suite_run("feed_entries", tcase);
}
