//! The C header: that it is what the library does, that compilers take it, and that nothing but what it names is exported.

mod abi_support;

use abi_support::{library_folder, root, run, scratch, succeed};
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

/// What the header declares. A name goes in here once, when it becomes part of the ABI, and never out.
const EXPORTS: [&str; 64] = [
    "TIMFriendshipAddFriend",
    "TIMFriendshipAddToBlackList",
    "TIMFriendshipDeleteFriend",
    "TIMFriendshipDeleteFromBlackList",
    "TIMFriendshipGetBlackList",
    "TIMFriendshipGetFriendProfileList",
    "TIMGetLoginStatus",
    "TIMGetLoginUserID",
    "TIMGetSDKVersion",
    "TIMGetServerTime",
    "TIMGetUserStatus",
    "TIMInit",
    "TIMLogin",
    "TIMLogout",
    "TIMMsgDoBackground",
    "TIMMsgDoForeground",
    "TIMSetConfig",
    "TIMSetKickedOfflineCallback",
    "TIMSetLogCallback",
    "TIMSetNetworkStatusListenerCallback",
    "TIMSetOnAddFriendCallback",
    "TIMSetOnDeleteFriendCallback",
    "TIMSetSelfStatus",
    "TIMSetUserSigExpiredCallback",
    "TIMSetUserStatusChangedCallback",
    "TIMSubscribeUserStatus",
    "TIMUninit",
    "TIMUnsubscribeUserStatus",
    "USClientClose",
    "USClientFriendshipAddFriend",
    "USClientFriendshipAddToBlackList",
    "USClientFriendshipDeleteFriend",
    "USClientFriendshipDeleteFromBlackList",
    "USClientFriendshipGetBlackList",
    "USClientFriendshipGetFriendProfileList",
    "USClientGetLoginStatus",
    "USClientGetLoginUserID",
    "USClientGetServerTime",
    "USClientGetSubscriptionsMax",
    "USClientGetUserStatus",
    "USClientLogin",
    "USClientLogout",
    "USClientMsgDoBackground",
    "USClientMsgDoForeground",
    "USClientNetworkChanged",
    "USClientOpen",
    "USClientPump",
    "USClientSetConfig",
    "USClientSetKickedOfflineCallback",
    "USClientSetNetworkStatusListenerCallback",
    "USClientSetOnAddFriendCallback",
    "USClientSetOnDeleteFriendCallback",
    "USClientSetSelfStatus",
    "USClientSetUserSigExpiredCallback",
    "USClientSetUserSigExpiringCallback",
    "USClientSetUserStatusChangedCallback",
    "USClientSubscribeUserStatus",
    "USClientUnsubscribeUserStatus",
    "USGetSubscriptionsMax",
    "USGetVersion",
    "USNetworkChanged",
    "USPump",
    "USSetUserSigExpiringCallback",
    "callExperimentalAPI",
];

/// `US_UPDATE_HEADER=1` (or `make header`) writes the header anew.
#[test]
fn the_committed_header_is_the_one_the_source_makes() {
    let made = include_str!(concat!(env!("OUT_DIR"), "/userstatus.h"));
    let path = root().join("include/userstatus.h");
    if std::env::var_os("US_UPDATE_HEADER").is_some() {
        fs::write(&path, made).expect("the header can be written");
    }
    let committed = fs::read_to_string(&path).expect("the header is part of the project");
    assert!(
        committed == made,
        "include/userstatus.h is not what the source makes: `make header`"
    );
}

#[test]
fn the_header_compiles_without_warnings_as_c99_and_cpp11() {
    for (compiler, language, standard) in [("cc", "c", "c99"), ("c++", "c++", "c++11")] {
        let program = scratch().join(format!("abi_header_{standard}"));
        let library = library_folder();
        succeed(
            Command::new(compiler)
                .arg(format!("-std={standard}"))
                .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", language])
                .args(
                    std::env::var("US_TEST_CFLAGS")
                        .unwrap_or_default()
                        .split_whitespace(),
                )
                .arg("-I")
                .arg(root().join("include"))
                .arg(root().join("tests/c/abi/header.c"))
                .args(["-x", "none", "-o"])
                .arg(&program)
                .arg("-L")
                .arg(&library)
                .arg(format!("-Wl,-rpath,{}", library.display()))
                .arg("-luserstatus"),
        );
        run(&program, &[]);
    }
}

/// The functions of the mirrored API that the library has for programs that link them, and that its own header leaves out.
fn others() -> BTreeSet<&'static str> {
    include_str!("../src/ffi/others.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split('\t').next())
        .collect()
}

#[test]
fn the_header_declares_what_the_library_has_to_offer_and_nothing_else() {
    let header = include_str!(concat!(env!("OUT_DIR"), "/userstatus.h"));
    let declared: BTreeSet<_> = header
        .split("\nTIM_API")
        .skip(1)
        .filter_map(|declaration| declaration.split('(').next())
        .filter_map(|before| {
            before
                .split([' ', '*', '\n'])
                .rfind(|word| !word.is_empty())
        })
        .collect();
    assert_eq!(declared, BTreeSet::from(EXPORTS));
}

#[test]
fn the_library_exports_the_abi_and_nothing_else() {
    let library = library_folder().join("libuserstatus.so");
    let output = succeed(
        Command::new("nm")
            .args(["-D", "--defined-only"])
            .arg(&library),
    );
    let symbols = String::from_utf8(output.stdout).expect("nm prints ASCII");
    let exported: BTreeSet<_> = symbols
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2))
        .collect();
    let expected: BTreeSet<_> = others().into_iter().chain(EXPORTS).collect();
    assert_eq!(expected.len(), others().len() + EXPORTS.len());
    assert_eq!(exported, expected);
}

#[test]
fn the_library_has_a_soname_and_stays_loaded() {
    let library = library_folder().join("libuserstatus.so");
    let output = succeed(Command::new("readelf").arg("-dW").arg(&library));
    let dynamic = String::from_utf8(output.stdout).expect("readelf prints ASCII");
    assert!(
        dynamic.contains("soname: [libuserstatus.so.0]"),
        "{dynamic}"
    );
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}
