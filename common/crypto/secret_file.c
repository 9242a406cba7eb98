#include "common/crypto/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "common/base/mem.h"

#define ERR_TEXT_BYTES 256
#define FILE_MAX_BYTES WSUB_SECRET_FILE_MAX_BYTES
#define BLANKS " \t\r"

struct file {
    const char *path, *what; /* borrowed */
    char *err_text;          /* borrowed */
    wsub_secret_line *take;
    void *arg; /* borrowed */
};

static bool check(const struct file *file, int fd)
{
    const char *fault = NULL;
    struct stat st;

    if (fstat(fd, &st) != 0)
        fault = strerror(errno);
    else if (!S_ISREG(st.st_mode))
        fault = "is no regular file";
    else if (st.st_size > FILE_MAX_BYTES)
        fault = "is longer than 65536 bytes";
    if (fault != NULL)
        snprintf(file->err_text, ERR_TEXT_BYTES, "%s %.160s: %s", file->what,
                 file->path, fault);
    else if ((st.st_mode & S_IRWXO) != 0)
        snprintf(file->err_text, ERR_TEXT_BYTES,
                 "%s %.80s is open to others; run: chmod o= %.80s", file->what,
                 file->path, file->path);
    else
        return true;
    return false;
}

/* Fills `text` (FILE_MAX_BYTES and one more) with the file's bytes. */
static bool read_all(int fd, char *text, size_t *ret_len)
{
    size_t len = 0;

    while (len <= FILE_MAX_BYTES) {
        ssize_t n = read(fd, text + len, FILE_MAX_BYTES + 1 - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0) {
            *ret_len = len;
            return true;
        }
        len += (size_t)n;
    }
    errno = EFBIG; /* it grew since it was checked */
    return false;
}

/* Cuts the blanks off both ends of the line, which ends at `stop`. */
static char *strip(char *line, char *stop)
{
    *stop = '\0';
    line += strspn(line, BLANKS);
    for (stop = line + strlen(line); stop > line; stop--)
        if (strchr(BLANKS, stop[-1]) == NULL)
            break;
    *stop = '\0';
    return line;
}

/* Gives the lines of `text`, which is cut into them. */
static bool give_lines(const struct file *file, char *text, size_t len)
{
    char *end = text + len;
    unsigned number = 0;

    for (char *line = text, *next; line < end; line = next) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        const char *fault = NULL;

        next = stop == NULL ? end : stop + 1;
        if (stop == NULL)
            stop = end;
        number++;
        if (memchr(line, '\0', (size_t)(stop - line)) != NULL)
            fault = "holds a zero byte";
        line = strip(line, stop);
        if (fault == NULL && line[0] != '#' && line[0] != '\0')
            fault = file->take(line, file->arg);
        if (fault != NULL) {
            snprintf(file->err_text, ERR_TEXT_BYTES, "%.160s:%u: the line %s",
                     file->path, number, fault);
            return false;
        }
    }
    return true;
}

static enum wsub_err read_fd(const struct file *file, int fd)
{
    char *text = wsub_calloc(FILE_MAX_BYTES + 2, 1);
    enum wsub_err err = WSUB_ERR_INVALID;
    size_t len = 0;

    if (!check(file, fd))
        goto finish;
    if (!read_all(fd, text, &len)) {
        snprintf(file->err_text, ERR_TEXT_BYTES, "%s %.160s: %s", file->what,
                 file->path, strerror(errno));
        err = WSUB_ERR_SYSTEM;
    } else if (give_lines(file, text, len)) {
        err = WSUB_OK;
    }
finish:
    OPENSSL_cleanse(text, FILE_MAX_BYTES + 2);
    free(text);
    return err;
}

enum wsub_err wsub_secret_file_read(const char *path, const char *what,
                                    wsub_secret_line *take, void *arg,
                                    char err_text[256])
{
    struct file file = {path, what, err_text, take, arg};
    enum wsub_err err;
    /* Without O_NONBLOCK a named pipe would hang the start. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        snprintf(err_text, ERR_TEXT_BYTES, "%s %.160s: %s", what, path,
                 strerror(errno));
        return WSUB_ERR_SYSTEM;
    }
    err = read_fd(&file, fd);
    close(fd);
    return err;
}

void wsub_secret_file_look(const char *path, struct stat *ret_seen)
{
    if (stat(path, ret_seen) != 0)
        memset(ret_seen, 0, sizeof(*ret_seen));
}

bool wsub_secret_file_is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino &&
           one->st_mode == other->st_mode && one->st_size == other->st_size &&
           one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
           one->st_mtim.tv_nsec == other->st_mtim.tv_nsec &&
           one->st_ctim.tv_sec == other->st_ctim.tv_sec &&
           one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}
