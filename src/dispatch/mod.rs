//! Runs the caller's callbacks: all of one client, in order, one at a time, and with no lock held.
//!
//! Each client has a dispatcher of its own, so that a callback of one that takes its time delays no callback of another.
//!
//! Two modes. In thread mode they run on one thread of the library's that does nothing else. In pump mode they run inside `USPump`,
//! on the thread that calls it. Whoever runs callbacks holds the *turn*; there is one turn, so there is one runner at a time even
//! while the mode changes or several threads pump.
//!
//! Two locks. `queue` is for those who bring something, the network thread above all, and is held for a push. `runner` is for those
//! who run or wait for callbacks. Where both are needed `runner` comes first. Answers go from the queue to the runner in batches, so
//! that a caller who makes many calls and the runner seldom meet at the queue.

mod answer;
mod backlog;
mod event;

pub(crate) use answer::{Answer, Completer};
pub(crate) use event::{Event, LogLine, NetworkChange, Slot};

use crate::ffi::{Arguments, CommCallback, Listener, USResult};
use crate::json::Payload;
use crate::panics::contain;
use backlog::{Backlog, Next, Position};
use once_cell::sync::Lazy;
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::VecDeque;
use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::thread::{JoinHandle, ThreadId};
use std::time::{Duration, Instant};

/// Calls of one client accepted whose callback has not begun to run. More are refused with `US_ERR_TOO_MANY_PENDING`.
pub(crate) const PROMISES_MAX: usize = 16_384;
/// How often the callback thread looks whether more has come before it sleeps: a few microseconds, less than waking it costs.
const LOOKS_BEFORE_SLEEP: u32 = 400;
/// What C code expects of a thread; only what is touched is ever there.
const CALLBACK_STACK_BYTES: usize = 8 << 20;
/// Buffers grown beyond this for one large answer are given back after it.
const KEPT_BUFFER_BYTES: usize = 64 << 10;

/// The dispatcher of the default client, which also tells what is the process's: the log, and the answers of functions that there are
/// only for programs to link.
pub(crate) fn default_dispatcher() -> &'static Arc<Dispatcher> {
    static DISPATCHER: Lazy<Arc<Dispatcher>> = Lazy::new(|| Arc::new(Dispatcher::new()));
    &DISPATCHER
}

/// Where callbacks run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// On the callback thread.
    #[default]
    Thread,
    /// Inside `USPump` or `USClientPump`.
    Pump,
}

/// See the module.
pub(crate) struct Dispatcher {
    queue: Mutex<Queue>,
    /// With `queue`: something came, or the mode changed.
    came: Condvar,
    runner: Mutex<Runner>,
    /// With `runner`: a callback returned, the turn is free, or the mode changed.
    went: Condvar,
    /// A copy of the backlog's end, for looking without the lock.
    end: AtomicU64,
    promises: AtomicUsize,
    /// One bit for each slot that has a listener.
    listened: AtomicU8,
    /// Set back by the thread itself, under `queue`, when it ends.
    thread_started: AtomicBool,
    /// Of the callback thread, for who waits for its end.
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Queue {
    backlog: Backlog<Answer>,
    mode: Mode,
    /// The callback thread is to end as soon as it has nothing to do.
    is_thread_to_end: bool,
    /// Nothing will come any more.
    is_closed: bool,
}

struct Runner {
    mode: Mode,
    /// Who has the turn.
    turn: Option<ThreadId>,
    /// Answers taken from the queue, to be told next.
    batch: VecDeque<(Position, Answer)>,
    /// Callbacks that are running, outermost first: a callback may call `TIMUninit` or `USPump`, which run further ones.
    running: Vec<Running>,
    listeners: [Option<Registered>; Slot::COUNT],
    registrations: u64,
}

#[derive(Clone, Copy)]
struct Running {
    position: Position,
    listener: Option<(Slot, u64)>,
}

#[derive(Clone, Copy)]
struct Registered {
    listener: Listener,
    /// Tells this registration from an earlier one of the same slot.
    number: u64,
}

enum Call {
    Answer(Answer),
    Event(Listener, Event),
}

/// Buffers the strings of a callback are written to, reused from one to the next.
#[derive(Default)]
struct Texts {
    desc: Vec<u8>,
    json: Vec<u8>,
}

/// The right to run callbacks; given back when dropped.
struct Turn<'a>(&'a Dispatcher);

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").finish_non_exhaustive()
    }
}

