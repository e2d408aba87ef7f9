#include "report.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

enum { THREADS_MAX = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t threads[THREADS_MAX];
static int thread_count;

/* Threads are numbered as they first speak, so the main thread, which says hello, is 0. */
static int thread_number(void) {
    pthread_t self = pthread_self();
    for (int i = 0; i < thread_count; i++) {
        if (pthread_equal(threads[i], self)) return i;
    }
    if (thread_count == THREADS_MAX) return -1;
    threads[thread_count] = self;
    return thread_count++;
}

static void put_string(const char* text) {
    putchar('"');
    for (const unsigned char* c = (const unsigned char*)text; *c != 0; c++) {
        if (*c == '"' || *c == '\\') {
            putchar('\\');
            putchar(*c);
        } else if (*c < 0x20) {
            printf("\\u%04x", *c);
        } else {
            putchar(*c);
        }
    }
    putchar('"');
}

void report_begin(const char* event) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&lock);
    printf("{\"ms\":%lld,\"thread\":%d,\"event\":\"%s\"",
           (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, thread_number(), event);
}

void report_number(const char* key, int64_t value) {
    printf(",\"%s\":%lld", key, (long long)value);
}

void report_text(const char* key, const char* value) {
    printf(",\"%s\":", key);
    if (value == NULL) {
        printf("null");
    } else {
        put_string(value);
    }
}

void report_end(void) {
    puts("}");
    fflush(stdout);
    pthread_mutex_unlock(&lock);
}
