/* refusal.h - why Redis refuses a command.
 *
 * Behind the reason Redis puts the place in the script that was refused: the
 * script's SHA1 and the line.  Who reads the log is told the script's name
 * already, and the place would make one reason many. */
#ifndef WSUB_REDIS_REFUSAL_H
#define WSUB_REDIS_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

/* Returns how many bytes of an error reply's `text` are the reason. */
size_t wsub_refusal_len(const char *text);

/* Whether the same command would be refused for ever: for what a key holds, or
 * for an error in a script.  Any other refusal is taken for one that passes, as
 * those of memory, of the disk, of a replica and of rights do. */
bool wsub_refusal_is_lasting(const char *text);

#endif
