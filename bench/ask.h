/* ask.h - a kept-alive connection to the hub, for the tools that load it. */
#ifndef BENCH_ASK_H
#define BENCH_ASK_H

struct bufferevent;
struct event_base;
struct evbuffer;
struct wsub_buf;

/* Connects to the hub on loopback; ends the program with a sentence when it
 * can't, and later when the hub closes the connection. */
struct bufferevent *
bench_ask_connect(struct event_base *base, unsigned long port,
                  void (*on_readable)(struct bufferevent *stream, void *arg),
                  void *arg);

/* Takes a complete answer off the stream; returns its status, 0 when there is
 * none yet. */
unsigned bench_ask_answer(struct evbuffer *input);

/* Appends `text` with every byte percent-encoded. */
void bench_ask_encode(const char *text, struct wsub_buf *out);

#endif
