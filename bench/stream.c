#include "bench/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#define SESSION_CONTEXT "bench"

static int on_alpn(SSL *ssl, const unsigned char **ret, unsigned char *ret_len,
                   const unsigned char *offered, unsigned offered_len,
                   void *arg)
{
    static const unsigned char protocols[] = "\x02h2\x08http/1.1";
    union {
        const unsigned char **borrowed;
        unsigned char **plain;
    } out = {.borrowed = ret};

    (void)ssl;
    (void)arg;
    return SSL_select_next_proto(out.plain, ret_len, protocols,
                                 sizeof(protocols) - 1, offered,
                                 offered_len) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_NOACK;
}

SSL_CTX *bench_tls_new(const char *pem_file, bool http2)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

    if (tls == NULL || SSL_CTX_use_certificate_chain_file(tls, pem_file) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, pem_file, SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "bench-sink: %s is no certificate with its key\n",
                pem_file);
        exit(1);
    }
    SSL_CTX_set_session_id_context(tls, (const unsigned char *)SESSION_CONTEXT,
                                   sizeof(SESSION_CONTEXT) - 1);
    if (http2)
        SSL_CTX_set_alpn_select_cb(tls, on_alpn, NULL);
    return tls;
}

void bench_stream_open(struct bench_stream *stream, int fd, SSL_CTX *tls)
{
    stream->fd = fd;
    if (tls == NULL)
        return;
    stream->ssl = SSL_new(tls);
    SSL_set_fd(stream->ssl, fd);
    SSL_set_accept_state(stream->ssl);
}

void bench_stream_close(struct bench_stream *stream)
{
    if (stream->ssl != NULL) {
        if (SSL_is_init_finished(stream->ssl))
            SSL_shutdown(stream->ssl);
        SSL_free(stream->ssl);
        ERR_clear_error();
    }
    close(stream->fd);
}

ssize_t bench_stream_read(struct bench_stream *stream, char *at, size_t size)
{
    ssize_t got;

    if (stream->ssl != NULL) {
        ERR_clear_error(); /* what another connection left */
        got = SSL_read(stream->ssl, at, (int)size);
        if (got > 0)
            return got;
        return SSL_get_error(stream->ssl, (int)got) == SSL_ERROR_WANT_READ ? 0
                                                                           : -1;
    }
    got = recv(stream->fd, at, size, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    return got > 0 ? got : -1;
}

bool bench_stream_holds(const struct bench_stream *stream)
{
    return stream->ssl != NULL && SSL_pending(stream->ssl) > 0;
}

bool bench_stream_write(struct bench_stream *stream, const char *data,
                        size_t len)
{
    if (stream->ssl != NULL)
        return SSL_write(stream->ssl, data, (int)len) == (int)len;
    return send(stream->fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}
