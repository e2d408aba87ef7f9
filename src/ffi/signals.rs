//! Signals that the library would raise in a host that does not expect them.

/// Runs `body`, which writes to something of the host's that may have lost its reader, and raises no SIGPIPE for it. For this thread and
/// this moment only: the host's handlers, and what its own writes raise, are as they were.
#[cfg(unix)]
pub(crate) fn without_sigpipe<T>(body: impl FnOnce() -> T) -> T {
    use core::mem::MaybeUninit;
    use core::ptr::null_mut;

    let mut pipe = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: it is made for being filled.
    unsafe { libc::sigemptyset(pipe.as_mut_ptr()) };
    // SAFETY: it was just emptied, and SIGPIPE is a signal.
    unsafe { libc::sigaddset(pipe.as_mut_ptr(), libc::SIGPIPE) };
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the first set is filled, the second is made for being filled.
    let blocked =
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, pipe.as_ptr(), before.as_mut_ptr()) };
    if blocked != 0 {
        return body();
    }
    let was_raised = is_sigpipe_pending();
    let result = body();
    if !was_raised && is_sigpipe_pending() {
        // It was raised by the body. Taken off, or it would come as soon as it may.
        let mut taken = 0;
        // SAFETY: the set is filled; a signal of it is pending, so nothing is waited for.
        unsafe { libc::sigwait(pipe.as_ptr(), &raw mut taken) };
    }
    // SAFETY: the set was filled when SIGPIPE was blocked.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut()) };
    result
}

#[cfg(unix)]
fn is_sigpipe_pending() -> bool {
    let mut pending = core::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: it is made for being filled.
    let asked = unsafe { libc::sigpending(pending.as_mut_ptr()) };
    // SAFETY: it was filled, or is not looked at.
    asked == 0 && unsafe { libc::sigismember(pending.as_ptr(), libc::SIGPIPE) } == 1
}

#[cfg(not(unix))]
pub(crate) fn without_sigpipe<T>(body: impl FnOnce() -> T) -> T {
    body()
}
