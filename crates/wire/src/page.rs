//! Long lists go out in pages.

use crate::{LIST_PAGE_BYTES_MAX, LIST_PAGE_ENTRIES_MAX};
use prost::Message;

/// Takes as many entries as one page holds, at least one; says whether there are more.
pub fn take_page<M: Message>(entries: impl IntoIterator<Item = M>) -> (Vec<M>, bool) {
    let mut page = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        // The tag and the length before it.
        bytes += entry.encoded_len() + 4;
        let is_full = bytes > LIST_PAGE_BYTES_MAX || page.len() >= LIST_PAGE_ENTRIES_MAX;
        if is_full && !page.is_empty() {
            return (page, true);
        }
        page.push(entry);
    }
    (page, false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::Friend;

    fn friend(bytes: usize) -> Friend {
        Friend {
            remark: "x".repeat(bytes),
            ..Friend::default()
        }
    }

    #[test]
    fn a_page_is_bounded_in_entries_and_in_bytes_and_never_empty() {
        for (count, bytes, expected, more) in [
            (0, 0, 0, false),
            (1_000, 1, 1_000, false),
            (1_001, 1, 1_000, true),
            (200, 500, 96, true),
            (2, 1_000_000, 1, true),
        ] {
            let (page, is_more) = take_page((0..count).map(|_| friend(bytes)));
            assert_eq!(
                (page.len(), is_more),
                (expected, more),
                "{count} of {bytes}"
            );
        }
    }
}
