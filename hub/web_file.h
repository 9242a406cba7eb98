/* web_file.h - files for browsers that are part of the program.
 *
 * The build makes the table of hub/dashboard/ and hub/front/
 * (cmake/EmbedFiles.cmake). */
#ifndef HUB_WEB_FILE_H
#define HUB_WEB_FILE_H

#include <stddef.h>

struct hub_web_bytes {
    const unsigned char *bytes; /* a zero byte stands behind them */
    size_t len;
};

struct hub_web_file {
    const char *name;   /* such as dashboard/app.js */
    const char *type;   /* Content-Type */
    const char *digest; /* for its ETag */
    struct hub_web_bytes plain, gzip;
};

/* Ends with { 0 }. */
extern const struct hub_web_file hub_web_files[];

#endif
