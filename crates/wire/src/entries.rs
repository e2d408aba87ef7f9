//! Counts the list entries of a message before it is decoded.
//!
//! On the wire an empty entry is two bytes, in memory it is a struct of up to 128: without a cap on entries a frame within the
//! cap on bytes could unfold to sixty times its size. What else unfolds is bounded by the cap on bytes: a one-byte platform to
//! a `u32`, a one-byte text to one small allocation per entry.

use crate::{CLIENT_FRAME_ENTRIES_MAX, SERVER_FRAME_ENTRIES_MAX, WireError};

/// Refuses a client's frame with more list entries than [`CLIENT_FRAME_ENTRIES_MAX`].
pub(crate) fn check_client_entries(body: &[u8]) -> Result<(), WireError> {
    check(body, CLIENT_FRAME_ENTRIES_MAX, |frame| {
        Fields(frame)
            .map(|field| match field {
                (1, Some(hello)) => Fields(hello).count(),
                (2, Some(request)) => fields_within(request, 3..=12),
                _ => 0,
            })
            .sum()
    })
}

/// Refuses a server's frame with more list entries than [`SERVER_FRAME_ENTRIES_MAX`].
pub(crate) fn check_server_entries(body: &[u8]) -> Result<(), WireError> {
    check(body, SERVER_FRAME_ENTRIES_MAX, |frame| {
        Fields(frame)
            .map(|field| match field {
                (1 | 3 | 8, Some(listing)) => Fields(listing).count(),
                (2, Some(response)) => fields_within(response, 4..=7),
                _ => 0,
            })
            .sum()
    })
}

fn check(
    body: &[u8],
    entries_max: usize,
    count: impl FnOnce(&[u8]) -> usize,
) -> Result<(), WireError> {
    // An entry takes at least two bytes: a short frame needs no counting, and nearly all are short.
    if body.len() / 2 <= entries_max {
        return Ok(());
    }
    let entries = count(body);
    if entries > entries_max {
        return Err(WireError::TooManyEntries {
            entries,
            entries_max,
        });
    }
    Ok(())
}

/// How many fields the sub-messages of these numbers have in all.
fn fields_within(message: &[u8], numbers: std::ops::RangeInclusive<u64>) -> usize {
    Fields(message)
        .filter(|(number, _)| numbers.contains(number))
        .filter_map(|(_, payload)| payload)
        .map(|payload| Fields(payload).count())
        .sum()
}

/// The fields of a message: number, and payload of those that have a length. Ends at the first that cannot be read; decoding
/// ends there too, so what is not counted is not unfolded either.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.varint()?;
        let number = key >> 3;
        let payload = match key & 7 {
            0 => {
                self.varint()?;
                None
            }
            1 => {
                self.bytes(8)?;
                None
            }
            2 => {
                let length = self.varint()?;
                Some(self.bytes(usize::try_from(length).ok()?)?)
            }
            // Groups: what is in them counts as if it stood here.
            3 | 4 => None,
            5 => {
                self.bytes(4)?;
                None
            }
            _ => return None,
        };
        Some((number, payload))
    }
}

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for (index, byte) in self.0.iter().take(10).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.0 = &self.0[index + 1..];
                return Some(value);
            }
        }
        None
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
}
