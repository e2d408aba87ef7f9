//! What the systems of players and operators need of a file. A change here is a change of what users must have: docs/platforms.md.

use std::borrow::Cow;

use crate::facts::Version;

/// A program or library of a platform.
#[derive(Clone)]
pub(crate) struct Artifact {
    /// Below dist/platforms.
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
    /// The machines it is for, and the oldest system it may ask for on each. There is no such number in what is made for Android and in
    /// what is linked statically.
    pub(crate) machines: &'static [(&'static str, Option<Version>)],
    /// The libraries of the system it may want. Small letters for Windows.
    pub(crate) needed: &'static [&'static str],
    /// Soname or install name.
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) alignment_bytes_min: u64,
    /// Of one machine.
    pub(crate) size_bytes_max: usize,
    /// Where there is one: the list of every name it may want of the system.
    pub(crate) imports: Option<&'static str>,
}

impl Artifact {
    /// The same of a file that goes by another name, and says so.
    pub(crate) fn renamed(&self, file: &str) -> Self {
        let name = self.name.as_ref().map(|name| {
            let folder = name.rfind('/').map_or("", |at| &name[..=at]);
            Cow::Owned(format!("{folder}{file}"))
        });
        Self {
            name,
            ..self.clone()
        }
    }
}

#[derive(PartialEq, Clone, Copy)]
pub(crate) enum Kind {
    /// Exports the ABI and nothing else.
    Library,
    /// Has the ABI, and names that its objects have for each other.
    StaticLibrary,
    Program,
    /// A program that wants nothing of the system but its kernel.
    StaticProgram,
    /// For web pages. It has functions of its own, and scripts/web.sh sees to it that it wants nothing.
    Module,
}

const MB: usize = 1_000_000;
const PAGE_4K: u64 = 4096;
/// Devices with Android 15 may have such pages.
const PAGE_16K: u64 = 16384;
const GLIBC: Option<Version> = Some((2, 17));

const ANDROID: &[&str] = &["libc.so", "libdl.so"];
/// Of each line the second word is the name.
const ANDROID_SYMBOLS: &str = include_str!("../../../packaging/platforms/android/bionic.symbols");
const GLIBC_SYMBOLS: &str = include_str!("../../../packaging/platforms/linux/glibc.symbols");
const WINDOWS: &[&str] = &[
    "advapi32.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
    "bcrypt.dll",
    "bcryptprimitives.dll",
    "crypt32.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "secur32.dll",
    "userenv.dll",
    "ws2_32.dll",
];

const fn android(
    path: &'static str,
    machine: &'static [(&'static str, Option<Version>)],
) -> Artifact {
    Artifact {
        path,
        kind: Kind::Library,
        machines: machine,
        needed: ANDROID,
        name: Some(Cow::Borrowed("libuserstatus.so")),
        alignment_bytes_min: PAGE_16K,
        size_bytes_max: 5 * MB / 2,
        imports: Some(ANDROID_SYMBOLS),
    }
}

pub(crate) const ARTIFACTS: &[Artifact] = &[
    Artifact {
        path: "linux-x86_64/libuserstatus.so",
        kind: Kind::Library,
        machines: &[("x86_64", GLIBC)],
        needed: &[
            "ld-linux-x86-64.so.2",
            "libc.so.6",
            "libdl.so.2",
            "libm.so.6",
            "libpthread.so.0",
        ],
        name: Some(Cow::Borrowed("libuserstatus.so.0")),
        alignment_bytes_min: PAGE_4K,
        size_bytes_max: 5 * MB / 2,
        imports: Some(GLIBC_SYMBOLS),
    },
    Artifact {
        path: "linux-arm64/libuserstatus.so",
        kind: Kind::Library,
        machines: &[("arm64", GLIBC)],
        needed: &[
            "ld-linux-aarch64.so.1",
            "libc.so.6",
            "libdl.so.2",
            "libm.so.6",
            "libpthread.so.0",
        ],
        name: Some(Cow::Borrowed("libuserstatus.so.0")),
        // Some kernels have pages of 64 KB.
        alignment_bytes_min: 65536,
        size_bytes_max: 5 * MB / 2,
        imports: Some(GLIBC_SYMBOLS),
    },
    Artifact {
        path: "windows-x86_64/userstatus.dll",
        kind: Kind::Library,
        // What MinGW writes for every program; Rust's standard library asks for Windows 10.
        machines: &[("x86_64", Some((5, 2)))],
        needed: WINDOWS,
        name: Some(Cow::Borrowed("userstatus.dll")),
        alignment_bytes_min: 0,
        size_bytes_max: 5 * MB / 2,
        imports: None,
    },
    Artifact {
        path: "macos/libuserstatus.dylib",
        kind: Kind::Library,
        machines: &[("x86_64", Some((10, 13))), ("arm64", Some((11, 0)))],
        needed: &[
            "/System/Library/Frameworks/CoreFoundation.framework/Versions/A/CoreFoundation",
            "/System/Library/Frameworks/Security.framework/Versions/A/Security",
            "/usr/lib/libSystem.B.dylib",
            "/usr/lib/libiconv.2.dylib",
        ],
        name: Some(Cow::Borrowed("@rpath/libuserstatus.dylib")),
        alignment_bytes_min: 0,
        size_bytes_max: 5 * MB / 2,
        imports: None,
    },
    Artifact {
        path: "ios/UserStatus.xcframework/ios-arm64/libuserstatus.a",
        kind: Kind::StaticLibrary,
        machines: &[("arm64", Some((12, 0)))],
        needed: &[],
        name: None,
        alignment_bytes_min: 0,
        size_bytes_max: 12 * MB,
        imports: None,
    },
    Artifact {
        path: "ios/UserStatus.xcframework/ios-arm64-simulator/libuserstatus.a",
        kind: Kind::StaticLibrary,
        machines: &[("arm64", Some((14, 0)))],
        needed: &[],
        name: None,
        alignment_bytes_min: 0,
        size_bytes_max: 12 * MB,
        imports: None,
    },
    android("android-arm64-v8a/libuserstatus.so", &[("arm64", None)]),
    android("android-armeabi-v7a/libuserstatus.so", &[("armv7", None)]),
    android("android-x86_64/libuserstatus.so", &[("x86_64", None)]),
    Artifact {
        path: "web/userstatus.wasm",
        kind: Kind::Module,
        machines: &[("wasm", None)],
        needed: &[],
        name: None,
        alignment_bytes_min: 0,
        size_bytes_max: 150_000,
        imports: None,
    },
    Artifact {
        path: "server-linux-x86_64-musl/userstatusd",
        kind: Kind::StaticProgram,
        machines: &[("x86_64", None)],
        needed: &[],
        name: None,
        alignment_bytes_min: PAGE_4K,
        size_bytes_max: 12 * MB,
        imports: None,
    },
    Artifact {
        path: "server-linux-arm64/userstatusd",
        kind: Kind::Program,
        machines: &[("arm64", GLIBC)],
        needed: &[
            "ld-linux-aarch64.so.1",
            "libc.so.6",
            "libdl.so.2",
            "libm.so.6",
            "libpthread.so.0",
        ],
        name: None,
        alignment_bytes_min: 65536,
        size_bytes_max: 12 * MB,
        imports: None,
    },
    Artifact {
        path: "server-windows-x86_64/userstatusd.exe",
        kind: Kind::Program,
        machines: &[("x86_64", Some((5, 2)))],
        needed: WINDOWS,
        name: None,
        alignment_bytes_min: 0,
        size_bytes_max: 12 * MB,
        imports: None,
    },
];
