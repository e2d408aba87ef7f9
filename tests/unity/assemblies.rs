//! The Unity package's assemblies, compiled as Unity's editor compiles them: by the references and defines of their asmdefs, against
//! stand-ins for UnityEngine and UnityEditor, with every warning an error.
// Each test file uses a part of it.
#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What Unity's editor defines, of the oldest version that is supported.
const OLDEST: &str = "UNITY_5_3_OR_NEWER;UNITY_2019_3_OR_NEWER;UNITY_2019_4_OR_NEWER;UNITY_EDITOR;UNITY_INCLUDE_TESTS";

/// The same of those of today.
const DEFINES: &str = "UNITY_5_3_OR_NEWER;UNITY_2019_3_OR_NEWER;UNITY_2019_4_OR_NEWER;UNITY_2021_2_OR_NEWER;UNITY_EDITOR;UNITY_INCLUDE_TESTS";

/// Our stand-ins for Unity's own: name, folder of `tests/unity`, references.
const STAND_INS: [(&str, &str, &[&str]); 3] = [
    ("UnityEngine", "Engine", &[]),
    ("UnityEditor", "Editor", &["UnityEngine"]),
    ("UnityEngine.TestRunner", "TestRunner", &["UnityEngine"]),
];

/// The package's: name and folder, in the order in which they need each other.
const ASSEMBLIES: [(&str, &str); 8] = [
    ("Userstatus", "Runtime"),
    ("Userstatus.Classic", "Runtime/Classic"),
    ("Userstatus.Editor", "Editor"),
    ("Userstatus.Tests", "Tests/Runtime"),
    ("Userstatus.Editor.Tests", "Tests/Editor"),
    ("Userstatus.Samples.TwoPlayers", "Samples~/TwoPlayers"),
    ("Userstatus.Samples.FriendList", "Samples~/FriendList"),
    (
        "Userstatus.Samples.FriendList.Editor",
        "Samples~/FriendList/Editor",
    ),
];

pub(crate) fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("unity-bindings")
}

fn stand_ins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/unity")
}

/// Compiles everything into this folder.
pub(crate) fn compile_all(out: &Path) {
    compile_all_with(DEFINES, out);
}

/// The same as the oldest Unity sees it.
pub(crate) fn compile_all_for_the_oldest(out: &Path) {
    compile_all_with(OLDEST, out);
}

fn compile_all_with(defines: &str, out: &Path) {
    fs::create_dir_all(out).expect("the target directory can be written to");
    for (name, folder, references) in STAND_INS {
        compile(out, name, &sources(&stand_ins().join(folder)), references);
    }
    let all: Vec<_> = STAND_INS.iter().map(|(name, _, _)| *name).collect();
    for (name, folder) in ASSEMBLIES {
        let folder = package().join(folder);
        let asmdef = asmdef(&folder.join(format!("{name}.asmdef")));
        let mut references: Vec<_> = strings(&asmdef, "references")
            .into_iter()
            .filter(|reference| reference != "UnityEditor.TestRunner")
            .collect();
        let is_for_editor = strings(&asmdef, "includePlatforms") == ["Editor"];
        // UnityEditor only where an asmdef says so: what a player has must not need it.
        references.extend(
            all.iter()
                .filter(|name| **name == "UnityEngine" || is_for_editor && **name == "UnityEditor")
                .map(|name| (*name).to_owned()),
        );
        references.extend(strings(&asmdef, "precompiledReferences"));
        let references: Vec<_> = references.iter().map(String::as_str).collect();
        let output = out.join(format!("{name}.dll"));
        let mut command = compiler(&output, "-t:library", defines, out, &references);
        succeed(command.args(sources(&folder)));
    }
}

/// Compiles what a WebGL player has of the package, into this folder.
pub(crate) fn compile_for_web(out: &Path) {
    fs::create_dir_all(out).expect("the target directory can be written to");
    compile(
        out,
        "UnityEngine",
        &sources(&stand_ins().join("Engine")),
        &[],
    );
    let defines = DEFINES.replace("UNITY_EDITOR;UNITY_INCLUDE_TESTS", "UNITY_WEBGL");
    for (name, folder) in ASSEMBLIES {
        let folder = package().join(folder);
        let asmdef = asmdef(&folder.join(format!("{name}.asmdef")));
        let is_elsewhere = strings(&asmdef, "excludePlatforms").contains(&"WebGL".to_owned())
            || !strings(&asmdef, "includePlatforms").is_empty();
        if is_elsewhere {
            continue;
        }
        let mut references = strings(&asmdef, "references");
        references.push("UnityEngine".to_owned());
        let references: Vec<_> = references.iter().map(String::as_str).collect();
        let output = out.join(format!("{name}.dll"));
        let mut command = compiler(&output, "-t:library", &defines, out, &references);
        succeed(command.args(sources(&folder)));
    }
}

