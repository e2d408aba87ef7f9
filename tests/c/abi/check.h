/* What the C tests of the ABI share. Every wait is for a condition, and ends the test if it does not come true in time. */
#ifndef ABI_CHECK_H
#define ABI_CHECK_H

#include "userstatus.h"
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef _WIN32
#include "process_windows.h"
#else
#include "process_linux.h"
#endif

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
    record->thread = process_this_thread();
    record->times++;
    pthread_cond_broadcast(&check_changed);
    pthread_mutex_unlock(&check_lock);
}

/* Waits until a thread of this process sleeps, as one does that waits for something. */
static inline void check_wait_asleep(long thread) {
    for (time_t end = time(NULL) + WAIT_SECONDS; time(NULL) < end; sched_yield()) {
        int sleeps = process_thread_sleeps(thread);
        CHECK(sleeps >= 0);
        if (sleeps) return;
    }
    CHECK(!"the thread sleeps");
}

static inline long check_counted(long count) {
    CHECK(count >= 0);
    return count;
}

/* What this process has: threads, descriptors (handles, on Windows), and memory. */

static inline int check_threads(void) {
    return (int)check_counted(process_threads());
}

/* The same, when there are no more than `most`: of a thread that was joined something may be left for a moment, more so in an emulator. */
static inline int check_threads_left(int most) {
    int count = check_threads();
    for (time_t end = time(NULL) + WAIT_SECONDS; count > most && time(NULL) < end; count = check_threads()) sched_yield();
    return count;
}

/* Those there are before and after a client, `at_start` at the beginning of the program: a sanitizer has one of its own from then on. */
static inline int check_threads_between(int at_start) {
    int is_sanitized = getenv("US_TEST_CFLAGS") != NULL || getenv("USERSTATUS_E2E_PUPPET_CFLAGS") != NULL;
    int count = check_threads_left(at_start + is_sanitized);
    CHECK(count == at_start || (is_sanitized && count == at_start + 1));
    return count;
}

static inline int check_descriptors(void) {
    return (int)check_counted(process_descriptors());
}

/* Whether memory tells of leaks: not with sanitizers, and qemu keeps a part of every thread that ends. */
static inline int check_memory_counts(void) {
    return getenv("US_TEST_CFLAGS") == NULL && getenv("USERSTATUS_TEST_UNDER_QEMU") == NULL;
}

static inline long check_resident_kb(void) {
    return check_counted(process_resident_kb());
}

#endif