impl Dispatcher {
    pub(crate) fn new() -> Self {
        Self {
            queue: Mutex::new(Queue {
                backlog: Backlog::new(),
                mode: Mode::Thread,
                is_thread_to_end: false,
                is_closed: false,
            }),
            came: Condvar::new(),
            runner: Mutex::new(Runner {
                mode: Mode::Thread,
                turn: None,
                batch: VecDeque::new(),
                running: Vec::new(),
                listeners: [None; Slot::COUNT],
                registrations: 0,
            }),
            went: Condvar::new(),
            end: AtomicU64::new(0),
            promises: AtomicUsize::new(0),
            listened: AtomicU8::new(0),
            thread_started: AtomicBool::new(false),
            thread: Mutex::new(None),
        }
    }

    /// Promises a call its callback. The completer keeps the promise.
    ///
    /// # Errors
    /// Too many are promised already, or there is no thread to run it on.
    pub(crate) fn promise(
        self: &Arc<Self>,
        callback: Option<CommCallback>,
        on_failure: Payload,
    ) -> Result<Completer, USResult> {
        if self.promises.fetch_add(1, Ordering::Relaxed) >= PROMISES_MAX {
            self.forget_promise();
            return Err(USResult::US_ERR_TOO_MANY_PENDING);
        }
        if let Err(error) = self.ensure_thread() {
            self.forget_promise();
            return Err(error);
        }
        Ok(Completer::new(Arc::clone(self), callback, on_failure))
    }

    /// Tells the listener, if there is one, when its turn comes.
    pub(crate) fn notify(self: &Arc<Self>, event: Event) {
        if self.listened.load(Ordering::Relaxed) & event.slot().bit() == 0 {
            return;
        }
        self.push(|backlog| backlog.push_event(event));
    }

    /// Puts a listener in place of the one there is. Gives its number, for [`Dispatcher::wait_for_older`].
    pub(crate) fn set_listener(self: &Arc<Self>, slot: Slot, listener: Option<Listener>) -> u64 {
        // Without a thread the listener just hears nothing until there is one; the failure is in the log.
        let _ = self.ensure_thread();
        let mut runner = self.runner.lock();
        runner.registrations += 1;
        let number = runner.registrations;
        runner.listeners[slot as usize] = listener.map(|listener| Registered { listener, number });
        match listener {
            Some(_) => self.listened.fetch_or(slot.bit(), Ordering::Relaxed),
            None => self.listened.fetch_and(!slot.bit(), Ordering::Relaxed),
        };
        number
    }

    /// Returns when no listener of this slot that was there before this one is running, or at once inside a callback.
    pub(crate) fn wait_for_older(&self, slot: Slot, number: u64) {
        let mut runner = self.runner.lock();
        if runner.turn == Some(std::thread::current().id()) {
            return;
        }
        let is_old = |running: &Running| {
            running
                .listener
                .is_some_and(|(running, older)| running == slot && older < number)
        };
        while runner.running.iter().any(is_old) {
            self.went.wait(&mut runner);
        }
    }

    /// Takes all listeners away, and with them what they were still to be told. Does not wait for one that is running.
    pub(crate) fn clear_listeners(&self) {
        let mut runner = self.runner.lock();
        runner.listeners = [None; Slot::COUNT];
        self.listened.store(0, Ordering::Relaxed);
        self.queue.lock().backlog.forget_events();
        // What somebody waits for may have been forgotten just now.
        self.went.notify_all();
    }

