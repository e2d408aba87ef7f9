//! Versions and optional features of the protocol.

use crate::WireError;

/// Oldest protocol version spoken here.
pub const PROTOCOL_MIN: u32 = 1;

/// Newest protocol version spoken here.
pub const PROTOCOL_MAX: u32 = 1;

/// Names of the optional features spoken here: what a new release adds without a new protocol version. Version 1 starts
/// with none.
pub const FEATURES: &[&str] = &[];

/// The version to speak with a client: the newest that both know.
///
/// # Errors
/// [`WireError::NoCommonVersion`] if there is none, or if the client's range is empty or starts at 0 (a hello that says nothing).
pub fn negotiate_version(client_min: u32, client_max: u32) -> Result<u32, WireError> {
    let chosen = client_max.min(PROTOCOL_MAX);
    if client_min == 0 || chosen < client_min || chosen < PROTOCOL_MIN {
        return Err(WireError::NoCommonVersion {
            client_min,
            client_max,
        });
    }
    Ok(chosen)
}

/// Of `known`, the features the client offered; names nobody knows here are left out.
pub fn shared_features(offered: &[String], known: &[&str]) -> Vec<String> {
    known
        .iter()
        .filter(|name| offered.iter().any(|offer| offer == *name))
        .map(|name| (*name).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_common_version_is_chosen() {
        assert_eq!(negotiate_version(1, 1), Ok(1));
        assert_eq!(negotiate_version(1, u32::MAX), Ok(1));
    }

    #[test]
    fn without_a_common_version_the_reason_names_both_ranges() {
        for (min, max) in [(2, 3), (0, 0), (0, 1), (2, 1), (u32::MAX, u32::MAX)] {
            let error = negotiate_version(min, max).unwrap_err();
            assert_eq!(
                error,
                WireError::NoCommonVersion {
                    client_min: min,
                    client_max: max
                }
            );
            assert!(
                error
                    .to_string()
                    .contains(&format!("versions {min} to {max}"))
            );
        }
    }

    #[test]
    fn only_features_both_sides_know_are_shared() {
        let offered = ["new", "old", "strange"].map(str::to_owned);
        assert_eq!(
            shared_features(&offered, &["old", "new", "ours"]),
            ["old", "new"]
        );
        assert_eq!(shared_features(&offered, FEATURES), Vec::<String>::new());
    }
}
