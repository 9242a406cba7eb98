/* Requests as raw bytes, and what the server makes of them. */
#include "http_fixture.h"

#include "tests/unit/suite.h"

#define HOST "Host: a\r\n"
#define POST "POST /echo HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

/* Requests that leave the connection open. */
static const struct {
    const char *raw;
    int status;
    const char *part; /* of the answer */
} served[] = {
    {HELLO, 200, "\r\n\r\nhello\n"},
    {"\r\n" HELLO, 200, "hello"},
    {"GET /echo HTTP/1.1\r\n" HOST "\r\n", 202, "GET /echo ?none x=none "},
    {"GET /of/me/all HTTP/1.1\r\n" HOST "\r\n", 200, "of me"},
    {"GET /of/seven77/all?x HTTP/1.1\r\n" HOST "\r\n", 200, "of seven77"},
    {"GET /of/eight888/all HTTP/1.1\r\n" HOST "\r\n", 200, "too long"},
    {"GET /of//all HTTP/1.1\r\n" HOST "\r\n", 404, ""},
    {"GET /of/a/b/all HTTP/1.1\r\n" HOST "\r\n", 404, ""},
    {"GET /of/a/al HTTP/1.1\r\n" HOST "\r\n", 404, ""},
    {"GET /of/a/all/ HTTP/1.1\r\n" HOST "\r\n", 404, ""},
    {"GET /of/a HTTP/1.1\r\n" HOST "\r\n", 404, ""},
    {"POST /of/a/all HTTP/1.1\r\n" HOST "\r\n", 405,
     "Allow: GET, HEAD, OPTIONS\r\n"},
    {"GET /echo? HTTP/1.1\r\n" HOST "\r\n", 202, "/echo ? x=none"},
    {"GET /echo?a=b?c HTTP/1.1\r\n" HOST "\r\n", 202, "/echo ?a=b?c x"},
    {"GET http://h/echo?q HTTP/1.1\r\n" HOST "\r\n", 202, "/echo ?q x"},
    {"GET HTTPS://h:1/echo HTTP/1.1\r\n" HOST "\r\n", 202, "/echo ?none"},
    {"GET http://h HTTP/1.1\r\n" HOST "\r\n", 202, "GET / ?none"},
    {"GET http://[::1]:8?q HTTP/1.1\r\n" HOST "\r\n", 202, "GET / ?q x"},
    {"GET / HTTP/1.1\r\n" HOST "\r\n", 202, "GET / ?none"},
    {"GET / HTTP/1.7\r\n" HOST "\r\n", 202, "GET / ?none"},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 202, "GET /"},
    {"GET / HTTP/1.1\r\nHost: h:\r\n\r\n", 202, "GET /"},
    {"GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", 202, "GET /"},
    {"GET http://h:/echo HTTP/1.1\r\n" HOST "\r\n", 202, "GET /echo ?none"},
    {"GET http://h/echo HTTP/1.1\r\nHost: other\r\n\r\n", 202, "GET /echo"},
    /* RFC 9110 section 9.3.7 */
    {"OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 204,
     "\r\nAllow: GET, HEAD, POST, DELETE, OPTIONS\r\n"},
    {"OPTIONS /echo HTTP/1.1\r\n" HOST "\r\n", 204,
     "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"},
    {"OPTIONS /nothing?q HTTP/1.1\r\n" HOST "\r\n", 204,
     "\r\nAllow: DELETE, OPTIONS\r\n"},
    {"OPTIONS http://h/hello HTTP/1.1\r\n" HOST "\r\n", 204,
     "\r\nAllow: GET, HEAD, OPTIONS\r\n"},
    {"OPTIONS /hello HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 204,
     "\r\nAllow: GET, HEAD, OPTIONS\r\n"},
    {"OPTIONS /of/a/all HTTP/1.1\r\n" HOST "\r\n", 204,
     "\r\nAllow: GET, HEAD, OPTIONS\r\n"},
    {"OPTIONS /shared HTTP/1.1\r\n" HOST "\r\n", 204,
     "\r\nAccess-Control-Allow-Origin: *\r\n"},
    {"GET /shared HTTP/1.1\r\n" HOST "\r\n", 405,
     "\r\nAllow: POST, OPTIONS\r\n"},
    {"OPTIONS /none HTTP/1.1\r\n" HOST "\r\n", 404, ""},
    {"TRACE /hello HTTP/1.1\r\n" HOST "\r\n", 405, "\r\nAllow: GET, HEAD"},
    /* optional white space: RFC 9110 section 5.6.3 */
    {POST "Content-Length: 5 \r\n\r\nabcde", 202, "x=none abcde"},
    {POST "Content-Length:5\t\r\n\r\nabcde", 202, "x=none abcde"},
    {POST "Content-Length: \t 5 \t \r\n\r\nabcde", 202, "x=none abcde"},
    {POST "Transfer-Encoding: chunked \t\r\n\r\n1\r\na\r\n0\r\n\r\n", 202,
     "x=none a"},
    {POST "Transfer-Encoding:\tchunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 202,
     "x=none a"},
    {POST "Expect: 100-continue \t\r\nContent-Length: 2 \r\n\r\nab", 202,
     " ab"},
    {"GET / HTTP/1.1\r\nHost: a \t\r\nConnection: keep-alive \r\n\r\n", 202,
     "GET /"},
    {"GET / HTTP/1.1\r\n" HOST "Upgrade: h2c\t\r\nX-Test: b\t \r\n\r\n", 202,
     "x=b "},
    {"GET / HTTP/1.1\r\nhOST: \t a.b:80 \t \r\n\r\n", 202, "GET /"},
    {"GET / HTTP/1.1\r\n" HOST "X-Test:\r\n\r\n", 202, "x= "},
    {"GET / HTTP/1.1\r\n" HOST "X-Test: \t \r\n\r\n", 202, "x= "},
    {"GET / HTTP/1.1\r\n" HOST "x-tEST:a  b \r\n\r\n", 202, "x=a  b "},
    /* an empty value, and what stands behind it */
    {"GET / HTTP/1.1\r\n" HOST "A:\r\nX-Test: b\r\n\r\n", 202, "x=b "},
    {"GET / HTTP/1.1\r\n" HOST "A: \r\nX-Test: b\r\n\r\n", 202, "x=b "},
    {"GET / HTTP/1.1\r\n" HOST "A:\t \t\r\nX-Test:b\r\n\r\n", 202, "x=b "},
    {"GET / HTTP/1.1\r\n" HOST "A:\r\nB:\r\nX-Test: b\r\n\r\n", 202, "x=b "},
    {"GET / HTTP/1.1\r\nA:\r\nHost:\r\nX-Test: b\r\n\r\n", 202, "x=b "},
    {"GET / HTTP/1.1\r\n" HOST "X-Test:\r\nX-Test: b\r\n\r\n", 202, "x=, b "},
    {"GET / HTTP/1.1\r\n" HOST "X-Test: b\r\nX-Test:\r\n\r\n", 202, "x=b,  "},
    {"GET / HTTP/1.1\r\n" HOST "X-Test:\r\nA: b\r\n\r\n", 202, "x= "},
    {"GET / HTTP/1.1\r\n" HOST "Connection:\r\nX-Test: b\r\n\r\n", 202, "x=b "},
    {"GET / HTTP/1.1\r\n" HOST "Upgrade:\r\nX-Test: b\r\n\r\n", 202, "x=b "},
    {POST "A:\r\nContent-Length: 5\r\n\r\nabcde", 202, "x=none abcde"},
    {POST "Content-Length: 5\r\nA:\r\n\r\nabcde", 202, "x=none abcde"},
    {POST "A:\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 202,
     "x=none a"},
    {POST "A:\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab", 202,
     " ab"},
    {CHUNKED "1\r\na\r\n0\r\nA:\r\nB: \r\nX-Test:\r\n\r\n", 202, "x=none a"},
    {"GET http://h? HTTP/1.1\r\n" HOST "X-Test: b\r\n\r\n", 202,
     "GET / ? x=b "},
    {"GET http://h/? HTTP/1.1\r\n" HOST "X-Test: b\r\n\r\n", 202,
     "GET / ? x=b "},
    {"GET /? HTTP/1.1\r\nHost:\r\nX-Test: b\r\n\r\n", 202, "GET / ? x=b "},
    {"GET / HTTP/1.1\r\n" HOST "X-Test: a\r\nX-Test: b\r\n\r\n", 202,
     "x=a, b "},
    {"GET / HTTP/1.1\r\n" HOST "X-Test: \xc3\xa4\tb\r\n\r\n", 202,
     "x=\xc3\xa4\tb "},
    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 202,
     "\r\nConnection: keep-alive\r\n"},
    {"GET / HTTP/1.0\r\nHost: a\r\nConnection: x, Keep-Alive\r\n\r\n", 202,
     "\r\nConnection: keep-alive\r\n"},
    {"GET / HTTP/1.1\r\n" HOST "Connection: ,, \r\n\r\n", 202, "GET"},
    {"GET / HTTP/1.1\r\n" HOST
     "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
     202, "GET"},
    {POST "Content-Length: 5\r\n\r\nabcde", 202, "x=none abcde"},
    {POST "Content-Length: 005\r\n\r\nabcde", 202, "x=none abcde"},
    {POST "Content-Length: 0\r\n\r\n", 202, "x=none "},
    {POST "\r\n", 202, "x=none "},
    {POST "Content-Length: 5\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
          "abcde",
     202, "x=none abcde"},
    {POST "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\nab", 202, " ab"},
    {POST "Expect: 100-continue\r\n\r\n", 202, "x=none "},
    {CHUNKED "0\r\n\r\n", 202, "x=none "},
    {CHUNKED "5\r\nabcde\r\n0\r\n\r\n", 202, "x=none abcde"},
    {CHUNKED "2\r\nab\r\n00A\r\n0123456789\r\n1\r\nc\r\n000\r\n\r\n", 202,
     "x=none ab0123456789c"},
    {CHUNKED "1;a=b\r\na\r\n1 ;c=\"d\"\r\nb\r\n0;e\r\n\r\n", 202, " ab"},
    {CHUNKED "1\r\na\r\n0\r\nX-Test: t\r\nHost: b\r\n\r\n", 202, "x=none a"},
    {POST "transfer-encoding: \tCHUNKED \r\n\r\n1\r\n\n\r\n0\r\n\r\n", 202,
     "x=none \n"},
    {"GET /none HTTP/1.1\r\n" HOST "\r\n", 404, "nothing at this path.\n"},
    {"POST /none HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 404, ""},
    {"GET /hello/ HTTP/1.1\r\n" HOST "\r\n", 404, ""},
    {"PUT /echo HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\na", 405,
     "\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"},
    {"POST /hello HTTP/1.1\r\n" HOST "\r\n", 405,
     "\r\nAllow: GET, HEAD, OPTIONS\r\n"},
    {"GET /nothing HTTP/1.1\r\n" HOST "\r\n", 405,
     "\r\nAllow: DELETE, OPTIONS\r\n"},
    {"DELETE /nothing HTTP/1.1\r\n" HOST "\r\n", 204, "GMT\r\n\r\n"},
};

