/* What Android's C library (bionic) has and musl has not, or has otherwise. Linked into a program, it lets a library made for Android run
   on musl's loader, which takes itself for libc.so, libm.so and libdl.so. It knows what the library imports
   (packaging/platforms/android/bionic.symbols) and where the two differ in that: names, numbers, layouts of structs.

   The program is compiled with musl's headers and calls these, too; so it must not use struct addrinfo, sigset_t or pthread_attr_t. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* musl's own function of this name. */
#define MUSL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Better no answer than a wrong one: the test is to show that something is missing here. */
static void unknown(const char* function, long value) {
    fprintf(stderr, "tests/platforms/bionic.c does not know what Android does for %s(%ld)\n", function, value);
    abort();
}

int* __errno(void) {
    return &errno;
}

/* Android's log. The library looks for both at run time. */

int __android_log_write(int priority, const char* tag, const char* text) {
    return fprintf(stderr, "android log, priority %d, %s: %s\n", priority, tag, text);
}

void android_set_abort_message(const char* text) {
    fprintf(stderr, "android abort: %s\n", text);
}

/* Other numbers. */

enum { ANDROID_PAGESIZE = 0x27, ANDROID_PAGE_SIZE = 0x28, ANDROID_NPROCESSORS_CONF = 0x60, ANDROID_NPROCESSORS_ONLN = 0x61 };

long sysconf(int name) {
    switch (name) {
    case _SC_PAGESIZE: /* The program asks by musl's number, which nothing that is asked has on Android. */
    case ANDROID_PAGESIZE:
    case ANDROID_PAGE_SIZE: return MUSL(sysconf)(_SC_PAGESIZE);
    case ANDROID_NPROCESSORS_CONF: return MUSL(sysconf)(_SC_NPROCESSORS_CONF);
    case ANDROID_NPROCESSORS_ONLN: return MUSL(sysconf)(_SC_NPROCESSORS_ONLN);
    default: unknown("sysconf", name); return -1;
    }
}

/* Names of hosts: two members of the struct change places, and the errors are others. <netdb.h> would say how musl has it. */

struct android_addrinfo {
    int flags, family, type, protocol;
    socklen_t length;
    char* name;
    struct sockaddr* address;
    struct android_addrinfo* next;
};

struct musl_addrinfo {
    int flags, family, type, protocol;
    socklen_t length;
    struct sockaddr* address;
    char* name;
    struct musl_addrinfo* next;
};

typedef int musl_lookup(const char*, const char*, const struct musl_addrinfo*, struct musl_addrinfo**);
typedef void musl_forget(struct musl_addrinfo*);

static int android_lookup_error(int musl) {
    switch (musl) {
    case 0: return 0;
    case -1: return 3;   /* EAI_BADFLAGS */
    case -2: return 8;   /* EAI_NONAME */
    case -3: return 2;   /* EAI_AGAIN */
    case -4: return 4;   /* EAI_FAIL */
    case -5: return 7;   /* EAI_NODATA */
    case -6: return 5;   /* EAI_FAMILY */
    case -7: return 10;  /* EAI_SOCKTYPE */
    case -8: return 9;   /* EAI_SERVICE */
    case -10: return 6;  /* EAI_MEMORY */
    case -11: return 11; /* EAI_SYSTEM */
    default: unknown("getaddrinfo's error", musl); return 0;
    }
}

int getaddrinfo(const char* host, const char* service, const struct android_addrinfo* hints, struct android_addrinfo** found) {
    struct musl_addrinfo asked = {0}, *all = NULL;
    if (hints != NULL) {
        if (hints->flags != 0) unknown("getaddrinfo's flags", hints->flags);
        asked.family = hints->family;
        asked.type = hints->type;
        asked.protocol = hints->protocol;
    }
    int error = ((musl_lookup*)dlsym(RTLD_NEXT, "getaddrinfo"))(host, service, hints == NULL ? NULL : &asked, &all);
    *found = NULL;
    for (struct musl_addrinfo* one = all; one != NULL; one = one->next) {
        struct android_addrinfo* copy = calloc(1, sizeof *copy + one->length);
        if (copy == NULL) abort();
        copy->family = one->family;
        copy->type = one->type;
        copy->protocol = one->protocol;
        copy->length = one->length;
        copy->address = memcpy(copy + 1, one->address, one->length);
        *found = copy;
        found = &copy->next;
    }
    if (all != NULL) ((musl_forget*)dlsym(RTLD_NEXT, "freeaddrinfo"))(all);
    return android_lookup_error(error);
}

void freeaddrinfo(struct android_addrinfo* one) {
    while (one != NULL) {
        struct android_addrinfo* next = one->next;
        free(one);
        one = next;
    }
}

const char* gai_strerror(int error) {
    return error == 8 ? "No address associated with hostname" : "getaddrinfo failed";
}

/* Sets of signals: a word, where musl has 128 bytes. */

int sigemptyset(sigset_t* set) {
    *(unsigned long*)set = 0;
    return 0;
}

int sigaddset(sigset_t* set, int signal) {
    *(unsigned long*)set |= 1UL << (signal - 1);
    return 0;
}

int sigismember(const sigset_t* set, int signal) {
    return (*(const unsigned long*)set >> (signal - 1)) & 1;
}

static const sigset_t* from_android(const sigset_t* set, sigset_t* wide) {
    if (set == NULL) return NULL;
    memset(wide, 0, sizeof *wide);
    memcpy(wide, set, sizeof(unsigned long));
    return wide;
}

static void to_android(const sigset_t* wide, sigset_t* set) {
    if (set != NULL) memcpy(set, wide, sizeof(unsigned long));
}

int pthread_sigmask(int how, const sigset_t* set, sigset_t* before) {
    sigset_t wide, wide_before = {0};
    int error = MUSL(pthread_sigmask)(how, from_android(set, &wide), &wide_before);
    to_android(&wide_before, before);
    return error;
}

int sigpending(sigset_t* set) {
    sigset_t wide = {0};
    int failed = MUSL(sigpending)(&wide);
    to_android(&wide, set);
    return failed;
}

int sigwait(const sigset_t* set, int* signal) {
    sigset_t wide;
    return MUSL(sigwait)(from_android(set, &wide), signal);
}

/* Attributes of threads: on 32 bits they are smaller than musl's. */

struct android_attr {
    uint32_t flags;
    void* stack;
    size_t stack_bytes, guard_bytes;
    int32_t policy, priority;
};

int pthread_attr_init(pthread_attr_t* attr) {
    memset(attr, 0, sizeof(struct android_attr));
    return 0;
}

int pthread_attr_destroy(pthread_attr_t* attr) {
    (void)attr;
    return 0;
}

int pthread_attr_setstacksize(pthread_attr_t* attr, size_t bytes) {
    ((struct android_attr*)attr)->stack_bytes = bytes;
    return 0;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attr, void* (*run)(void*), void* argument) {
    const struct android_attr* asked = (const struct android_attr*)attr;
    pthread_attr_t made;
    if (asked == NULL) return MUSL(pthread_create)(thread, NULL, run, argument);
    MUSL(pthread_attr_init)(&made);
    if (asked->stack_bytes != 0) MUSL(pthread_attr_setstacksize)(&made, asked->stack_bytes);
    int error = MUSL(pthread_create)(thread, &made, run, argument);
    MUSL(pthread_attr_destroy)(&made);
    return error;
}