    /// Chooses where callbacks run from now on, also those that already wait.
    ///
    /// # Errors
    /// There is no thread to run them on.
    pub(crate) fn set_mode(self: &Arc<Self>, mode: Mode) -> Result<(), USResult> {
        {
            let mut runner = self.runner.lock();
            runner.mode = mode;
            self.queue.lock().mode = mode;
            self.went.notify_all();
            self.came.notify_all();
        }
        self.ensure_thread()
    }

    /// Returns when all that came in before has been told and no callback of it runs. Inside a callback, all but that callback.
    pub(crate) fn flush(&self) {
        let before = self.queue.lock().backlog.end();
        let me = std::thread::current().id();
        let mut runner = self.runner.lock();
        if runner.turn == Some(me) {
            drop(runner);
            self.run(u32::MAX, before, None);
            return;
        }
        while !self.is_told(&runner, before) {
            let here = runner.mode == Mode::Pump || !self.thread_started.load(Ordering::Acquire);
            if here && runner.turn.is_none() {
                let turn = self.take_turn(&mut runner, me);
                drop(runner);
                self.run(u32::MAX, before, None);
                drop(turn);
                runner = self.runner.lock();
            } else {
                self.went.wait(&mut runner);
            }
        }
    }

    /// Runs up to `max` callbacks that wait; with `max` 0 all that wait now. Waits for the first as long as `timeout`.
    ///
    /// # Errors
    /// Callbacks run on the callback thread.
    pub(crate) fn pump(&self, max: u32, timeout: Duration) -> Result<u32, USResult> {
        let deadline = Instant::now() + timeout;
        let me = std::thread::current().id();
        if self.runner.lock().mode != Mode::Pump {
            return Err(USResult::US_ERR_NOT_PUMP_MODE);
        }
        loop {
            let (max, before) = match max {
                0 => (u32::MAX, self.queue.lock().backlog.end()),
                max => (max, Position::MAX),
            };
            let mut runner = self.runner.lock();
            let ran = if runner.turn == Some(me) {
                drop(runner);
                self.run(max, before, Some(Mode::Pump))
            } else if runner.turn.is_none() {
                let turn = self.take_turn(&mut runner, me);
                drop(runner);
                let ran = self.run(max, before, Some(Mode::Pump));
                drop(turn);
                ran
            } else if self.went.wait_until(&mut runner, deadline).timed_out() {
                return Ok(0);
            } else {
                continue;
            };
            if ran > 0 || !self.wait_for_work(Mode::Pump, Some(deadline)) {
                return Ok(ran);
            }
        }
    }

    pub(super) fn post(self: &Arc<Self>, answer: Answer) {
        self.push(|backlog| backlog.push_answer(answer));
    }

    pub(super) fn forget_promise(&self) {
        self.promises.fetch_sub(1, Ordering::Relaxed);
    }

    fn push(self: &Arc<Self>, push: impl FnOnce(&mut Backlog<Answer>)) {
        let mut queue = self.queue.lock();
        push(&mut queue.backlog);
        self.end.store(queue.backlog.end(), Ordering::Release);
        drop(queue);
        self.came.notify_all();
        // It may have ended since this was promised. If there is none to be had, the next push tries again; the log says so.
        let _ = self.ensure_thread();
    }

    /// Starts the callback thread, once, if callbacks are to run there.
    fn ensure_thread(self: &Arc<Self>) -> Result<(), USResult> {
        if self.thread_started.load(Ordering::Acquire)
            || self.queue.lock().mode == Mode::Pump
            || self.thread_started.swap(true, Ordering::AcqRel)
        {
            return Ok(());
        }
        // Nobody but who set the flag comes here, and until the thread runs nobody sets it back.
        let mut thread = self.thread.lock();
        self.queue.lock().is_thread_to_end = false;
        let spawned = std::thread::Builder::new()
            .name("userstatus-cb".to_owned())
            .stack_size(CALLBACK_STACK_BYTES)
            .spawn({
                let dispatcher = Arc::clone(self);
                move || dispatcher.serve()
            });
        match spawned {
            Ok(handle) => {
                *thread = Some(handle);
                Ok(())
            }
            Err(error) => {
                self.thread_started.store(false, Ordering::Release);
                tracing::error!(%error, "the callback thread could not be started");
                Err(USResult::US_ERR_INTERNAL)
            }
        }
    }

