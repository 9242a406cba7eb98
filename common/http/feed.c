/* feed.c - see feed.h.
 *
 * Bases: a feed's relative targets are resolved against the xml:base of the link
 * and of the elements around it (RFC 4287 section 2), each of which may be
 * relative to the one around it; a page's against the first <base href>, wherever
 * in the head that stands, so its links are kept until the head is read. */
#include "common/http/feed.h"

#include <string.h>
#include <strings.h>

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>

#include "common/http/markup.h"
#include "common/http/resolve.h"

#define ATOM "http://www.w3.org/2005/Atom"
#define BASES 4           /* of the document, and of elements down to a link */
#define PAGE_LINKS_MAX 32 /* that count */
#define CHUNK_BYTES 4096  /* reading stops between chunks */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum kind { KIND_OTHER, KIND_FEED, KIND_PAGE, KIND_UNKNOWN };

/* The reading of one document. */
struct reader {
    struct wsub_relations *found; /* borrowed */
    int depth;                    /* of the element that is open */
    int links_depth; /* of a feed's own links; 0 while not in the feed */
    bool finished;
    /* Owned; of a feed those of the elements that are open, by their depth, of a
     * page only that of the document; "" for one that is no http(s) URL. */
    struct wsub_buf base[BASES];
    bool has_base; /* of a page: by <base> */
    struct {
        struct wsub_buf rel, href;
    } links[PAGE_LINKS_MAX]; /* owned; of a page */
    size_t links_count;
};

static bool is(const xmlChar *name, const char *wanted)
{
    return name != NULL && strcmp((const char *)name, wanted) == 0;
}

/* libxml2 keeps an attribute as five pointers: name, prefix, namespace, and
 * the value's start and end. */
static void take_attribute(const xmlChar **attribute, const char *name,
                           struct wsub_buf *ret)
{
    if (is(attribute[0], name) && attribute[1] == NULL)
        wsub_buf_add(ret, attribute[3], (size_t)(attribute[4] - attribute[3]));
}

/* Sets the base inside an element to `reference` where the one around it is
 * `outer`. */
static void set_base(struct wsub_buf *base, const char *outer,
                     const char *reference)
{
    struct wsub_buf resolved = {0};

    if (wsub_resolve(outer, reference, &resolved) != WSUB_URL_FINE)
        wsub_buf_clear(&resolved);
    wsub_buf_done(base);
    *base = resolved;
}

/* The element that is open begins: its base is its xml:base, or that of the one
 * around it. */
static void enter_base(struct reader *reader, int count,
                       const xmlChar **attributes)
{
    struct wsub_buf xml_base = {0}, *base;
    const char *outer;
    bool has_base = false;

    if (reader->depth >= BASES)
        return;
    base = &reader->base[reader->depth];
    outer = wsub_buf_cstr(base - 1);
    for (int i = 0; i < count && !has_base; i++) {
        const xmlChar **a = &attributes[5 * i];

        has_base = is(a[0], "base") && is(a[1], "xml");
        if (has_base)
            wsub_buf_add(&xml_base, a[3], (size_t)(a[4] - a[3]));
    }
    if (has_base) {
        set_base(base, outer, wsub_buf_cstr(&xml_base));
    } else {
        wsub_buf_clear(base);
        wsub_buf_str(base, outer);
    }
    wsub_buf_done(&xml_base);
}

static void take_feed_link(struct reader *reader, int count,
                           const xmlChar **attributes)
{
    struct wsub_buf rel = {0}, href = {0};

    for (int i = 0; i < count; i++) {
        take_attribute(&attributes[5 * i], "rel", &rel);
        take_attribute(&attributes[5 * i], "href", &href);
    }
    if (href.len > 0)
        wsub_relations_add(reader->found,
                           wsub_buf_cstr(&reader->base[reader->depth]),
                           wsub_buf_cstr(&rel), wsub_buf_cstr(&href));
    wsub_buf_done(&rel);
    wsub_buf_done(&href);
}

/* Atom's links are children of the root, RSS' of the channel below it. */
static void enter_feed(struct reader *reader, const xmlChar *name, bool atom)
{
    if (reader->depth == 1 && atom && is(name, "feed"))
        reader->links_depth = 2;
    else if (reader->depth == 1)
        reader->finished = !is(name, "rss") && !is(name, "RDF");
    else if (reader->depth == 2 && is(name, "channel"))
        reader->links_depth = 3;
}

