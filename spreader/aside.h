/* aside.h - puts an entry that can't be used out of the way (aside.lua). */
#ifndef SPREADER_ASIDE_H
#define SPREADER_ASIDE_H

struct spreader;
struct wsub_stream_entry;

/* Moves a claimed entry of `stream` ("log" or "pings") to `aside`, with a
 * phrase that says why, and releases it.  When Redis goes away the entry stays
 * pending and comes again. */
void spread_aside(struct spreader *s, const char *stream,
                  const struct wsub_stream_entry *entry, const char *why);

#endif
