#include "inbox.h"

#include <pthread.h>
#include <stdio.h>
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

/* The next line of stdin without its end, however long; NULL at the end of stdin. Not getline: Windows has none. */
static char* read_line(void) {
    size_t capacity = 1024, length = 0;
    char* text = malloc(capacity);
    while (text != NULL && fgets(text + length, (int)(capacity - length), stdin) != NULL) {
        length += strlen(text + length);
        if (length > 0 && text[length - 1] == '\n') {
            text[length - 1] = 0;
            return text;
        }
        if (length + 1 == capacity) text = realloc(text, capacity *= 2);
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
