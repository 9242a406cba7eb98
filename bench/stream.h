/* stream.h - the bytes of a connection to bench-sink, in the clear or by
 * TLS. */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <openssl/ssl.h>

struct bench_stream {
    int fd;   /* owned; does not block */
    SSL *ssl; /* owned; NULL in the clear */
};

/* A server's context with the certificate and key in the PEM file; it offers
 * HTTP/2 where that is wanted.  Ends the program with a sentence when it
 * can't. */
SSL_CTX *bench_tls_new(const char *pem_file, bool http2);

void bench_stream_open(struct bench_stream *stream, int fd, SSL_CTX *tls);
void bench_stream_close(struct bench_stream *stream);

/* Reads what is there; 0 when there is nothing yet, -1 at the end. */
ssize_t bench_stream_read(struct bench_stream *stream, char *at, size_t size);

/* Whether more can be read although the socket has nothing. */
bool bench_stream_holds(const struct bench_stream *stream);

/* Writes all of it; false when the other side does not take it at once. */
bool bench_stream_write(struct bench_stream *stream, const char *data,
                        size_t len);

#endif
