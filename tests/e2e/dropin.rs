//! A program of the IM SDK's, which knows neither this project's name nor its header, linked with `libImSDK.so`.

use crate::harness::{Server, built_dir, programs, root, succeed, text_of};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

#[test]
fn the_drop_in_has_its_own_name_and_the_same_exports() {
    let dropin = build().with_file_name("libImSDK.so");
    let dynamic = text_of(Command::new("readelf").arg("-dW").arg(&dropin));
    assert!(dynamic.contains("soname: [libImSDK.so]"), "{dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
    let exports = |library: &Path| {
        let symbols = text_of(
            Command::new("nm")
                .args(["-D", "--defined-only"])
                .arg(library),
        );
        let names = symbols
            .lines()
            .filter_map(|line| line.split(' ').next_back());
        names.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    assert_eq!(
        exports(&dropin),
        exports(&programs().scratch.join("libuserstatus.so"))
    );
}

#[test]
fn each_platform_has_the_name_that_programs_of_the_sdk_load_there() {
    for (platform, name) in [
        ("windows-x86_64", "ImSDK.dll"),
        ("macos", "libImSDKForMac_C.dylib"),
        ("ios", "libImSDK.a"),
        ("linux-arm64", "libImSDK.so"),
        ("android-arm64-v8a", "libImSDK.so"),
    ] {
        let recipe = text_of(
            Command::new("make")
                .args(["--no-print-directory", "-n", "dropin"])
                .arg(format!("P={platform}"))
                .env_remove("MAKEFLAGS")
                .current_dir(root()),
        );
        let folder = format!("dist/platforms/{platform}");
        assert_eq!(
            recipe,
            format!("scripts/dropin.sh '{folder}' '{folder}/{name}'\n")
        );
    }
    let folder = programs().scratch.join("dropin-others");
    std::fs::create_dir_all(&folder).expect("the target directory can be written to");
    let make = |name: &str| {
        Command::new(root().join("scripts/dropin.sh"))
            .arg(&folder)
            .arg(folder.join(name))
            .output()
            .expect("bash is installed")
    };
    for (name, needed) in [
        ("ImSDK.dll", "userstatus.dll"),
        ("libImSDKForMac_C.dylib", "libuserstatus.dylib"),
        ("libImSDK.a", "libuserstatus.a"),
        ("libImSDK.so", "libuserstatus.so"),
        ("libIm.so", "libIm.so"),
    ] {
        let output = make(name);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{name}");
        assert!(complaint.contains(needed), "{name}: {complaint}");
        assert!(!folder.join(name).exists(), "{name}");
    }
    // As make platforms leaves it, and as cargo does.
    let framework = folder.join("UserStatus.xcframework/ios-arm64");
    std::fs::create_dir_all(&framework).expect("the folder is there");
    for (at, contents) in [(&framework, "!<arch>\nx"), (&folder, "!<arch>\n")] {
        std::fs::write(at.join("libuserstatus.a"), contents).expect("the folder is there");
        assert!(make("libImSDK.a").status.success());
        let made = std::fs::read(folder.join("libImSDK.a")).expect("it was just made");
        assert_eq!(made, contents.as_bytes());
    }
    std::fs::write(folder.join("userstatus.dll"), "no library").expect("the folder is there");
    let refused = make("ImSDK.dll");
    let complaint = String::from_utf8_lossy(&refused.stderr);
    assert!(complaint.contains("userstatus.dll: "), "{complaint}");
    assert!(!refused.status.success() && !folder.join("ImSDK.dll").exists());
    std::fs::remove_dir_all(folder).expect("the next run is to begin as this one did");
}

#[test]
fn two_unchanged_programs_see_each_other() {
    let program = build();
    let server = Server::start();
    let mut players = ["alice", "bob"].map(|user| {
        let watched = if user == "alice" { "bob" } else { "alice" };
        start(program, &server, user, watched)
    });
    let mut outputs = players.each_mut().map(|player| {
        let stdout = player.stdout.take().expect("it is piped");
        BufReader::new(stdout).lines().map_while(Result::ok)
    });
    for (output, watched) in outputs.iter_mut().zip(["bob", "alice"]) {
        let said: Vec<_> = output.by_ref().take_while(|line| line != "done").collect();
        let saw = format!("saw {watched} in a match");
        let expected = [
            "server set",
            "logged in",
            "no conversations here",
            "subscribed",
            "status set",
            &saw,
            "status asked",
            "friend added",
            "friends listed",
            "unsubscribed",
        ];
        assert_eq!(said, expected);
    }
    for (mut player, output) in players.into_iter().zip(outputs) {
        // Both have seen what they waited for: now each may leave.
        let mut stdin = player.stdin.take().expect("it is piped");
        stdin.write_all(b"\n").expect("it waits for this");
        assert_eq!(output.collect::<Vec<_>>(), ["logged out"]);
        assert!(player.wait().expect("it is a child of ours").success());
    }
}

/// The drop-in library and the program, which lies beside it.
fn build() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build_once)
}

fn build_once() -> PathBuf {
    // They are brought up to date by whoever asks first.
    let folder = programs().scratch.join("dropin");
    std::fs::create_dir_all(&folder).expect("the target directory can be written to");
    let sanitizer = std::env::var("USERSTATUS_E2E_PUPPET_CFLAGS").unwrap_or_default();
    succeed(
        Command::new(root().join("scripts/dropin.sh"))
            .arg(built_dir())
            .arg(folder.join("libImSDK.so")),
    );
    let program = folder.join("unchanged");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    succeed(
        Command::new(compiler)
            .args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
            .args(sanitizer.split_whitespace())
            .arg(root().join("tests/c/dropin/unchanged.c"))
            .arg("-o")
            .arg(&program)
            .arg(format!("-L{}", folder.display()))
            .args(["-Wl,-rpath,$ORIGIN", "-lImSDK", "-pthread"]),
    );
    program
}

fn start(program: &Path, server: &Server, user: &str, watched: &str) -> Child {
    let (_, port) = server.address.rsplit_once(':').expect("it has a port");
    let app_id = server.app_id.to_string();
    Command::new("timeout")
        .arg("60")
        .arg(program)
        .args([port, &app_id, user, &server.sig(user), watched])
        .env_remove("USERSTATUS_SERVER")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it was just built")
}