static void on_feed_start(void *arg, const xmlChar *name, const xmlChar *prefix,
                          const xmlChar *uri, int namespaces,
                          const xmlChar **namespace_pairs, int count,
                          int defaulted, const xmlChar **attributes)
{
    struct reader *reader = arg;
    bool atom = is(uri, ATOM);

    (void)prefix;
    (void)namespaces;
    (void)namespace_pairs;
    (void)defaulted;
    if (reader->finished)
        return;
    reader->depth++;
    enter_base(reader, count, attributes);
    if (is(name, "item") || (atom && is(name, "entry")))
        reader->finished = true;
    else if (reader->links_depth == 0)
        enter_feed(reader, name, atom);
    else if (reader->depth == reader->links_depth && atom && is(name, "link"))
        take_feed_link(reader, count, attributes);
}

static void on_feed_end(void *arg, const xmlChar *name, const xmlChar *prefix,
                        const xmlChar *uri)
{
    struct reader *reader = arg;

    (void)name;
    (void)prefix;
    (void)uri;
    reader->depth--;
    if (reader->depth + 1 < reader->links_depth)
        reader->finished = true;
}

/* The HTML parser gives pairs that end with NULL. */
static const char *attribute_of(const xmlChar **attributes, const char *name)
{
    for (; attributes != NULL && attributes[0] != NULL; attributes += 2)
        if (is(attributes[0], name))
            return (const char *)attributes[1];
    return NULL;
}

static void take_page_link(struct reader *reader, const xmlChar **attributes)
{
    const char *rel = attribute_of(attributes, "rel");
    const char *href = attribute_of(attributes, "href");

    if (rel == NULL || href == NULL || !wsub_relations_want(rel) ||
        reader->links_count == PAGE_LINKS_MAX)
        return;
    wsub_buf_str(&reader->links[reader->links_count].rel, rel);
    wsub_buf_str(&reader->links[reader->links_count].href, href);
    reader->links_count++;
}

/* The first one with an href counts. */
static void take_page_base(struct reader *reader, const xmlChar **attributes)
{
    const char *href = attribute_of(attributes, "href");

    if (href == NULL || reader->has_base)
        return;
    set_base(&reader->base[0], reader->found->base, href);
    reader->has_base = true;
}

/* The HTML parser gives names in lower case. */
static void on_page_start(void *arg, const xmlChar *name,
                          const xmlChar **attributes)
{
    struct reader *reader = arg;

    if (is(name, "body") || is(name, "frameset"))
        reader->finished = true;
    if (reader->finished)
        return;
    if (is(name, "link"))
        take_page_link(reader, attributes);
    else if (is(name, "base"))
        take_page_base(reader, attributes);
}

static void resolve_page_links(struct reader *reader)
{
    for (size_t i = 0; i < reader->links_count; i++) {
        wsub_relations_add(reader->found, wsub_buf_cstr(&reader->base[0]),
                           wsub_buf_cstr(&reader->links[i].rel),
                           wsub_buf_cstr(&reader->links[i].href));
        wsub_buf_done(&reader->links[i].rel);
        wsub_buf_done(&reader->links[i].href);
    }
}

static void on_page_end(void *arg, const xmlChar *name)
{
    struct reader *reader = arg;

    if (is(name, "head"))
        reader->finished = true;
}

/* Broken markup is the publisher's; nothing is said about it. */
static void on_error(void *arg, xmlErrorPtr error)
{
    (void)arg;
    (void)error;
}

typedef int parse_chunk(xmlParserCtxtPtr parser, const char *chunk, int size,
                        int terminate);

/* What follows the last '>' is left out: of a tag that was cut the parser
 * would make a link with the beginning of its target. */
static void read_all(struct reader *reader, xmlParserCtxtPtr parser,
                     parse_chunk *parse, const char *content, size_t len)
{
    const char *close;

    if (len > WSUB_FEED_HEAD_BYTES)
        len = WSUB_FEED_HEAD_BYTES;
    close = memrchr(content, '>', len);
    len = close != NULL ? (size_t)(close + 1 - content) : 0;
    while (len > 0 && !reader->finished) {
        size_t size = len < CHUNK_BYTES ? len : CHUNK_BYTES;

        parse(parser, content, (int)size, 0);
        content += size;
        len -= size;
    }
    if (!reader->finished)
        parse(parser, content, 0, 1);
}

