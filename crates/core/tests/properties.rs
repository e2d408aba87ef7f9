//! Random histories against naive models that share no code with the rules.

mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed};
use std::collections::BTreeSet;
use support::{World, premium, user};
use userstatus_core::{
    Command, DevicePolicy, LossCause, NormalStatus, Outcome, Platform, SessionId, SlidingWindow,
    Timestamp,
};

/// The same cases in every run: a failure anywhere is a failure everywhere.
fn seeded(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        rng_algorithm: RngAlgorithm::ChaCha,
        rng_seed: RngSeed::Fixed(0x5eed),
        ..Config::default()
    }
}

#[derive(Clone, Debug)]
enum Step {
    Login {
        instance: u8,
        platform: u8,
        reconnect: bool,
    },
    Logout {
        device: usize,
    },
    Lose {
        device: usize,
        silent: bool,
    },
    Set {
        device: usize,
        text: String,
    },
    Restart,
    Wait {
        ms: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u8..6, 1u8..4, any::<bool>())
            .prop_map(|(instance, platform, reconnect)| Step::Login { instance, platform, reconnect }),
        2 => (0usize..4).prop_map(|device| Step::Logout { device }),
        3 => (0usize..4, any::<bool>()).prop_map(|(device, silent)| Step::Lose { device, silent }),
        4 => (0usize..4, "[a-z]{0,4}").prop_map(|(device, text)| Step::Set { device, text }),
        1 => Just(Step::Restart),
        4 => prop_oneof![0u64..2_000, 3_000u64..8_000, 350_000u64..700_000]
            .prop_map(|ms| Step::Wait { ms }),
    ]
}

/// One device as the model sees it.
#[derive(Clone, Debug)]
struct ModelDevice {
    instance: u8,
    session: SessionId,
    platform: u8,
    logged_in_at: u64,
    gone_at: Option<u64>,
}

/// Keeps the account's visible state by walking through time event by event.
#[derive(Debug, Default)]
struct Model {
    devices: Vec<ModelDevice>,
    kicked: Vec<u8>,
    custom: String,
    registered: bool,
    lost: bool,
    left_at: Option<u64>,
    has_list: bool,
}

const GRACE_MS: u64 = 5_000;
const SILENCE_MS: u64 = 400_000;
const KEEP_MS: u64 = 600_000;

impl Model {
    fn normal(&self) -> NormalStatus {
        match (self.registered, self.devices.is_empty(), self.lost) {
            (false, _, _) => NormalStatus::Unknown,
            (_, false, _) => NormalStatus::Online,
            (_, true, true) => NormalStatus::Offline,
            (_, true, false) => NormalStatus::UnLogined,
        }
    }

    fn all_left(&mut self, at: u64, lost: bool) {
        if self.devices.is_empty() {
            self.lost = lost;
            self.custom.clear();
            self.left_at = Some(at);
        }
    }

    fn pass_to(&mut self, now: u64) {
        while let Some(at) = self
            .devices
            .iter()
            .filter_map(|device| device.gone_at)
            .filter(|at| *at <= now)
            .min()
        {
            self.devices.retain(|device| device.gone_at != Some(at));
            self.all_left(at, true);
        }
        if self
            .left_at
            .is_some_and(|at| self.devices.is_empty() && at + KEEP_MS <= now)
        {
            self.has_list = false;
        }
    }
}

