/* What the C tests of the ABI share. Every wait is for a condition, and ends the test if it does not come true in time. */
#ifndef ABI_CHECK_H
#define ABI_CHECK_H

#include "userstatus.h"
#include <dirent.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SECONDS 60
/* Nobody listens on port 1 of this machine: a server that cannot be reached. */
#define DEAD_SERVER "{\"sdk_config_server_address\":\"127.0.0.1:1\"}"

#define CHECK(condition)                                                                                    \
    do {                                                                                                    \
        if (!(condition)) {                                                                                 \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);                       \
            exit(1);                                                                                        \
        }                                                                                                   \
    } while (0)

#define CHECK_INT(actual, expected)                                                                         \
    do {                                                                                                    \
        long long actual_ = (long long)(actual), expected_ = (long long)(expected);                         \
        if (actual_ != expected_) {                                                                         \
            fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, actual_, expected_); \
            exit(1);                                                                                        \
        }                                                                                                   \
    } while (0)

#define CHECK_TEXT(actual, expected)                                                                        \
    do {                                                                                                    \
        const char *actual_ = (actual), *expected_ = (expected);                                            \
        if (!actual_ || strcmp(actual_, expected_) != 0) {                                                  \
            fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #actual,               \
                    actual_ ? actual_ : "(null)", expected_);                                               \
            exit(1);                                                                                        \
        }                                                                                                   \
    } while (0)

/* A lock and a signal for all that these tests watch. */
static pthread_mutex_t check_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t check_changed = PTHREAD_COND_INITIALIZER;

static inline struct timespec check_deadline(void) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += WAIT_SECONDS;
    return at;
}

/* Waits until *value is at least `least`. */
#define WAIT_FOR(value, least) check_wait(&(value), (least), __LINE__)

static inline void check_wait(const int *value, int least, int line) {
    struct timespec at = check_deadline();
    pthread_mutex_lock(&check_lock);
    while (*value < least) {
        if (pthread_cond_timedwait(&check_changed, &check_lock, &at) != 0) {
            fprintf(stderr, "line %d: waited %d s in vain: %d, not %d\n", line, WAIT_SECONDS, *value, least);
            exit(1);
        }
    }
    pthread_mutex_unlock(&check_lock);
}

static inline int check_get(const int *value) {
    pthread_mutex_lock(&check_lock);
    int copy = *value;
    pthread_mutex_unlock(&check_lock);
    return copy;
}

static inline int check_add(int *value, int more) {
    pthread_mutex_lock(&check_lock);
    int sum = *value += more;
    pthread_cond_broadcast(&check_changed);
    pthread_mutex_unlock(&check_lock);
    return sum;
}

static inline long check_thread(void) {
    return (long)syscall(SYS_gettid);
}

/* What one call's callback was told. Zero-initialise one for each call, and hand it in as user_data. */
typedef struct Told {
    int times;
    int32_t code;
    char desc[256];
    char json[1024];
    long thread;
} Told;

static inline void told(int32_t code, const char *desc, const char *json, const void *user_data) {
    Told *record = (Told *)(uintptr_t)user_data;
    CHECK(desc != NULL && json != NULL);
    pthread_mutex_lock(&check_lock);
    record->code = code;
    snprintf(record->desc, sizeof record->desc, "%s", desc);
    snprintf(record->json, sizeof record->json, "%s", json);
    record->thread = check_thread();
    record->times++;
    pthread_cond_broadcast(&check_changed);
    pthread_mutex_unlock(&check_lock);
}

/* Waits until a thread of this process sleeps, as one does that waits for something. */
static inline void check_wait_asleep(long thread) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%ld/stat", thread);
    for (time_t end = time(NULL) + WAIT_SECONDS; time(NULL) < end; sched_yield()) {
        FILE *file = fopen(path, "r");
        CHECK(file != NULL);
        char state = 0;
        /* "pid (name) state …"; a name may hold spaces, but ours hold no bracket. */
        int read = fscanf(file, "%*[^)]) %c", &state);
        fclose(file);
        if (read == 1 && state == 'S') return;
    }
    CHECK(!"the thread sleeps");
}

static inline int check_entries(const char *folder) {
    DIR *entries = opendir(folder);
    CHECK(entries != NULL);
    int count = 0;
    while (readdir(entries)) count++;
    closedir(entries);
    return count - 2;
}

static inline int check_threads(void) {
    return check_entries("/proc/self/task");
}

static inline int check_descriptors(void) {
    return check_entries("/proc/self/fd");
}

#endif