/* NOENT makes "&amp;" an "&" in attributes.  No other entity is ever known:
 * nobody listens to their declarations. */
static void read_feed(struct reader *reader, const char *content, size_t len)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_feed_start,
        .endElementNs = on_feed_end,
        .serror = on_error,
    };
    xmlParserCtxtPtr parser =
        xmlCreatePushParserCtxt(&sax, reader, NULL, 0, NULL);

    if (parser == NULL)
        return;
    xmlCtxtUseOptions(parser,
                      XML_PARSE_NONET | XML_PARSE_RECOVER | XML_PARSE_NOENT);
    read_all(reader, parser, xmlParseChunk, content,
             wsub_markup_harmless(content, len));
    xmlFreeDoc(parser->myDoc); /* holds declarations, of a DTD only */
    xmlFreeParserCtxt(parser);
}

/* Pages are taken for UTF-8, whatever they say: a target in another encoding would
 * be wrong, and without one libxml2 takes them for Latin-1. */
static void read_page(struct reader *reader, const char *content, size_t len)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .startElement = on_page_start,
        .endElement = on_page_end,
        .serror = on_error,
    };
    htmlParserCtxtPtr parser = htmlCreatePushParserCtxt(
        &sax, reader, NULL, 0, NULL, XML_CHAR_ENCODING_UTF8);

    if (parser == NULL)
        return;
    htmlCtxtUseOptions(parser, HTML_PARSE_NONET | HTML_PARSE_RECOVER |
                                   HTML_PARSE_IGNORE_ENC);
    read_all(reader, parser, htmlParseChunk, content, len);
    xmlFreeDoc(parser->myDoc);
    htmlFreeParserCtxt(parser);
    resolve_page_links(reader);
}

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t end_len = strlen(end);

    return len >= end_len &&
           strncasecmp(text + len - end_len, end, end_len) == 0;
}

static enum kind kind_of_type(const char *type)
{
    static const struct {
        const char *end;
        enum kind kind;
    } kinds[] = {
        {"text/html", KIND_PAGE},
        {"application/xhtml+xml", KIND_PAGE},
        {"/xml", KIND_FEED},
        {"+xml", KIND_FEED},
        {"text/plain", KIND_UNKNOWN},
        {"application/octet-stream", KIND_UNKNOWN},
    };
    size_t len = strcspn(type, "; \t");

    for (size_t i = 0; i < COUNT(kinds); i++)
        if (ends_with(type, len, kinds[i].end))
            return kinds[i].kind;
    return len == 0 ? KIND_UNKNOWN : KIND_OTHER;
}

static enum kind kind_of_content(const char *content, size_t len)
{
    static const struct {
        const char *start;
        enum kind kind;
    } kinds[] = {
        {"<?xml", KIND_FEED}, {"<feed", KIND_FEED},
        {"<rss", KIND_FEED},  {"<rdf:RDF", KIND_FEED},
        {"<html", KIND_PAGE}, {"<!doctype html", KIND_PAGE},
    };

    if (len >= 3 && memcmp(content, "\xef\xbb\xbf", 3) == 0) {
        content += 3;
        len -= 3;
    }
    for (; len > 0 && strchr(" \t\r\n", *content) != NULL && *content != '\0';
         len--)
        content++;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        size_t start_len = strlen(kinds[i].start);

        if (len >= start_len &&
            strncasecmp(content, kinds[i].start, start_len) == 0)
            return kinds[i].kind;
    }
    return KIND_OTHER;
}

void wsub_feed_relations(const char *type, const void *content, size_t len,
                         struct wsub_relations *found)
{
    struct reader reader = {.found = found};
    enum kind kind = kind_of_type(type);

    if (kind == KIND_UNKNOWN)
        kind = kind_of_content(content, len);
    wsub_buf_str(&reader.base[0], found->base);
    if (kind == KIND_FEED)
        read_feed(&reader, content, len);
    else if (kind == KIND_PAGE)
        read_page(&reader, content, len);
    for (int i = 0; i < BASES; i++)
        wsub_buf_done(&reader.base[i]);
}
