/* What crtbeginS.o has, and the functions that glibc linked into programs until 2.32: there they are no names of the library. */
extern int __xstat64(int version, const char *path, void *status);
extern int __lxstat64(int version, const char *path, void *status);
extern int __fxstat64(int version, int file, void *status);
extern void __cxa_finalize(void *);

#if defined(__x86_64__)
#define STATUS_VERSION 1
#else
#define STATUS_VERSION 0
#endif
#define HIDDEN __attribute__((visibility("hidden")))

HIDDEN void *__dso_handle = &__dso_handle;

HIDDEN int stat64(const char *path, void *status) {
    return __xstat64(STATUS_VERSION, path, status);
}

HIDDEN int lstat64(const char *path, void *status) {
    return __lxstat64(STATUS_VERSION, path, status);
}

HIDDEN int fstat64(int file, void *status) {
    return __fxstat64(STATUS_VERSION, file, status);
}

__attribute__((destructor)) static void at_unload(void) {
    __cxa_finalize(&__dso_handle);
}
