//! Makes the C header from the documentation of the exports, and tells the linker what libuserstatus is.
//!
//! The header goes to `OUT_DIR`; the committed copy in `include/` is compared with it by `tests/abi_header.rs`.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use userstatus_core::Code;

#[path = "src/keys.rs"]
mod keys;

/// The files of the exports, in the order they have in the header.
const EXPORTS: [&str; 12] = [
    "constants",
    "callback",
    "lifecycle",
    "login",
    "status",
    "listeners",
    "friends",
    "background",
    "network",
    "experimental",
    "pump",
    "clients",
];

/// What the header begins with.
const HEADER: &str = "\
/* SPDX-License-Identifier: Apache-2.0
 *
 * libuserstatus: user presence for games. Generated from the library's source by build.rs; do not edit.
 *
 * Functions, keys, enums and codes with the prefix TIM are those of the IM SDK whose ABI this library mirrors; those with the
 * prefix US are its own. S4, W2 and the like are rules of docs/rules.md.
 *
 * Texts are NUL-ended UTF-8 of at most 1 MiB. A function that takes a TIMCommCallback returns at once: 0, and the callback runs
 * exactly once; anything else, and it never runs. Callbacks may be NULL. All callbacks of a client run one after the other, in
 * order, on one thread (see USPump for which); they may call any function of this library, and may take their time: no heartbeat
 * is missed for it. Functions may be called from any thread. After fork the child must not use the library.
 *
 * A process has one client, which the functions mean that are told of none. One that needs more opens them: see USClient.
 *
 * JSON null is what is not there: for a whole argument the empty list or all defaults, for a key as if it were absent. Who asks about
 * nobody, or watches, blocks or deletes nobody, is told 0 and an empty list.
 *
 * The library also exports the rest of the mirrored API, for programs that link it. Those functions are not declared here and do
 * nothing: their callbacks are told 7013, and the JSON that the SDK hands over when they fail, which layers above it parse.
 */";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=cbindgen.toml");
    println!("cargo:rerun-if-changed=src/ffi");
    println!("cargo:rerun-if-changed=src/keys.rs");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    write_header(&root, &out.join("userstatus.h"));
    write_others(&root.join("src/ffi/others.tsv"), &out.join("others.rs"));
    link(&out);
}

fn write_header(root: &Path, path: &Path) {
    let mut config = cbindgen::Config::from_root_or_default(root);
    config.header = Some(HEADER.to_owned());
    config.after_includes = Some(preamble());
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in EXPORTS {
        builder = builder.with_src(root.join("src/ffi").join(file).with_extension("rs"));
    }
    builder
        .generate()
        .expect("the exports can be written in C")
        .write_to_file(path);
}