    /// Ends the callback thread, if there is one. When this returns it is gone, unless this was called inside a callback: then it goes
    /// when it has nothing more to do. The next callback there is to run starts another.
    ///
    /// A runtime that the callbacks entered, such as Mono, keeps an account of each thread that ever did, and waits for its end before it
    /// lets go of the code that was called.
    pub(crate) fn end_thread(&self) {
        let is_inside = self.runner.lock().turn == Some(std::thread::current().id());
        let thread = self.thread.lock().take();
        self.queue.lock().is_thread_to_end = true;
        self.came.notify_all();
        if let Some(thread) = thread
            && !is_inside
            && thread.join().is_err()
        {
            crate::log::assert_failed("the callback thread panicked");
        }
    }

    /// Lets go of those who wait in the pump: nothing will come any more.
    pub(crate) fn close(&self) {
        self.queue.lock().is_closed = true;
        self.came.notify_all();
    }

    /// The callback thread's life: from the first callback to [`Dispatcher::end_thread`].
    fn serve(&self) {
        let me = std::thread::current().id();
        while self.wait_for_work(Mode::Thread, None) {
            let mut runner = self.runner.lock();
            while runner.turn.is_some() {
                self.went.wait(&mut runner);
            }
            let turn = self.take_turn(&mut runner, me);
            drop(runner);
            self.run(u32::MAX, Position::MAX, Some(Mode::Thread));
            drop(turn);
        }
    }

    /// Waits until something waits to be told in this mode. False at the deadline, or if the mode is another or nothing will come, for
    /// good; without a deadline, for the callback thread, if it is to end.
    fn wait_for_work(&self, mode: Mode, deadline: Option<Instant>) -> bool {
        let mut queue = self.queue.lock();
        if queue.backlog.is_empty() && deadline.is_none() {
            let seen = queue.backlog.end();
            drop(queue);
            for _ in 0..LOOKS_BEFORE_SLEEP {
                if self.end.load(Ordering::Acquire) != seen {
                    break;
                }
                std::hint::spin_loop();
            }
            queue = self.queue.lock();
        }
        while queue.backlog.is_empty() || queue.mode != mode {
            if deadline.is_none() && queue.is_thread_to_end {
                queue.is_thread_to_end = false;
                self.thread_started.store(false, Ordering::Release);
                return false;
            }
            match deadline {
                None => self.came.wait(&mut queue),
                Some(_) if queue.mode != mode || queue.is_closed => return false,
                Some(deadline) => {
                    if self.came.wait_until(&mut queue, deadline).timed_out() {
                        return !queue.backlog.is_empty() && queue.mode == mode;
                    }
                }
            }
        }
        true
    }