START_TEST(a_good_request_is_served)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = dial();

    give(fd, served[_i].raw);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), served[_i].status);
    ck_assert_msg(strstr(text.data, served[_i].part) != NULL, "%s\n-> %s",
                  served[_i].raw, text.data);
    ck_assert_ptr_null(strstr(text.data, "Connection: close"));
    give(fd, HELLO);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_uint_eq(in.len, 0);
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

/* Requests that end the connection; none of those over 399 may reach a
 * handler, nor may what is hidden behind them. */
static const struct {
    const char *raw;
    int status;
    const char *part;
} last[] = {
    {"GET /hello HTTP/1.0\r\n\r\n", 200, "hello"},
    {"GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 200, "hello"},
    {"GET /hello HTTP/1.1\r\n" HOST "Connection: x,\tClose\r\n\r\n", 200, ""},
    {"GET /hello HTTP/1.1\r\n" HOST "Connection: close, keep-alive\r\n\r\n",
     200, ""},
    {"GET /hello HTTP/1.1\r\n" HOST "Connection: x\r\nConnection: close\r\n"
     "\r\n",
     200, ""},
    /* the request line */
    {"\n" HELLO, 400, "CR LF"},
    {"\r\n\r\n" HELLO, 400, "request line"},
    {"GET /hello HTTP/1.1\nHost: a\n\n", 400, "CR LF"},
    {"GET /hello HTTP/1.1\n", 400, "CR LF"},
    {"GET /hello\r\n\r\n", 400, "request line"},
    {"GET  /hello HTTP/1.1\r\n" HOST "\r\n", 400, ""},
    {"GET /hello  HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET /hello HTTP/1.1 \r\n" HOST "\r\n", 400, "request line"},
    {" GET /hello HTTP/1.1\r\n" HOST "\r\n", 400, "request line"},
    {"GET\t/hello HTTP/1.1\r\n" HOST "\r\n", 400, "request line"},
    {"GET HTTP/1.1\r\n" HOST "\r\n", 400, "request line"},
    {"GET  HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"\r\r\n", 400, "request line"},
    {"\x16\x03\x01\x02\n", 400, ""},
    {"GET /hel\rlo HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET /hello\x7f HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET /hello\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET /hello#x HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET * HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"OPTIONS ** HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"OPTIONS *?a HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"OPTIONS */hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"HEAD * HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http:/hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http:///hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http://u@h/hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET ftp://h/hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http://h:port/hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http://h:99999999/hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http://a:b:c/hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http://::1/hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http://[::1/hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http://%zz/hello HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http://?q HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http:// HTTP/1.1\r\n" HOST "\r\n", 400, "target"},
    {"GET http://h/hello HTTP/1.1\r\nHost: a:b\r\n\r\n", 400, "names no host"},
    {"GET //h:x/ HTTP/1.1\r\nHost: h:x\r\n\r\n", 400, "names no host"},
    {"BREW / HTTP/1.1\r\n" HOST "\r\n", 501, "method"},
    {"get / HTTP/1.1\r\n" HOST "\r\n", 501, "method"},
    /* known to some parsing library only */
    {"QUERY / HTTP/1.1\r\n" HOST "\r\n", 501, "method"},
    {"PRI / HTTP/1.1\r\n" HOST "\r\n", 501, "method"},
    {"PLAY / HTTP/1.1\r\n" HOST "\r\n", 501, "method"},
    {"M-SEARCH * HTTP/1.1\r\n" HOST "\r\n", 501, "method"},
    {"BREW / HTTP/1.9\r\n" HOST "\r\n", 501, "method"},
    {"GETS / HTTP/1.1\r\n" HOST "\r\n", 501, "method"},
    {"G(T / HTTP/1.1\r\n" HOST "\r\n", 400, "request line"},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/1.1"},
    {"GET / HTTP/2.0\r\n" HOST "\r\n", 505, "HTTP/1.1"},
    {"GET / HTTP/0.9\r\n" HOST "\r\n", 505, "HTTP/1.1"},
    {"GET / HTTP/1.10\r\n" HOST "\r\n", 400, "request line"},
    {"GET / HTTP/1\r\n" HOST "\r\n", 400, "request line"},
    {"GET / http/1.1\r\n" HOST "\r\n", 400, "request line"},
    {"GET / XTTP/1.1\r\n" HOST "\r\n", 400, "request line"},
    /* headers */
    {"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400, "CR LF"},
    {"GET / HTTP/1.1\r\n" HOST "X: b\r\n c\r\n\r\n", 400, "folded"},
    {"GET / HTTP/1.1\r\n" HOST "X: b\r\n\tc\r\n\r\n", 400, "folded"},
    {"GET / HTTP/1.1\r\n X: b\r\n" HOST "\r\n", 400, "folded"},
    {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "name"},
    {"GET / HTTP/1.1\r\n" HOST "Content-Length\t: 3\r\n\r\nabc", 400, "name"},
    {"GET / HTTP/1.1\r\n" HOST "X Y: 3\r\n\r\n", 400, "name"},
    {"GET / HTTP/1.1\r\n" HOST "X\xc3\xa4: 3\r\n\r\n", 400, "name"},
    {"GET / HTTP/1.1\r\n" HOST ": 3\r\n\r\n", 400, "name"},
    {"GET / HTTP/1.1\r\n" HOST "nonsense\r\n\r\n", 400, "name"},
    {"GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", 400, "control"},
    {"GET / HTTP/1.1\r\n" HOST "X: a\r\r\n\r\n", 400, "control"},
    {"GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n", 400, "control"},
    {"GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n", 400, "control"},
    {"GET / HTTP/1.1\r\n\r\n", 400, "Host"},
    {"GET http://a/ HTTP/1.1\r\n\r\n", 400, "Host"},
    {"GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400, "more than one Host"},
    {"GET / HTTP/1.0\r\n" HOST HOST "\r\n", 400, "more than one Host"},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.1\r\nHost: a:b:c\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.1\r\nHost: h:port\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.1\r\nHost: h:99999999\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.1\r\nHost: %zz\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400, "names no host"},
    {"GET / HTTP/1.1\r\nHost:\r\nHost: a\r\n\r\n", 400, "more than one"},
    {"GET / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", 417, "100-continue"},
    {"GET / HTTP/1.1\r\n" HOST "Expect:\r\nX: y\r\n\r\n", 417, "100-continue"},
    {"GET / HTTP/1.1\r\nA:\r\n" HOST HOST "\r\n", 400, "more than one Host"},
    {"GET / HTTP/1.1\r\n" HOST "A:\r\n c\r\n\r\n", 400, "folded"},
    {"GET / HTTP/1.1\r\n" HOST "A:\r\nX : y\r\n\r\n", 400, "name"},
    /* the body's length */
    {POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde", 400, "once"},
    {POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde", 400, "once"},
    {POST "Content-Length: 5, 5\r\n\r\nabcde", 400, "Content-Length"},
    {POST "Content-Length: +5\r\n\r\nabcde", 400, "Content-Length"},
    {POST "Content-Length: -5\r\n\r\nabcde", 400, "Content-Length"},
    {POST "Content-Length: 0x5\r\n\r\nabcde", 400, "Content-Length"},
    {POST "Content-Length: 5 5\r\n\r\nabcde", 400, "Content-Length"},
    {POST "Content-Length: 5a\r\n\r\nabcde", 400, "Content-Length"},
    {POST "Content-Length:\r\n\r\nabcde", 400, "Content-Length"},
    {POST "Content-Length:\r\nX: y\r\n\r\nabcde", 400, "Content-Length"},
    {POST "Content-Length:\r\nContent-Length: 5\r\n\r\nabcde", 400, "Content"},
    {POST "A:\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde", 400,
     "once"},
    {POST "Content-Length: 18446744073709551615\r\n\r\nabcde", 413, "larger"},
    {POST "Content-Length: 18446744073709551621\r\n\r\nabcde", 413, "larger"},
    {POST "Content-Length: 1001\r\n\r\n", 413, "larger"},
    {POST "Content-Length: 9999999999999999999\r\n\r\n", 413, "larger"},
    {POST "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n", 413, ""},
    {POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400, "not beside Transfer-Encoding"},
    {POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
     400, "not beside Transfer-Encoding"},
    {POST "Content-Length: 5\r\nTransfer-Encoding:\r\n\r\nabcde", 400,
     "only Transfer-Encoding"},
    {POST "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde", 400,
     "only Transfer-Encoding"},
    {POST "Content-Length: 5\r\nContent-Length: +5\r\n\r\nabcde", 400, "once"},
    {POST "Expect: x\r\nTransfer-Encoding:\r\n\r\n", 417, "expectation"},
    {POST "Transfer-Encoding: gzip\r\n\r\n", 400, "Transfer-Encoding"},
    {POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400,
     "Transfer-Encoding"},
    {POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400,
     "Transfer-Encoding"},
    {POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400,
     "Transfer-Encoding"},
    {POST "Transfer-Encoding: identity\r\n\r\n", 400, "Transfer-Encoding"},
    {POST "Transfer-Encoding:\r\n\r\n", 400, "Transfer-Encoding"},
    {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
          "0\r\n\r\n",
     400, "Transfer-Encoding"},
    {"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
     "Transfer-Encoding"},
    /* chunks */
    {CHUNKED "\r\n", 400, "chunked"},
    {CHUNKED "g\r\n", 400, "chunked"},
    {CHUNKED "-1\r\n", 400, "chunked"},
    {CHUNKED "0x1\r\na\r\n0\r\n\r\n", 400, "chunked"},
    {CHUNKED " 1\r\na\r\n0\r\n\r\n", 400, "chunked"},
    {CHUNKED "1 \r\na\r\n0\r\n\r\n", 400, "chunked"},
    {CHUNKED "1\na\r\n0\r\n\r\n", 400, "CR LF"},
    {CHUNKED "1;x\na\r\n0\r\n\r\n", 400, "CR LF"},
    {CHUNKED "1;\x01\r\na\r\n0\r\n\r\n", 400, "chunked"},
    {CHUNKED "1;a\rb\r\na\r\n0\r\n\r\n", 400, "chunked"},
    {CHUNKED "1\r\na\n0\r\n\r\n", 400, "chunked"},
    {CHUNKED "1\r\naXX0\r\n\r\n", 400, "chunked"},
    {CHUNKED "1\r\nab\r\n0\r\n\r\n", 400, "chunked"},
    {CHUNKED "2\r\na\r\n0\r\n\r\n", 400, "chunked"},
    {CHUNKED "0\r\n\n", 400, "CR LF"},
    {CHUNKED "0\r\nX : y\r\n\r\n", 400, "name"},
    {CHUNKED "0\r\nX: y\n\r\n", 400, "CR LF"},
    {CHUNKED "0\r\nX: y\r\n z\r\n\r\n", 400, "folded"},
    {CHUNKED "3e9\r\n", 413, "larger"},
    {CHUNKED "1\r\na\r\n3e8\r\n", 413, "larger"},
    {CHUNKED "ffffffffffffffff\r\n", 413, "larger"},
    {CHUNKED "10000000000000001\r\na\r\n0\r\n\r\n", 413, "larger"},
};

START_TEST(the_last_request_ends_the_connection)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = dial();

    give(fd, last[_i].raw);
    give(fd, HELLO HELLO);
    ck_assert_int_eq(take_answer(fd, &in, false, &text), last[_i].status);
    ck_assert_msg(strstr(text.data, last[_i].part) != NULL, "%s\n-> %s",
                  last[_i].raw, text.data);
    ck_assert_ptr_nonnull(strstr(text.data, "\r\nConnection: close\r\n"));
    ck_assert_uint_eq(in.len, 0);
    ck_assert(is_ended(fd));
    ck_assert_uint_eq(asked, last[_i].status < 400 ? 1 : 0);
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

START_TEST(a_zero_byte_in_the_head_is_refused)
{
    static const char raw[] = "GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n";
    int fd = dial();

    give_bytes(fd, raw, sizeof(raw) - 1);
    ck_assert_int_eq(take_status(fd), 400);
    ck_assert(is_ended(fd));
    close(fd);
}
END_TEST

START_TEST(errors_are_one_plain_sentence)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = dial();

    give(fd, "GET / HTTP/1.1\r\n\r\n");
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 400);
    ck_assert_ptr_nonnull(
        strstr(text.data, "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
    ck_assert_ptr_nonnull(
        strstr(text.data, "\r\n\r\nThe Host header is missing.\n"));
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

START_TEST(head_gets_the_headers_of_get)
{
    struct wsub_buf in = {0}, text = {0};
    int fd = dial();

    give(fd, "HEAD /hello HTTP/1.1\r\n" HOST "\r\n" HELLO);
    ck_assert_int_eq(take_answer(fd, &in, true, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "\r\nContent-Length: 6\r\n"));
    ck_assert_int_eq(take_answer(fd, &in, false, &text), 200);
    ck_assert_ptr_nonnull(strstr(text.data, "\r\n\r\nhello\n"));
    close(fd);
    wsub_buf_done(&in);
    wsub_buf_done(&text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("http_wire");

    tcase_add_checked_fixture(tcase, start_plain, stop);
    tcase_add_loop_test(tcase, a_good_request_is_served, 0, COUNT(served));
    tcase_add_loop_test(tcase, the_last_request_ends_the_connection, 0,
                        COUNT(last));
    tcase_add_test(tcase, a_zero_byte_in_the_head_is_refused);
    tcase_add_test(tcase, errors_are_one_plain_sentence);
    tcase_add_test(tcase, head_gets_the_headers_of_get);
    return suite_run("http_wire", tcase);
}
