#include "common/http/feed_entries.h"

#include <stdbool.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/http/markup.h"

#define ATOM "http://www.w3.org/2005/Atom"
#define ATTRIBUTES_MAX 256 /* of one element */
#define ERRORS_MAX 100     /* that don't make it malformed */
#define NAMESPACES_MAX 500 /* declared in a document */
#define BITE_BYTES 16384   /* reading stops between bites */

struct scan {
    const char *known; /* borrowed */
    size_t seen, removed;
    struct wsub_buf *digests;
};

static bool holds(const char *content, size_t len, const char *text)
{
    return memmem(content, len, text, strlen(text)) != NULL;
}

/* No attribute's value holds a '<', so each one begins a tag afresh, and
 * nothing before it can hide a tag's attributes. */
static bool attributes_are_few(const char *content, size_t len)
{
    unsigned count = 0;
    bool tag = false;
    char quote = '\0';

    for (size_t i = 0; i < len; i++) {
        char c = content[i];

        if (c == '<') {
            tag = true;
            quote = '\0';
            count = 0;
        } else if (!tag || (quote != '\0' && c != quote)) {
            continue;
        } else if (c == '"' || c == '\'') {
            quote = quote == '\0' ? c : '\0';
        } else if (c == '>') {
            tag = false;
        } else if (c == '=' && ++count > ATTRIBUTES_MAX) {
            return false;
        }
    }
    return true;
}

/* Every element's name is looked up among all namespaces in scope: 0.3 s at
 * 1 MiB, and four times as much with four times as many. */
static bool namespaces_are_few(const char *content, size_t len)
{
    static const char name[] = "xmlns";
    const char *end = content + len;
    unsigned count = 0;

    while ((content = memmem(content, (size_t)(end - content), name,
                             sizeof(name) - 1)) != NULL) {
        if (++count > NAMESPACES_MAX)
            return false;
        content += sizeof(name) - 1;
    }
    return true;
}

/* True when no other encoding is declared.  A wrong result does no harm: the
 * parser takes the bytes for UTF-8, whatever is declared. */
static bool is_utf8(const char *content, size_t len)
{
    const char *end = memmem(content, len, "?>", 2);
    struct wsub_buf head = {0};
    bool yes;

    if (len < 5 || memcmp(content, "<?xml", 5) != 0 || end == NULL)
        return true;
    wsub_buf_add(&head, content, (size_t)(end - content));
    yes = strstr(head.data, "encoding") == NULL ||
          strcasestr(head.data, "utf-8") != NULL ||
          strcasestr(head.data, "us-ascii") != NULL;
    wsub_buf_done(&head);
    return yes;
}

/* Not so in an encoding where other bytes are '<', or more than one. */
static bool begins_like_xml(const char *content, size_t len)
{
    size_t i = 0;

    while (i < len && content[i] != '\0' &&
           strchr(" \t\r\n", content[i]) != NULL)
        i++;
    return i < len && content[i] == '<' && memchr(content, '\0', len) == NULL;
}

static bool is_harmless(const char *content, size_t len)
{
    return len <= WSUB_FEED_BYTES_MAX && begins_like_xml(content, len) &&
           is_utf8(content, len) && !holds(content, len, "<!DOCTYPE") &&
           attributes_are_few(content, len) &&
           namespaces_are_few(content, len) &&
           wsub_markup_harmless(content, len) == len;
}

/* Broken markup is the publisher's; nothing is said about it. */
static void on_error(void *arg, xmlErrorPtr error)
{
    unsigned *errors = ((xmlParserCtxtPtr)arg)->_private;

    *errors += error->level >= XML_ERR_ERROR;
}

/* Reads up to the first bite with an error that makes the document malformed, or
 * with too many others. */
static void read_all(xmlParserCtxtPtr parser, const char *content, size_t len,
                     const unsigned *errors)
{
    while (len > 0 && parser->wellFormed && *errors <= ERRORS_MAX) {
        size_t size = len < BITE_BYTES ? len : BITE_BYTES;

        xmlParseChunk(parser, content, (int)size, size == len);
        content += size;
        len -= size;
    }
}

/* The options alone do not silence errors of validity, such as an xml:id that
 * is there twice. */