/// Compiles the program that plays with the fake player, into a folder of its own. It sees the package's inside by the name that the
/// tests of the package have.
pub(crate) fn compile_player(assemblies: &Path, out: &Path) -> PathBuf {
    fs::create_dir_all(out).expect("the target directory can be written to");
    let references = [
        "UnityEngine",
        "UnityEditor",
        "Userstatus",
        "Userstatus.Classic",
        "Userstatus.Editor",
        "Userstatus.Samples.TwoPlayers",
        "Userstatus.Samples.FriendList",
    ];
    for name in references {
        let file = format!("{name}.dll");
        fs::copy(assemblies.join(&file), out.join(&file)).expect("it was just compiled");
    }
    let program = out.join("Userstatus.Tests.exe");
    run_compiler(
        &program,
        "-t:exe",
        out,
        &sources(&stand_ins().join("Player")),
        &references,
    );
    program
}

/// Compiles a script as it would lie in a project's Assets, in no assembly of its own: it sees the package's assemblies that are referred to
/// by themselves, and `others`.
pub(crate) fn compile_script(assemblies: &Path, source: &Path, others: &[&str]) {
    let mut references = vec!["UnityEngine"];
    for (name, folder) in [
        ("Userstatus", "Runtime"),
        ("Userstatus.Classic", "Runtime/Classic"),
    ] {
        let path = package().join(folder).join(format!("{name}.asmdef"));
        if asmdef(&path)["autoReferenced"] == true {
            references.push(name);
        }
    }
    references.extend(others);
    compile_library(assemblies, source, &references);
}

/// Compiles a source into an assembly of its name.
pub(crate) fn compile_library(assemblies: &Path, source: &Path, references: &[&str]) {
    let output = source.with_extension("dll");
    run_compiler(
        &output,
        "-t:library",
        assemblies,
        &[source.to_owned()],
        references,
    );
}

pub(crate) fn asmdef(path: &Path) -> serde_json::Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn strings(value: &serde_json::Value, key: &str) -> Vec<String> {
    let list = value[key].as_array();
    list.unwrap_or_else(|| panic!("{key} is no array in {value}"))
        .iter()
        .map(|item| item.as_str().expect("a text").to_owned())
        .collect()
}

pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}; scripts/install-deps.sh installs what is missing")
    });
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn compile(out: &Path, name: &str, sources: &[PathBuf], references: &[&str]) {
    run_compiler(
        &out.join(format!("{name}.dll")),
        "-t:library",
        out,
        sources,
        references,
    );
}

fn run_compiler(
    output: &Path,
    target: &str,
    folder: &Path,
    sources: &[PathBuf],
    references: &[&str],
) {
    let mut command = compiler(output, target, DEFINES, folder, references);
    succeed(command.args(sources));
}

fn compiler(
    output: &Path,
    target: &str,
    defines: &str,
    folder: &Path,
    references: &[&str],
) -> Command {
    let mut command = Command::new("mcs");
    // Unity's compilers know more of the language; what this one compiles, all of them do.
    command.args([
        "-warnaserror",
        "-unsafe",
        "-langversion:7",
        "-debug",
        target,
    ]);
    command.arg(format!("-define:{defines}"));
    command.arg(format!("-out:{}", output.display()));
    for reference in references {
        let path = match *reference {
            "nunit.framework.dll" => nunit_framework(),
            name => folder.join(format!("{name}.dll")),
        };
        command.arg(format!("-r:{}", path.display()));
    }
    command
}

/// NUnit 2.6; Unity's is 3.5, and the tests keep to what both have.
fn nunit_framework() -> PathBuf {
    let folders = fs::read_dir("/usr/lib/cli").into_iter().flatten().flatten();
    folders
        .map(|folder| folder.path().join("nunit.framework.dll"))
        .find(|path| path.exists())
        .expect("NUnit is installed: scripts/install-deps.sh")
}

/// Not of folders below that are an assembly by themselves.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir)
            .expect("it is part of the project")
            .flatten()
        {
            let path = entry.path();
            if path.is_dir() {
                if !has_asmdef(&path) {
                    dirs.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "cs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no sources in {}", dir.display());
    found
}

fn has_asmdef(dir: &Path) -> bool {
    let mut entries = fs::read_dir(dir)
        .expect("it is part of the project")
        .flatten();
    entries.any(|entry| {
        entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "asmdef")
    })
}