    fn take_turn(&self, runner: &mut Runner, me: ThreadId) -> Turn<'_> {
        runner.turn = Some(me);
        Turn(self)
    }

    /// Runs callbacks that wait at positions before `before`, at most `max`, while the mode is `mode`. The caller has the turn.
    fn run(&self, max: u32, before: Position, mode: Option<Mode>) -> u32 {
        let mut texts = Texts::default();
        let mut ran = 0;
        let mut runner = self.runner.lock();
        while ran < max && mode.is_none_or(|mode| runner.mode == mode) {
            let Some((running, call)) = self.next(&mut runner, before) else {
                break;
            };
            let Some(call) = call else {
                continue;
            };
            runner.running.push(running);
            MutexGuard::unlocked(&mut runner, || self.call(call, &mut texts));
            runner.running.pop();
            self.went.notify_all();
            ran += 1;
        }
        ran
    }

    /// What to run next, if anything; without a call where nobody listens any more.
    fn next(&self, runner: &mut Runner, before: Position) -> Option<(Running, Option<Call>)> {
        if runner.batch.is_empty() {
            let mut queue = self.queue.lock();
            if queue.backlog.first()? >= before {
                return None;
            }
            match queue.backlog.take(&mut runner.batch) {
                Next::Nothing => return None,
                Next::Answers => (),
                Next::Event(position, event) => {
                    let slot = event.slot();
                    let registered = runner.listeners[slot as usize];
                    let listener = registered.map(|registered| (slot, registered.number));
                    let call = registered.map(|registered| Call::Event(registered.listener, event));
                    return Some((Running { position, listener }, call));
                }
            }
        }
        let (position, answer) = runner
            .batch
            .pop_front_if(|(position, _)| *position < before)?;
        Some((
            Running {
                position,
                listener: None,
            },
            Some(Call::Answer(answer)),
        ))
    }

    fn call(&self, call: Call, texts: &mut Texts) {
        if matches!(call, Call::Answer(_)) {
            // Before it runs: a callback may always make the next call.
            self.forget_promise();
        }
        // The callback thread goes on with the next, whatever became of this one.
        let _ = contain("a callback", || call.run(texts));
        texts.shrink();
    }

    fn is_told(&self, runner: &Runner, before: Position) -> bool {
        let running = runner.running.first().map(|running| running.position);
        let batch = runner.batch.front().map(|(position, _)| *position);
        let waiting = self.queue.lock().backlog.first();
        [running, batch, waiting]
            .into_iter()
            .flatten()
            .all(|position| position >= before)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut runner = self.0.runner.lock();
        runner.turn = None;
        if !runner.batch.is_empty() {
            self.0.queue.lock().backlog.put_back(&mut runner.batch);
            self.0.came.notify_all();
        }
        drop(runner);
        self.0.went.notify_all();
    }
}

impl Call {
    fn run(self, texts: &mut Texts) {
        match self {
            Self::Answer(Answer {
                callback,
                code,
                desc,
                json,
            }) => {
                let desc = terminated(&mut texts.desc, &desc);
                let json = json.write(&mut texts.json);
                callback.call(code, desc, json);
            }
            Self::Event(listener, event) => match event {
                Event::StatusChanged(statuses) => {
                    let json = Payload::Statuses(statuses).write(&mut texts.json);
                    listener.call(&Arguments::Json(json));
                }
                Event::FriendsAdded(users) | Event::FriendsDeleted(users) => {
                    let json = Payload::Users(users).write(&mut texts.json);
                    listener.call(&Arguments::Json(json));
                }
                Event::Network(change) => {
                    let desc = terminated(&mut texts.desc, &change.desc);
                    listener.call(&Arguments::Network(change.status, change.code, desc));
                }
                Event::SigExpiring(in_ms) => listener.call(&Arguments::Milliseconds(in_ms)),
                Event::KickedOffline | Event::SigExpired => listener.call(&Arguments::Bare),
                Event::Log(line) => {
                    let text = terminated(&mut texts.desc, &line.text);
                    listener.call(&Arguments::Log(line.level, text));
                }
            },
        }
    }
}

impl Texts {
    fn shrink(&mut self) {
        for buffer in [&mut self.desc, &mut self.json] {
            if buffer.capacity() > KEPT_BUFFER_BYTES {
                *buffer = Vec::new();
            }
        }
    }
}

impl Slot {
    fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// The text as C sees it, cut at a NUL should one be in it.
fn terminated<'a>(buffer: &'a mut Vec<u8>, text: &str) -> &'a CStr {
    buffer.clear();
    buffer.extend_from_slice(text.as_bytes());
    buffer.push(0);
    CStr::from_bytes_until_nul(buffer).unwrap_or_default()
}
