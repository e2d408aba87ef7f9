#include "inbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct line {
    struct line* next;
    char* text;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t some = PTHREAD_COND_INITIALIZER;
static struct line* first;
static struct line** last = &first;
static int (*at_once)(const char*);

static void append(char* text) {
    struct line* line = malloc(sizeof *line);
    if (line == NULL) abort();
    line->next = NULL;
    line->text = text;
    pthread_mutex_lock(&lock);
    *last = line;
    last = &line->next;
    pthread_cond_signal(&some);
    pthread_mutex_unlock(&lock);
}

/* The next line of stdin without its end, however long; NULL at the end of stdin. Not by stdio: Windows has no getline, and musl's exit
   waits for whoever reads from a FILE. */
static char* read_line(void) {
    static char unread[4096];
    static size_t begin, end;
    size_t length = 0;
    char* text = NULL;
    for (;;) {
        if (begin == end) {
            int got = (int)read(0, unread, sizeof unread);
            if (got <= 0) break;
            begin = 0;
            end = (size_t)got;
        }
        char* line_end = memchr(unread + begin, '\n', end - begin);
        size_t more = (line_end == NULL ? end : (size_t)(line_end - unread)) - begin;
        text = realloc(text, length + more + 1);
        if (text == NULL) abort();
        memcpy(text + length, unread + begin, more);
        length += more;
        begin += more;
        if (line_end != NULL) {
            text[length] = 0;
            begin++;
            return text;
        }
    }
    free(text);
    return NULL;
}

static void* read_stdin(void* unused) {
    (void)unused;
    char* text;
    while ((text = read_line()) != NULL) {
        if (at_once(text)) {
            free(text);
        } else {
            append(text);
        }
    }
    _exit(3);
}

void inbox_open(int (*is_dealt_with)(const char*)) {
    pthread_t thread;
    at_once = is_dealt_with;
    if (pthread_create(&thread, NULL, read_stdin, NULL) != 0) abort();
    pthread_detach(thread);
}

char* inbox_next(void) {
    pthread_mutex_lock(&lock);
    while (first == NULL) pthread_cond_wait(&some, &lock);
    struct line* line = first;
    first = line->next;
    if (first == NULL) last = &first;
    pthread_mutex_unlock(&lock);
    char* text = line->text;
    free(line);
    return text;
}
