#include "common/http/feed.h"

#include <string.h>
#include <strings.h>

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>

#define ATOM "http://www.w3.org/2005/Atom"
#define CHUNK_BYTES 4096 /* reading stops between chunks */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum kind { KIND_OTHER, KIND_FEED, KIND_PAGE, KIND_UNKNOWN };

/* The reading of one document. */
struct reader {
    struct wsub_relations *found; /* borrowed */
    int depth;                    /* of the element that is open */
    int links_depth; /* of a feed's own links; 0 while not in the feed */
    bool finished;
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

static void take_feed_link(struct reader *reader, int count,
                           const xmlChar **attributes)
{
    struct wsub_buf rel = {0}, href = {0};

    for (int i = 0; i < count; i++) {
        take_attribute(&attributes[5 * i], "rel", &rel);
        take_attribute(&attributes[5 * i], "href", &href);
    }
    if (href.len > 0)
        wsub_relations_add(reader->found, wsub_buf_cstr(&rel),
                           wsub_buf_cstr(&href));
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

/* The HTML parser gives names in lower case, and pairs that end with NULL. */
static void on_page_start(void *arg, const xmlChar *name,
                          const xmlChar **attributes)
{
    struct reader *reader = arg;
    const xmlChar *rel = NULL, *href = NULL;

    if (is(name, "body") || is(name, "frameset"))
        reader->finished = true;
    if (reader->finished || !is(name, "link") || attributes == NULL)
        return;
    for (; attributes[0] != NULL; attributes += 2) {
        if (is(attributes[0], "rel"))
            rel = attributes[1];
        else if (is(attributes[0], "href"))
            href = attributes[1];
    }
    if (rel != NULL && href != NULL)
        wsub_relations_add(reader->found, (const char *)rel,
                           (const char *)href);
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
    read_all(reader, parser, xmlParseChunk, content, len);
    xmlFreeDoc(parser->myDoc); /* holds declarations, of a DTD only */
    xmlFreeParserCtxt(parser);
}

static void read_page(struct reader *reader, const char *content, size_t len)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .startElement = on_page_start,
        .endElement = on_page_end,
        .serror = on_error,
    };
    htmlParserCtxtPtr parser = htmlCreatePushParserCtxt(
        &sax, reader, NULL, 0, NULL, XML_CHAR_ENCODING_NONE);

    if (parser == NULL)
        return;
    htmlCtxtUseOptions(parser, HTML_PARSE_NONET | HTML_PARSE_RECOVER |
                                   HTML_PARSE_IGNORE_ENC);
    read_all(reader, parser, htmlParseChunk, content, len);
    xmlFreeDoc(parser->myDoc);
    htmlFreeParserCtxt(parser);
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
    if (kind == KIND_FEED)
        read_feed(&reader, content, len);
    else if (kind == KIND_PAGE)
        read_page(&reader, content, len);
}
