/* What Windows says about this process. Counts are negative where it says nothing. */
#ifndef ABI_PROCESS_WINDOWS_H
#define ABI_PROCESS_WINDOWS_H

#include <windows.h>

#include <psapi.h>
#include <tlhelp32.h>
/* Names that tests give to things of their own. */
#undef DELETE
#undef TEXT

static inline long process_this_thread(void) {
    return (long)GetCurrentThreadId();
}

static inline ULONGLONG process_used_by(HANDLE thread) {
    FILETIME made, ended, kernel, user;
    if (!GetThreadTimes(thread, &made, &ended, &kernel, &user)) return 0;
    return ((ULONGLONG)kernel.dwHighDateTime << 32) + kernel.dwLowDateTime + ((ULONGLONG)user.dwHighDateTime << 32) + user.dwLowDateTime;
}

/* Whether a thread waits for something: 1 or 0, or -1 if there is no such thread. Windows does not say: one that uses no processor for a
   moment is taken to wait. */
static inline int process_thread_sleeps(long thread) {
    enum { MOMENT_MS = 100 };
    HANDLE handle = OpenThread(THREAD_QUERY_INFORMATION, FALSE, (DWORD)thread);
    if (handle == NULL) return -1;
    ULONGLONG before = process_used_by(handle);
    Sleep(MOMENT_MS);
    int sleeps = process_used_by(handle) == before;
    CloseHandle(handle);
    return sleeps;
}

static inline long process_threads(void) {
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    long count = 0;
    for (BOOL more = Thread32First(all, &entry); more; more = Thread32Next(all, &entry)) count += entry.th32OwnerProcessID == GetCurrentProcessId();
    CloseHandle(all);
    return count;
}

/* Wine always says 0. */
static inline long process_descriptors(void) {
    DWORD count;
    return GetProcessHandleCount(GetCurrentProcess(), &count) ? (long)count : -1;
}

static inline long process_resident_kb(void) {
    PROCESS_MEMORY_COUNTERS counters;
    return K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters) ? (long)(counters.WorkingSetSize / 1024) : -1;
}

#endif
