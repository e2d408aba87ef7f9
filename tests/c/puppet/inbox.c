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

static void* read_stdin(void* unused) {
    (void)unused;
    char* text = NULL;
    size_t capacity = 0;
    ssize_t length;
    while ((length = getline(&text, &capacity, stdin)) > 0) {
        if (text[length - 1] == '\n') text[length - 1] = 0;
        if (at_once(text)) continue;
        append(text);
        text = NULL;
        capacity = 0;
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
