//! What the library exports on every platform: what the header declares, and the rest of the mirrored API.

use std::collections::BTreeSet;

const HEADER: &str = include_str!("../../../include/userstatus.h");
const OTHERS: &str = include_str!("../../../src/ffi/others.tsv");

pub(crate) fn exports() -> BTreeSet<String> {
    let declared = HEADER.split("\nTIM_API").skip(1).filter_map(|declaration| {
        declaration
            .split('(')
            .next()?
            .split([' ', '*', '\n'])
            .next_back()
    });
    let others = OTHERS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').next());
    declared.chain(others).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn functions_are_found_in_the_header_and_in_the_table() {
        let exports = super::exports();
        for name in [
            "TIMInit",
            "USPump",
            "callExperimentalAPI",
            "TIMMsgSendMessage",
        ] {
            assert!(exports.contains(name), "{name} in {exports:?}");
        }
        // As one word each, however the header breaks its lines.
        assert!(
            exports
                .iter()
                .all(|name| name.chars().all(char::is_alphanumeric))
        );
    }
}