proptest! {
    #![proptest_config(seeded(400))]

    /// S2, S4, S6, S8, C4, D1, W7 and N6 at once: whatever devices come, go, fall silent and come back.
    #[test]
    fn devices_merge_into_one_account_as_in_the_model(steps in vec(step(), 1..60)) {
        let mut settings = premium();
        settings.limits.disconnect_grace_ms = u32::try_from(GRACE_MS).expect("small");
        settings.devices = DevicePolicy::OnePerPlatform;
        // How often is not what is tested.
        settings.limits.requests_per_window = 1_000;
        let mut world = World::new(settings);
        let mut model = Model::default();
        for step in steps {
            let now = world.now.as_ms();
            match step {
                Step::Wait { ms } => {
                    let until = world.now.plus_ms(ms);
                    // As a server does: each deadline when it comes.
                    while let Some(at) = world.account("bob").next_deadline(&world.settings).filter(|at| *at <= until) {
                        world.now = at;
                        world.run("bob", &Command::Expire);
                    }
                    world.now = until;
                    model.pass_to(until.as_ms());
                }
                Step::Restart => {
                    world.restart("bob");
                    for device in &mut model.devices {
                        let lease = now + SILENCE_MS;
                        device.gone_at = Some(device.gone_at.map_or(lease, |at| at.min(lease)));
                    }
                }
                Step::Login { instance, platform, reconnect } => {
                    let kind = Platform::from_number(u32::from(platform));
                    let (session, decision) = world.login_as("bob", instance, kind, reconnect);
                    let rival = model.devices.iter().position(|device| device.instance != instance && device.platform == platform);
                    let may_not = reconnect && (model.kicked.contains(&instance) || rival.is_some());
                    prop_assert_eq!(matches!(decision.outcome, Outcome::Refused(_)), may_not);
                    if may_not {
                        continue;
                    }
                    model.registered = true;
                    model.left_at = None;
                    if let Some(rival) = rival {
                        let rival = model.devices.remove(rival);
                        model.kicked.push(rival.instance);
                    }
                    model.kicked.retain(|kicked| *kicked != instance);
                    let old = model.devices.iter().find(|device| device.instance == instance).cloned();
                    model.devices.retain(|device| device.instance != instance);
                    let logged_in_at = old.filter(|_| reconnect).map_or(now, |old| old.logged_in_at);
                    model.devices.push(ModelDevice { instance, session, platform, logged_in_at, gone_at: None });
                    if !model.has_list {
                        world.subscribe("bob", session, vec![user("alice")]);
                        model.has_list = !world.account("bob").subscriptions.is_empty();
                    }
                }
                Step::Logout { device } => {
                    if let Some(gone) = model.devices.get(device).cloned() {
                        world.logout("bob", gone.session);
                        model.devices.remove(device);
                        model.all_left(now, false);
                    }
                }
                Step::Lose { device, silent } => {
                    if let Some(lost) = model.devices.get(device).cloned() {
                        let cause = if silent { LossCause::Silent } else { LossCause::Closed };
                        world.lose("bob", lost.session, cause);
                        if silent {
                            model.devices.remove(device);
                            model.all_left(now, true);
                        } else {
                            model.devices[device].gone_at = Some(now + GRACE_MS);
                        }
                    }
                }
                Step::Set { device, text } => {
                    if let Some(setter) = model.devices.get(device) {
                        world.set("bob", setter.session, &text);
                        model.custom = text;
                    }
                }
            }
            let account = world.account("bob");
            prop_assert_eq!(account.normal(), model.normal());
            prop_assert_eq!(account.custom.as_str(), model.custom.as_str());
            let mut platforms: Vec<_> = model.devices.iter().map(|device| u32::from(device.platform)).collect();
            platforms.sort_unstable();
            let shown: Vec<_> = account.status().platforms.iter().map(|platform| platform.number()).collect();
            prop_assert_eq!(shown, platforms);
            prop_assert_eq!(!account.subscriptions.is_empty(), model.has_list);
        }
        // N6: what is announced is in order, and no status is announced that was the one before.
        for pair in world.announced.windows(2) {
            prop_assert!(pair[0].version < pair[1].version);
        }
        // The last announced is how watchers see the account now.
        if let Some(last) = world.announced.last() {
            let status = world.account("bob").status();
            prop_assert_eq!((last.normal, &last.custom), (status.normal, &status.custom));
        }
    }

    /// W2: the list against a plain queue.
    #[test]
    fn w2_the_list_is_a_queue_of_the_newest(
        max in 1u32..8,
        requests in vec((any::<bool>(), vec(0u8..12, 0..6)), 1..60),
    ) {
        let mut settings = premium();
        settings.limits.subscriptions_max = max;
        let mut world = World::new(settings);
        let session = world.login("alice");
        let mut model: Vec<u8> = Vec::new();
        for (add, targets) in requests {
            world.wait_ms(5_000); // Out of the quota's way.
            let users: Vec<_> = targets.iter().map(|target| user(&format!("u{target}"))).collect();
            if add && !targets.is_empty() {
                world.subscribe("alice", session, users);
                let mut each_once = BTreeSet::new();
                for target in targets {
                    if each_once.insert(target) && !model.contains(&target) {
                        model.push(target);
                    }
                    if model.len() > max as usize {
                        model.remove(0);
                    }
                }
            } else if !add {
                world.unsubscribe("alice", session, users);
                if targets.is_empty() {
                    model.clear();
                }
                model.retain(|known| !targets.contains(known));
            }
            let account = world.account("alice");
            let shown: Vec<_> = account.subscriptions.iter().map(ToString::to_string).collect();
            let expected: Vec<_> = model.iter().map(|target| format!("u{target}")).collect();
            prop_assert_eq!(shown, expected);
        }
    }

    /// G3, W1: no window of the length ever holds more than allowed, and nothing is refused that would have fitted.
    #[test]
    fn g3_no_window_ever_holds_more_than_allowed(
        max in 1u32..25,
        window_ms in prop_oneof![Just(100u32), Just(5_000)],
        gaps in vec(prop_oneof![3 => 0u64..50, 2 => 50u64..600, 1 => 4_000u64..6_000], 1..300),
    ) {
        let mut window = SlidingWindow::default();
        let mut now = Timestamp::from_ms(1_000_000);
        let mut allowed: Vec<u64> = Vec::new();
        for gap in gaps {
            now = now.plus_ms(gap);
            let at = now.as_ms();
            let recent = allowed.iter().filter(|earlier| at - **earlier < u64::from(window_ms)).count();
            let fits = recent < max as usize;
            prop_assert_eq!(window.allows(max, window_ms, now), fits);
            if fits {
                window.record(window_ms, now);
                allowed.push(at);
            }
        }
        for start in &allowed {
            let inside = allowed.iter().filter(|at| (*start..*start + u64::from(window_ms)).contains(*at)).count();
            prop_assert!(inside <= max as usize);
        }
    }
}