/// What cbindgen cannot make: string constants, numbers of another crate, and how symbols are imported.
fn preamble() -> String {
    let mut text = String::from(
        "
/* Before each function. Define US_STATIC when linking the static library on Windows. */
#if defined(_WIN32) && !defined(US_STATIC)
#define TIM_API __declspec(dllimport)
#elif defined(__GNUC__)
#define TIM_API __attribute__((visibility(\"default\")))
#else
#define TIM_API
#endif

/* The code of success, in callbacks. */
#ifndef ERR_SUCC
#define ERR_SUCC 0
#endif

/**
 * The code a callback is called with. Numbers never move. A newer server may send others.
 */
typedef enum USCode {
",
    );
    for code in Code::ALL {
        let name = screaming(code.name());
        writeln!(
            text,
            "    /**\n     * {}.\n     */",
            capitalised(code.text())
        )
        .expect("memory");
        writeln!(text, "    US_CODE_{name} = {},", code.number()).expect("memory");
    }
    text.push_str(
        "} USCode;\n\n/* The keys of JSON in and out, as macros: unused ones draw no warning. */\n",
    );
    for key in keys::ALL {
        writeln!(text, "\n/**\n *{}\n */", key.doc).expect("memory");
        writeln!(text, "#define {} \"{}\"", key.name, key.value).expect("memory");
    }
    text
}

/// "NotLoggedIn" as "NOT_LOGGED_IN".
fn screaming(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.extend(letter.to_uppercase());
    }
    text
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

/// An export for each line of the table; what they have in common stands in `src/ffi/others.rs`.
fn write_others(table: &Path, path: &Path) {
    let table = fs::read_to_string(table).expect("the table is part of the project");
    let functions: String = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(other)
        .collect();
    fs::write(path, functions).expect("OUT_DIR can be written to");
}

fn other(line: &str) -> String {
    let mut columns = line.split('\t');
    let mut column = || columns.next().expect("a line has three columns");
    let (name, returns, types) = (column(), column(), column());
    let on_failure = columns.next().unwrap_or_default();
    let is_batch = on_failure == "batch";
    let types: Vec<_> = types
        .split(", ")
        .filter(|type_in_c| *type_in_c != "void")
        .collect();
    let mut parameters = String::new();
    let mut out_buffers = String::new();
    // Of two the last is told the result; the first, of TIMMsgSendNewMsgEx, the id of a message that there is not.
    let callback = types.iter().rposition(|type_in_c| {
        matches!(
            *type_in_c,
            "TIMCommCallback" | "TIMMsgGroupMessageReadMemberListCallback"
        )
    });
    for (at, type_in_c) in types.iter().enumerate() {
        let type_in_rust = match *type_in_c {
            "const char*" => "*const c_char",
            "char*" => "*mut c_char",
            "const void*" => "*const c_void",
            // Not Rust's: whatever a caller writes there must be a value.
            "bool" => "u8",
            "int"
            | "TIMConvType"
            | "enum TIMConvType"
            | "TIMReceiveMessageOpt"
            | "TIMGroupMessageReadMembersFilter" => "c_int",
            "int32_t" => "i32",
            "int64_t" => "i64",
            "uint32_t" => "u32",
            "uint64_t" => "u64",
            "TIMCommCallback" => "TIMCommCallback",
            "TIMMsgGroupMessageReadMemberListCallback" => "MemberListCallback",
            listener if listener.starts_with("TIM") && listener.ends_with("Callback") => {
                "AnyCallback"
            }
            unknown => panic!("{name}: what is {unknown} in Rust?"),
        };
        if type_in_rust == "*mut c_char" {
            writeln!(
                out_buffers,
                "    // SAFETY: promised by the caller.\n    unsafe {{ write_empty(a{at}) }};"
            )
            .expect("memory");
        }
        let is_used = callback == Some(at)
            || at > 0 && callback == Some(at - 1)
            || at == 0 && is_batch
            || type_in_rust == "*mut c_char";
        let unused = if is_used { "" } else { "_" };
        write!(parameters, "{unused}a{at}: {type_in_rust}, ").expect("memory");
    }
    let (result, body) = match (returns, callback.map(|at| (at, types[at]))) {
        ("void", None) => ("", format!("ignore_callback(\"{name}\");")),
        ("int", None) => (" -> c_int", format!("ignore(\"{name}\")")),
        ("int", Some((at, "TIMCommCallback"))) if is_batch => (
            " -> c_int",
            format!(
                "// SAFETY: promised by the caller.\n    unsafe {{ refuse_batch(\"{name}\", a0, a{at}, a{}) }}",
                at + 1
            ),
        ),
        ("int", Some((at, "TIMCommCallback"))) => (
            " -> c_int",
            format!("refuse(\"{name}\", {on_failure:?}, a{at}, a{})", at + 1),
        ),
        ("int", Some((at, _))) => (
            " -> c_int",
            format!("refuse_members(\"{name}\", a{at}, a{})", at + 1),
        ),
        (returns, _) => panic!("{name}: what does a function do that returns {returns}?"),
    };
    format!(
        "/// Not part of this library: see `others`.\n///\n/// # Safety\n/// What the SDK's header asks for.\n#[unsafe(no_mangle)]\n\
         pub unsafe extern \"C\" fn {name}({parameters}){result} {{\n{out_buffers}    {body}\n}}\n\n"
    )
}

fn link(out: &Path) {
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => link_for_linux(out),
        Ok("android") => link_for_android(),
        Ok("macos") => {
            // Found beside the program, wherever that lies.
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libuserstatus.dylib");
        }
        _ => {}
    }
}

fn link_for_android() {
    // No number: the APK has the library under one name.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libuserstatus.so");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    // Devices with pages of 16 KB load nothing that is aligned to less.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,max-page-size=16384");
}

fn link_for_linux(out: &Path) {
    // Programs record the name with the number: it changes when the ABI does.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libuserstatus.so.0");
    // Unloading would pull the code from under the callback thread.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    // Programs linked against a library in the target folder find it there under its soname, as they will where it is installed.
    // Both names lead to deps: `cargo test` leaves an older library in the folder above as it is. OUT_DIR is
    // <target>/<profile>/build/<name>/out.
    #[cfg(unix)]
    if let Some(profile) = out.ancestors().nth(3) {
        for (folder, library) in [("", "deps/libuserstatus.so"), ("deps", "libuserstatus.so")] {
            let name = profile.join(folder).join("libuserstatus.so.0");
            if !fs::read_link(&name).is_ok_and(|target| target == Path::new(library)) {
                // Two builds at the same time may both try; a program that does not find it will say so.
                let _ = fs::remove_file(&name);
                let _ = std::os::unix::fs::symlink(library, &name);
            }
        }
    }
}
