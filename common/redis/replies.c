/* replies.c - the elements of a reply, cut from pieces (see replies.h).
 *
 *   tree:  | pieces, fill | root | its string or elements | node string |
 *   piece: | next | node string | node elements | ...           16 KiB
 *   piece: | next | one large node and its string |             its size
 *
 * The tree is found from any element of a reply that is being read: hiredis'
 * tasks lead to the root, and the root is a part of the tree. */
#include "common/redis/replies.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "common/base/container_of.h"

#define FIRST_BYTES 768   /* most replies are one number or status */
#define PIECE_BYTES 16384 /* some 200 elements */
#define LARGE_BYTES 2048  /* at most so much of a piece is lost */

struct piece {
    struct piece *next;       /* owned */
    struct redisReply room[]; /* aligned for nodes; holds strings too */
};

struct tree {
    struct piece *pieces; /* owned */
    char *free;           /* borrowed; in the newest piece, or here */
    size_t left;          /* bytes at `free` */
    struct redisReply root;
};

static size_t aligned(size_t bytes)
{
    const size_t align = alignof(struct redisReply);

    return (bytes + align - 1) / align * align;
}

static struct tree *tree_of(void *root)
{
    return wsub_container_of(root, struct tree, root);
}

/* Starts a tree with `tail` bytes behind its root. */
static struct redisReply *root_new(size_t tail)
{
    size_t room = FIRST_BYTES;
    struct tree *tree;

    tail = aligned(tail);
    if (tail > room)
        room = tail;
    tree = malloc(sizeof(*tree) + room);
    if (tree == NULL)
        return NULL;
    tree->pieces = NULL;
    tree->free = (char *)(tree + 1) + tail;
    tree->left = room - tail;
    return &tree->root;
}

static void *piece_new(struct tree *tree, size_t bytes)
{
    struct piece *piece = malloc(sizeof(*piece) + bytes);

    if (piece == NULL)
        return NULL;
    piece->next = tree->pieces;
    tree->pieces = piece;
    return piece->room;
}

/* Memory that lives as long as the tree. */
static void *take(struct tree *tree, size_t bytes)
{
    char *start;

    bytes = aligned(bytes);
    if (bytes > LARGE_BYTES)
        return piece_new(tree, bytes);
    if (bytes > tree->left) {
        start = piece_new(tree, PIECE_BYTES);
        if (start == NULL)
            return NULL;
        tree->free = start;
        tree->left = PIECE_BYTES;
    }
    start = tree->free;
    tree->free += bytes;
    tree->left -= bytes;
    return start;
}

/* The task's reply, at its place in the tree, with `tail` bytes behind it. */
static struct redisReply *node_new(const redisReadTask *task, int type,
                                   size_t tail)
{
    const redisReadTask *root = task;
    struct redisReply *node;

    while (root->parent != NULL)
        root = root->parent;
    node = root == task ? root_new(tail)
                        : take(tree_of(root->obj), sizeof(*node) + tail);
    if (node == NULL)
        return NULL;
    *node = (struct redisReply){.type = type};
    if (root != task)
        ((struct redisReply *)task->parent->obj)->element[task->idx] = node;
    return node;
}

static void *create_string(const redisReadTask *task, char *text, size_t len)
{
    struct redisReply *node = node_new(task, task->type, len + 1);

    if (node == NULL)
        return NULL;
    node->str = memcpy(node + 1, text, len);
    node->str[len] = '\0';
    node->len = len;
    return node;
}

static void *create_elements(const redisReadTask *task, size_t count)
{
    struct redisReply *node;

    if (count > WSUB_REPLY_ELEMENTS_MAX)
        return NULL;
    node = node_new(task, task->type, count * sizeof(node->element[0]));
    if (node == NULL)
        return NULL;
    node->elements = count;
    node->element = (struct redisReply **)(node + 1);
    return node;
}

static void *create_integer(const redisReadTask *task, long long number)
{
    struct redisReply *node = node_new(task, REDIS_REPLY_INTEGER, 0);

    if (node != NULL)
        node->integer = number;
    return node;
}

static void *create_nil(const redisReadTask *task)
{
    return node_new(task, REDIS_REPLY_NIL, 0);
}

static void free_tree(void *root)
{
    struct tree *tree;

    if (root == NULL)
        return;
    tree = tree_of(root);
    for (struct piece *piece = tree->pieces, *next; piece != NULL;
         piece = next) {
        next = piece->next;
        free(piece);
    }
    free(tree);
}

#if HIREDIS_MAJOR >= 1

/* Redis sends these only to clients that asked for RESP3, which we don't.
 * Without a function hiredis would pass on a type as if it were a pointer. */
static void *create_double(const redisReadTask *task, double number, char *text,
                           size_t len)
{
    struct redisReply *node = create_string(task, text, len);

    if (node != NULL)
        node->dval = number;
    return node;
}

static void *create_bool(const redisReadTask *task, int is_true)
{
    struct redisReply *node = node_new(task, task->type, 0);

    if (node != NULL)
        node->integer = is_true != 0;
    return node;
}

static void *create_array(const redisReadTask *task, size_t count)
{
    return create_elements(task, count);
}

#else

static void *create_array(const redisReadTask *task, int count)
{
    return create_elements(task, (size_t)count);
}

#endif

void wsub_replies_use(struct redisReader *reader)
{
    /* hiredis only reads it, but its pointer is not const. */
    static redisReplyObjectFunctions functions = {
        .createString = create_string,
        .createArray = create_array,
        .createInteger = create_integer,
#if HIREDIS_MAJOR >= 1
        .createDouble = create_double,
        .createBool = create_bool,
#endif
        .createNil = create_nil,
        .freeObject = free_tree,
    };

    reader->fn = &functions;
}
