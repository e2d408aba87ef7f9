/* bcryptprimitives.dll, which Wine 8 lacks and every Windows since 7 has: the one function of it that Rust's standard library wants. */
#include <windows.h>

/* RtlGenRandom, by the name advapi32 has it under. */
BOOLEAN NTAPI SystemFunction036(PVOID, ULONG);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
    return SystemFunction036(data, (ULONG)length);
}