static xmlDocPtr parse(const char *content, size_t len)
{
    xmlParserCtxtPtr parser =
        xmlCreatePushParserCtxt(NULL, NULL, NULL, 0, NULL);
    unsigned errors = 0;
    xmlDocPtr doc;

    if (parser == NULL)
        wsub_panic("no memory for a parser");
    parser->_private = &errors;
    parser->sax->serror = on_error;
    xmlCtxtUseOptions(parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    read_all(parser, content, len, &errors);
    doc = parser->myDoc;
    if (!parser->wellFormed || errors > ERRORS_MAX) {
        xmlFreeDoc(doc);
        doc = NULL;
    }
    xmlFreeParserCtxt(parser);
    return doc;
}

static bool is(const xmlNode *node, const char *name, const char *space)
{
    if (node->type != XML_ELEMENT_NODE ||
        strcmp((const char *)node->name, name) != 0)
        return false;
    if (space == NULL)
        return node->ns == NULL;
    return node->ns != NULL && node->ns->href != NULL &&
           strcmp((const char *)node->ns->href, space) == 0;
}

/* The element whose children are the entries; NULL when it is no feed. */
static xmlNode *find_feed(xmlDocPtr doc, const char **ret_name,
                          const char **ret_space)
{
    xmlNode *root = xmlDocGetRootElement(doc);

    if (root != NULL && is(root, "feed", ATOM)) {
        *ret_name = "entry";
        *ret_space = ATOM;
        return root;
    }
    if (root == NULL || !is(root, "rss", NULL))
        return NULL;
    *ret_name = "item";
    *ret_space = NULL;
    for (xmlNode *node = root->children; node != NULL; node = node->next)
        if (is(node, "channel", NULL))
            return node;
    return NULL;
}

static void entry_digest(xmlDocPtr doc, xmlNode *entry,
                         char ret_digest[WSUB_DIGEST_LEN + 1])
{
    xmlBufferPtr text = xmlBufferCreate();

    if (text == NULL || xmlNodeDump(text, doc, entry, 0, 0) < 0)
        wsub_panic("no memory for an entry");
    wsub_digest(xmlBufferContent(text), (size_t)xmlBufferLength(text),
                ret_digest);
    xmlBufferFree(text);
}

/* All digests are of one length, so none is found within two others. */
static void look_at(struct scan *scan, xmlDocPtr doc, xmlNode *entry)
{
    char digest[WSUB_DIGEST_LEN + 1];

    if (++scan->seen > WSUB_FEED_ENTRIES_MAX)
        return;
    entry_digest(doc, entry, digest);
    if (scan->seen > 1)
        wsub_buf_char(scan->digests, ' ');
    wsub_buf_str(scan->digests, digest);
    if (strstr(scan->known, digest) == NULL)
        return;
    xmlUnlinkNode(entry);
    xmlFreeNode(entry);
    scan->removed++;
}

static void add_document(xmlDocPtr doc, struct wsub_buf *ret_content)
{
    xmlChar *text = NULL;
    int len = 0;

    xmlDocDumpMemoryEnc(doc, &text, &len, "UTF-8");
    if (text == NULL)
        wsub_panic("no memory for a feed");
    wsub_buf_add(ret_content, text, (size_t)len);
    xmlFree(text);
}

static enum wsub_feed_entries read_feed(xmlDocPtr doc, struct scan *scan,
                                        struct wsub_buf *ret_content)
{
    const char *name, *space;
    xmlNode *feed = find_feed(doc, &name, &space), *next;

    if (feed == NULL)
        return WSUB_FEED_NONE;
    for (xmlNode *node = feed->children; node != NULL; node = next) {
        next = node->next;
        if (is(node, name, space))
            look_at(scan, doc, node);
    }
    if (scan->known[0] != '\0' && scan->removed == scan->seen)
        return WSUB_FEED_KNOWN;
    if (scan->removed == 0)
        return WSUB_FEED_NEW;
    add_document(doc, ret_content);
    return WSUB_FEED_PARTS;
}

enum wsub_feed_entries wsub_feed_entries(const void *content, size_t len,
                                         const char *known,
                                         struct wsub_buf *ret_digests,
                                         struct wsub_buf *ret_content)
{
    struct scan scan = {.known = known, .digests = ret_digests};
    enum wsub_feed_entries found = WSUB_FEED_NONE;
    const char *text = content;
    xmlDocPtr doc;

    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    if (!is_harmless(text, len) || (doc = parse(text, len)) == NULL)
        return found;
    found = read_feed(doc, &scan, ret_content);
    xmlFreeDoc(doc);
    return found;
}
