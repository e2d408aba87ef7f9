/* What the NDK's crtbegin_so.o has, for where there is no NDK, and musl's name for errno: the unwinder is compiled with musl's headers. */
extern int *__errno(void);
extern void __cxa_finalize(void *);

__attribute__((visibility("hidden"))) void *__dso_handle = &__dso_handle;

__attribute__((visibility("hidden"))) int *__errno_location(void) {
    return __errno();
}

__attribute__((destructor)) static void at_unload(void) {
    __cxa_finalize(&__dso_handle);
}
