/* replies.h - the replies of Redis, in memory that is freed as a whole.
 *
 * hiredis makes each element of a reply and each string by itself, and frees
 * them one by one: the larger part of what reading costs.  These functions
 * build the same tree of `struct redisReply` in a few pieces of memory.  Small
 * ones lie side by side; a string or an array of elements beyond 2 KiB has a
 * piece of its own size.  Nothing is kept between replies.
 *
 * hiredis reserves memory for the elements that an array announces before they come,
 * up to 32 GiB of it.  Here one that announces more than
 * WSUB_REPLY_ELEMENTS_MAX, which no command of ours asks for, is an error of the
 * link.
 *
 * A tree ends with its reader's freeObject, which takes the root only (hiredis
 * never passes another); freeReplyObject() must not see it. */
#ifndef WSUB_REDIS_REPLIES_H
#define WSUB_REDIS_REPLIES_H

#include <stddef.h>

#define WSUB_REPLY_ELEMENTS_MAX ((size_t)1 << 20) /* 8 MiB */

struct redisReader;

/* Makes the reader build such trees from its next reply on.  Without memory
 * for one, or when it is too large, the reader fails with REDIS_ERR_OOM. */
void wsub_replies_use(struct redisReader *reader);

#endif
