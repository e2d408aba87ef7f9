/* What Linux says about this process. Counts are negative where it says nothing. */
#ifndef ABI_PROCESS_LINUX_H
#define ABI_PROCESS_LINUX_H

#include <dirent.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline long process_this_thread(void) {
    return (long)syscall(SYS_gettid);
}

/* Whether a thread waits for something: 1 or 0, or -1 if there is no such thread. */
static inline int process_thread_sleeps(long thread) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%ld/stat", thread);
    FILE *file = fopen(path, "r");
    if (file == NULL) return -1;
    char state = 0;
    /* "pid (name) state …"; a name may hold spaces, but ours hold no bracket. */
    int read = fscanf(file, "%*[^)]) %c", &state);
    fclose(file);
    return read == 1 && state == 'S';
}

static inline long process_entries(const char *folder) {
    DIR *entries = opendir(folder);
    if (entries == NULL) return -1;
    long count = 0;
    while (readdir(entries)) count++;
    closedir(entries);
    return count - 2;
}

static inline long process_threads(void) {
    return process_entries("/proc/self/task");
}

static inline long process_descriptors(void) {
    return process_entries("/proc/self/fd");
}

static inline long process_resident_kb(void) {
    long pages = -1;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) return -1;
    int read = fscanf(file, "%*d %ld", &pages);
    fclose(file);
    return read == 1 ? pages * (sysconf(_SC_PAGESIZE) / 1024) : -1;
}

#endif
