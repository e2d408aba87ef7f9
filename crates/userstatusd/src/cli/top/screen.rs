//! A terminal that is painted anew again and again.

use std::io::{self, Write};
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use userstatus_operate::visible::{Form, visible_lines};

/// Begins and ends the screen that programs like this have for themselves; what was there before comes back.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";
const LEAVE: &str = "\x1b[?25h\x1b[?1049l";

/// From the first line on; each line ends by clearing what it leaves of its row, the last clears all below.
const HOME: &str = "\x1b[H";
const END_OF_LINE: &str = "\x1b[K\n";
const END_OF_TEXT: &str = "\x1b[J";

/// What became of a wait.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The time is over.
    TimeOver,
    /// Somebody has seen enough.
    Quit,
    /// There is another size.
    Resized,
}

/// The terminal, until it is dropped.
pub(super) struct Screen {
    keys: keys::Keys,
    size: (u16, u16),
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn open() -> io::Result<Self> {
        let keys = keys::Keys::take()?;
        write(ENTER)?;
        Ok(Self {
            keys,
            size: keys::size(),
        })
    }

    /// Shows a text: as much of it as fits.
    pub(super) fn show(&mut self, text: &str) -> io::Result<()> {
        self.size = keys::size();
        write(&painted(&visible_lines(text, Form::Text), self.size))
    }

    /// Waits so long, or for a key that ends it, or for another size.
    pub(super) fn wait(&mut self, time: Duration) -> io::Result<Event> {
        self.keys.wait(time, self.size)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nobody is left to be told.
        _ = write(LEAVE);
    }
}

/// Waits, where there is no terminal.
pub(super) fn pause(time: Duration) {
    let (_kept, nothing) = sync_channel::<()>(1);
    _ = nothing.recv_timeout(time);
}

fn painted(text: &str, (columns, rows): (u16, u16)) -> String {
    let mut painted = HOME.to_owned();
    // The last row stays free: whoever writes to its end scrolls.
    for line in text.lines().take(usize::from(rows).saturating_sub(1)) {
        painted.extend(line.chars().take(usize::from(columns)));
        painted.push_str(END_OF_LINE);
    }
    painted.push_str(END_OF_TEXT);
    painted
}

fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

#[cfg(unix)]
mod keys {
    use super::Event;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::io::Errno;
    use rustix::termios::{
        LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr,
    };
    use std::io;
    use std::time::{Duration, Instant};

    /// How often it is looked whether the terminal has another size.
    const LOOK_EVERY: Duration = Duration::from_millis(250);

    /// Ends it: `q`, and what Ctrl-C and Ctrl-D send.
    const QUIT: [u8; 4] = [b'q', b'Q', 3, 4];

    /// Keys as they are pressed, until it is dropped.
    pub(super) struct Keys {
        before: Termios,
    }

    impl Keys {
        pub(super) fn take() -> io::Result<Self> {
            let before = tcgetattr(io::stdin())?;
            let mut raw = before.clone();
            raw.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
            tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
            Ok(Self { before })
        }

        pub(super) fn wait(&mut self, time: Duration, size: (u16, u16)) -> io::Result<Event> {
            let over_at = Instant::now() + time;
            loop {
                let left = over_at.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok(Event::TimeOver);
                }
                if is_pressed(left.min(LOOK_EVERY))? {
                    let mut keys = [0; 64];
                    let count = rustix::io::read(io::stdin(), &mut keys)?;
                    // The terminal is gone, or somebody has seen enough.
                    if count == 0 || keys[..count].iter().any(|key| QUIT.contains(key)) {
                        return Ok(Event::Quit);
                    }
                }
                if self::size() != size {
                    return Ok(Event::Resized);
                }
            }
        }
    }

    impl Drop for Keys {
        fn drop(&mut self) {
            // Nobody is left to be told.
            _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
        }
    }

    fn is_pressed(within: Duration) -> io::Result<bool> {
        let stdin = io::stdin();
        let mut watched = [PollFd::new(&stdin, PollFlags::IN)];
        let within = Timespec::try_from(within).map_err(io::Error::other)?;
        match poll(&mut watched, Some(&within)) {
            Ok(count) => Ok(count > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Columns and rows.
    pub(super) fn size() -> (u16, u16) {
        match tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
            _ => (80, 24),
        }
    }
}

/// Elsewhere Ctrl-C ends it, and nothing else does.
#[cfg(not(unix))]
mod keys {
    use super::Event;
    use std::io;
    use std::time::Duration;

    pub(super) struct Keys;

    impl Keys {
        pub(super) fn take() -> io::Result<Self> {
            Ok(Self)
        }

        pub(super) fn wait(&mut self, time: Duration, _size: (u16, u16)) -> io::Result<Event> {
            super::pause(time);
            Ok(Event::TimeOver)
        }
    }

    pub(super) fn size() -> (u16, u16) {
        (80, 24)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_painted_than_fits() {
        let painted = painted("abcdef\ngh\nij\n", (4, 3));
        assert_eq!(painted, "\x1b[Habcd\x1b[K\ngh\x1b[K\n\x1b[J");
    }
}
