/* entry_id.h - the id of an entry of a stream, as a copy. */
#ifndef WSUB_STORE_ENTRY_ID_H
#define WSUB_STORE_ENTRY_ID_H

#define WSUB_ENTRY_ID_BYTES 48 /* two numbers of 64 bits, and more */

struct wsub_entry_id {
    char text[WSUB_ENTRY_ID_BYTES];
};

#endif
