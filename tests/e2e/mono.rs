//! The C# binding (`unity-bindings/Runtime`) on Mono, which is what Unity's runtimes are closest to: programs of `tests/mono`, each a
//! process, against a real server. As they run in Unity's editor (compiled as they run), and as they run in a player where
//! everything was compiled before (full-AOT, in place of IL2CPP).

mod runtime;
mod stage;

use crate::harness::Server;
use runtime::Runtime;
use stage::{Role, Stage};

/// The ways to take events, see `tests/mono/Drivers.cs`.
const DRIVERS: [&str; 3] = ["thread", "manual", "context"];

fn alice<'a>(scenario: &'a str, driver: &'a str) -> Role<'a> {
    Role {
        scenario,
        driver,
        user: "alice",
    }
}

fn bob<'a>(scenario: &'a str, driver: &'a str) -> Role<'a> {
    Role {
        scenario,
        driver,
        user: "bob",
    }
}

/// At the same time: most of what takes its time is waiting.
fn with_each_driver(play: impl Fn(&'static str) + Sync) {
    std::thread::scope(|scope| {
        for driver in DRIVERS {
            let play = &play;
            scope.spawn(move || play(driver));
        }
    });
}

/// A scenario for one, with a server of its own.
fn alone(runtime: Runtime, scenario: &str, driver: &str) {
    Stage::new(runtime, for_the_restless()).play(&[alice(scenario, driver)]);
}

/// A server for scenarios that log in and ask more often than a player does.
fn for_the_restless() -> Server {
    let server = Server::start();
    server.set("--requests-per-window 1000");
    server
}

/// The same with a server that may die.
fn alone_and_durable(runtime: Runtime, scenario: &str, driver: &str) {
    Stage::new(runtime, Server::start_durable()).play(&[alice(scenario, driver)]);
}

fn behind_a_relay(runtime: Runtime, scenario: &str, driver: &str) {
    Stage::new(runtime, Server::start())
        .behind_a_relay()
        .play(&[alice(scenario, driver)]);
}

fn both(runtime: Runtime, api: &str, driver: &str) {
    let (of_alice, of_bob) = (format!("{api}-alice"), format!("{api}-bob"));
    Stage::new(runtime, Server::start()).play(&[alice(&of_alice, driver), bob(&of_bob, "thread")]);
}

#[test]
fn mono_jit_two_processes_drive_the_modern_api_whichever_way_they_take_events() {
    with_each_driver(|driver| both(Runtime::Jit, "modern", driver));
}

#[test]
fn mono_jit_two_processes_run_the_samples_of_the_classic_api_whichever_way_they_take_callbacks() {
    with_each_driver(|driver| both(Runtime::Jit, "classic", driver));
}

/// Code of both spellings, in assemblies that see nothing of the package but what it shows, compiled as it stands.
#[test]
fn mono_jit_games_written_for_any_version_of_the_classic_layer_compile_and_play() {
    let server = Server::start();
    server.import(&["bob".to_owned()]);
    let (ip, port) = server.address.rsplit_once(':').expect("it has a port");
    for (program, symbols, user) in [
        ("Version190", &[][..], "alice"),
        ("Version190", &["USERSTATUS_CLASSIC_1_9_0"], "carol"),
        ("Version86", &[], "dave"),
    ] {
        let app_id = server.app_id.to_string();
        let output = runtime::classic_program(program, symbols)
            .args([ip, port, &app_id, user, &server.sig(user), "bob"])
            .output()
            .expect("timeout is installed");
        let said = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{program} {symbols:?}: {complaint}"
        );
        assert_eq!(said, "done\n", "{program} {symbols:?}: {complaint}");
    }
}

#[test]
fn mono_jit_a_server_that_dies_and_comes_back_is_told_and_nothing_is_lost() {
    with_each_driver(|driver| alone_and_durable(Runtime::Jit, "restart", driver));
}

#[test]
fn mono_jit_usersigs_are_renewed_by_the_hook() {
    with_each_driver(|driver| alone_and_durable(Runtime::Jit, "usersigs", driver));
}

#[test]
fn mono_jit_as_many_are_watched_as_the_app_says() {
    alone(Runtime::Jit, "limits", "thread");
}

#[test]
fn mono_jit_wrong_options_are_refused_with_what_helps() {
    with_each_driver(|driver| alone(Runtime::Jit, "options", driver));
}

#[test]
fn mono_jit_clients_end_at_any_time_and_the_next_one_finds_the_way_free() {
    with_each_driver(|driver| alone(Runtime::Jit, "lifecycle", driver));
}

#[test]
fn mono_jit_several_clients_of_one_process_see_each_other() {
    with_each_driver(|driver| alone(Runtime::Jit, "separate", driver));
}

#[test]
fn mono_jit_a_process_that_just_ends_ends_at_once() {
    with_each_driver(|driver| alone(Runtime::Jit, "forgotten", driver));
}

#[test]
fn mono_full_aot_two_processes_drive_both_apis() {
    with_each_driver(|driver| {
        both(Runtime::FullAot, "modern", driver);
        both(Runtime::FullAot, "classic", driver);
    });
}

#[test]
fn mono_full_aot_one_process_plays_everything_else() {
    for scenario in ["options", "lifecycle", "texts", "handlers", "separate"] {
        alone(Runtime::FullAot, scenario, "thread");
    }
    for scenario in ["restart", "usersigs"] {
        alone_and_durable(Runtime::FullAot, scenario, "manual");
    }
}

/// The control: where the tests above pass, what IL2CPP would refuse is refused.
#[test]
fn mono_full_aot_refuses_reverse_calls_that_are_not_marked_and_jit_does_not() {
    for (runtime, user) in [(Runtime::Jit, "jit"), (Runtime::FullAot, "full-aot")] {
        Stage::new(runtime, Server::start()).play(&[Role {
            scenario: "reverse-calls",
            driver: "thread",
            user,
        }]);
    }
}

fn reload(scenario: &str, driver: &str) {
    let mut stage = Stage::new(Runtime::Jit, Server::start());
    stage.accompany(bob("restless", "thread"));
    stage.play(&[alice(scenario, driver)]);
}

#[test]
fn mono_domain_reload_with_a_pump_thread() {
    reload("reload", "thread");
}

#[test]
fn mono_domain_reload_with_a_game_loop_that_pumps() {
    reload("reload", "manual");
}

#[test]
fn mono_domain_reload_without_the_bindings() {
    reload("reload-raw", "thread");
}

#[test]
fn mono_leak_a_million_calls_leave_nothing_behind() {
    alone(Runtime::Jit, "leak", "thread");
}

#[test]
fn mono_utf8_texts_of_all_kinds_arrive_as_they_are_whatever_the_locale() {
    alone(Runtime::Jit, "texts", "thread");
    Stage::new(Runtime::Jit, for_the_restless())
        .with_environment("LC_ALL", "C")
        .play(&[alice("texts", "manual")]);
}

#[test]
fn mono_faults_what_handlers_throw_reaches_the_user_and_nobody_else() {
    with_each_driver(|driver| alone(Runtime::Jit, "handlers", driver));
}

#[test]
fn mono_faults_every_pending_task_ends_when_cancelled_unanswered_or_disposed_of() {
    with_each_driver(|driver| alone(Runtime::Jit, "pending", driver));
}

#[test]
fn mono_faults_every_pending_task_ends_at_a_kick() {
    with_each_driver(|driver| behind_a_relay(Runtime::Jit, "kicked-pending", driver));
}
