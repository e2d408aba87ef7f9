//! How many TLS handshakes an origin may begin: each costs a signature, whoever asks for it.

use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;
use userstatus_gateway::Origin;

/// Handshakes an origin may begin in a window: as many as clients' listeners allow one.
const PER_WINDOW_MAX: u32 = 500;

const WINDOW: Duration = Duration::from_secs(1);

/// Origins remembered; then those whose window is over are forgotten, or all.
const ORIGINS_MAX: usize = 4_096;

/// Who began how many.
#[derive(Default)]
pub(super) struct Handshakes(HashMap<Origin, (Instant, u32)>);

impl Handshakes {
    /// Whether one more may begin now; then it counts.
    pub(super) fn allows(&mut self, origin: Origin) -> bool {
        let now = Instant::now();
        if self.0.len() >= ORIGINS_MAX && !self.0.contains_key(&origin) {
            self.0.retain(|_, (began_at, _)| now - *began_at < WINDOW);
            if self.0.len() >= ORIGINS_MAX {
                self.0.clear();
            }
        }
        let (began_at, count) = self.0.entry(origin).or_insert((now, 0));
        if now - *began_at >= WINDOW {
            (*began_at, *count) = (now, 0);
        }
        *count += 1;
        *count <= PER_WINDOW_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    #[tokio::test(start_paused = true)]
    async fn an_origin_begins_so_many_in_a_second_and_others_have_their_own() {
        let mut handshakes = Handshakes::default();
        let [one, other] =
            ["192.0.2.1", "192.0.2.2"].map(|address| Origin::of(address.parse().unwrap()));
        assert!((0..PER_WINDOW_MAX).all(|_| handshakes.allows(one)));
        assert!(!handshakes.allows(one));
        assert!(handshakes.allows(other));
        tokio::time::advance(WINDOW).await;
        assert!(handshakes.allows(one));
        for number in 0..10_000_u32 {
            handshakes.allows(Origin::of(IpAddr::V4(number.into())));
        }
        assert!(handshakes.0.len() <= ORIGINS_MAX);
    }
}
