//! The Unity package, `unity-bindings`: that Unity would take it as it lies there, that it is what the library's source makes, and that
//! it compiles and its own tests pass.

mod abi_support;
#[path = "unity/assemblies.rs"]
mod assemblies;
#[path = "unity/signatures.rs"]
mod signatures;

use abi_support::{library_folder, root, scratch, succeed};
use assemblies::{
    asmdef, compile_all, compile_all_for_the_oldest, compile_for_web, compile_library,
    compile_script, package, strings,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use userstatus_core::Code;

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file and folder below, by its path from there; not what the project does not commit.
fn everything_below(top: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut dirs = vec![top.to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(&dir).expect("it is there").flatten() {
            let path = entry.path();
            let relative = path.strip_prefix(top).expect("it lies below");
            let name = relative.to_str().expect("a UTF-8 name").to_owned();
            if path.is_dir() {
                dirs.push(path);
            }
            if !is_native_library(&name) {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

/// What `make unity-plugins` puts there.
fn is_native_library(name: &str) -> bool {
    let file = name.rsplit('/').next().expect("there is a last part");
    name.starts_with("Runtime/Plugins/")
        && (file.starts_with("libuserstatus.") || file.starts_with("userstatus.dll"))
}

/// Whether Unity looks at it. What lies in an Android library project is one asset with it.
fn is_visible(name: &str) -> bool {
    !name
        .split('/')
        .any(|part| part.starts_with('.') || part.ends_with('~'))
        && !name.contains(".androidlib/")
}

/// The GUID of a `.meta`.
fn guid_of(path: &Path) -> String {
    let text = read(path);
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("fileFormatVersion: 2"),
        "{}",
        path.display()
    );
    let guid = lines.next().and_then(|line| line.strip_prefix("guid: "));
    let guid = guid.unwrap_or_else(|| panic!("{} has no guid", path.display()));
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    assert!(
        guid.len() == 32 && guid.bytes().all(is_hex),
        "{}: {guid} is no GUID",
        path.display()
    );
    assert!(
        text.contains("Importer:\n") && text.ends_with("  assetBundleVariant: \n"),
        "{} is cut short",
        path.display()
    );
    assert!(
        !text.contains('\r') && !text.contains('\t'),
        "{} is not as Unity writes it",
        path.display()
    );
    guid.to_owned()
}

#[test]
fn every_visible_file_and_folder_has_a_meta_with_a_guid_of_its_own() {
    let all: BTreeSet<_> = everything_below(&package()).into_iter().collect();
    let mut owners = BTreeMap::new();
    for name in &all {
        if let Some(owner) = name.strip_suffix(".meta") {
            let path = package().join(name);
            let is_template = name.starts_with("Plugins~/");
            if !is_template {
                assert!(
                    is_visible(name),
                    "{name}: Unity does not look at {owner}, and needs no .meta"
                );
                assert!(
                    all.contains(owner),
                    "{name} is an orphan: Unity deletes it, with a warning"
                );
                let is_folder = read(&path).contains("folderAsset: yes\n");
                assert_eq!(is_folder, package().join(owner).is_dir(), "{name}");
            }
            if let Some(other) = owners.insert(guid_of(&path), name.clone()) {
                panic!("{name} has the GUID of {other}");
            }
        } else if is_visible(name) {
            assert!(
                all.contains(&format!("{name}.meta")),
                "{name} has no .meta: scripts/unity-meta.sh"
            );
        }
    }
}

#[test]
fn every_native_library_has_import_settings_for_its_platform_and_a_folder_that_says_so() {
    let mut platforms = BTreeSet::new();
    let takes_all = read(&root().join("scripts/unity-plugins.sh"));
    for name in everything_below(&package().join("Plugins~")) {
        let Some(library) = name.strip_suffix(".meta") else {
            continue;
        };
        assert!(
            takes_all.contains(&format!(" {library}\n")),
            "what `make platforms` builds for {library} does not come into the package"
        );
        let settings = read(&package().join("Plugins~").join(&name));
        let (folder, file) = library.rsplit_once('/').expect("it has a folder");
        let note = read(
            &package()
                .join("Runtime/Plugins")
                .join(folder)
                .join("README.txt"),
        );
        assert!(
            note.starts_with(&format!("{file} goes here")),
            "{folder}: {note}"
        );
        // A library that is for every platform is loaded on those it was not built for.
        assert!(
            settings.contains("      Any: \n    second:\n      enabled: 0\n"),
            "{name}"
        );
        let enabled: Vec<_> = settings
            .split("  - first:\n")
            .skip(1)
            .filter(|platform| platform.contains("enabled: 1"))
            .map(|platform| platform.lines().next().expect("a line").trim().to_owned())
            .collect();
        let expected: &[&str] = match folder.split('/').next().expect("a part") {
            "Windows" => &["Editor: Editor", "Standalone: Win64"],
            "Linux" => &["Editor: Editor", "Standalone: Linux64"],
            "macOS" => &["Editor: Editor", "Standalone: OSXUniversal"],
            "Android" => &["Android: Android"],
            "iOS" => &["iPhone: iOS"],
            other => panic!("Unity knows no {other}"),
        };
        assert_eq!(enabled, expected, "{name}");
        assert_eq!(
            settings.contains("AndroidSharedLibraryType: Executable\n"),
            folder.starts_with("Android/"),
            "{name}: Unity asks what a library of Android is for, and nothing else"
        );
        platforms.insert(folder.to_owned());
    }
    assert_eq!(platforms.len(), 7, "{platforms:?}");
}

/// What a player's system has to be told.
#[test]
fn android_is_asked_for_sockets_and_apple_told_what_is_collected() {
    let plugins = package().join("Runtime/Plugins");
    let is_for = |asset: &str, platform: &str| {
        let settings = read(&plugins.join(format!("{asset}.meta")));
        let enabled: Vec<_> = settings
            .split("  - first:\n")
            .skip(1)
            .filter(|part| part.contains("enabled: 1"))
            .map(|part| part.lines().next().expect("a line").trim().to_owned())
            .collect();
        assert_eq!(enabled, [platform], "{asset}");
    };
    is_for("Android/userstatus.androidlib", "Android: Android");
    is_for("iOS/PrivacyInfo.xcprivacy", "iPhone: iOS");
    let project = plugins.join("Android/userstatus.androidlib");
    let manifest = read(&project.join("AndroidManifest.xml"));
    for permission in ["INTERNET", "ACCESS_NETWORK_STATE"] {
        assert!(
            manifest.contains(&format!("\"android.permission.{permission}\"")),
            "{permission}"
        );
    }
    assert_eq!(
        read(&project.join("project.properties")),
        "android.library=true\n"
    );
    succeed(Command::new("python3").args([
        "-c",
        "import plistlib, sys; told = plistlib.load(open(sys.argv[1], 'rb')); \
         assert told['NSPrivacyTracking'] is False and not told['NSPrivacyTrackingDomains']; \
         assert all(kind['NSPrivacyCollectedDataTypeTracking'] is False for kind in told['NSPrivacyCollectedDataTypes']); \
         assert len(told['NSPrivacyAccessedAPITypes']) == 2",
        plugins
            .join("iOS/PrivacyInfo.xcprivacy")
            .to_str()
            .expect("a UTF-8 path"),
    ]));
}

#[test]
fn the_version_is_the_librarys_and_the_changelog_has_it() {
    let manifest = asmdef(&package().join("package.json"));
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["name"], "com.userstatus.unity");
    assert_eq!(manifest["unity"], "2019.4");
    let changelog = read(&package().join("CHANGELOG.md"));
    let heading = format!("## [{}]", env!("CARGO_PKG_VERSION"));
    assert!(
        changelog.contains(&heading),
        "CHANGELOG.md has no {heading}"
    );
    assert_eq!(
        read(&package().join("LICENSE.md")),
        read(&root().join("LICENSE"))
    );
}

#[test]
fn the_samples_the_package_names_are_there_and_have_a_readme() {
    let manifest = asmdef(&package().join("package.json"));
    let samples = manifest["samples"].as_array().expect("an array");
    let mut named = BTreeSet::new();
    for sample in samples {
        let path = sample["path"].as_str().expect("a path");
        assert!(package().join(path).join("README.md").exists(), "{path}");
        named.insert(path.to_owned());
    }
    let there: BTreeSet<_> = fs::read_dir(package().join("Samples~"))
        .expect("there are samples")
        .flatten()
        .map(|entry| format!("Samples~/{}", entry.file_name().to_string_lossy()))
        .collect();
    assert_eq!(named, there);
}

#[test]
fn assembly_definitions_refer_to_what_is_there() {
    let paths: Vec<_> = everything_below(&package())
        .into_iter()
        .filter(|name| name.ends_with(".asmdef"))
        .collect();
    let definitions: Vec<_> = paths
        .iter()
        .map(|path| asmdef(&package().join(path)))
        .collect();
    let mut known: BTreeSet<_> = ["UnityEngine.TestRunner", "UnityEditor.TestRunner"]
        .map(str::to_owned)
        .into();
    for (path, definition) in paths.iter().zip(&definitions) {
        let name = definition["name"].as_str().expect("a name");
        assert!(
            path.ends_with(&format!("/{name}.asmdef")),
            "{path} is called {name}"
        );
        assert!(known.insert(name.to_owned()), "two are called {name}");
    }
    for (path, definition) in paths.iter().zip(&definitions) {
        for reference in strings(definition, "references") {
            assert!(known.contains(&reference), "{path} refers to {reference}");
        }
        let is_for_tests = path.starts_with("Tests/");
        assert_eq!(
            strings(definition, "defineConstraints") == ["UNITY_INCLUDE_TESTS"],
            is_for_tests,
            "{path}: tests, and only they, stay out of projects that have no tests"
        );
        let is_for_editor = path.contains("Editor/");
        assert_eq!(
            strings(definition, "includePlatforms") == ["Editor"],
            is_for_editor,
            "{path}: what is for the editor must not be in a player"
        );
    }
}

/// `US_UPDATE_HEADER=1` (or `make header`) writes them anew.
#[test]
fn the_committed_error_codes_are_those_of_the_table() {
    let mut made = String::from(
        "// Generated from the table of codes in crates/core; do not edit. `make header` writes it anew.\n\n\
         namespace Userstatus\n{\n    \
         /// <summary>Why a call was not done. Numbers never move; a newer server may send others.</summary>\n    \
         public enum ErrorCode\n    {\n",
    );
    for (at, code) in Code::ALL.iter().enumerate() {
        let text = code.text();
        let mut letters = text.chars();
        let first: String = letters
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .collect();
        let sentence = format!("{first}{}.", letters.as_str());
        let escaped = sentence.replace('&', "&amp;").replace('<', "&lt;");
        let between = if at == 0 { "" } else { "\n" };
        made.push_str(&format!(
            "{between}        /// <summary>{escaped}</summary>\n        {} = {},\n",
            code.name(),
            code.number()
        ));
    }
    made.push_str("    }\n}\n");
    let path = package().join("Runtime/ErrorCode.cs");
    if std::env::var_os("US_UPDATE_HEADER").is_some() {
        fs::write(&path, &made).expect("the file can be written");
    }
    assert!(
        read(&path) == made,
        "Runtime/ErrorCode.cs is not what the table of codes makes: `make header`"
    );
}

#[test]
fn keys_are_those_of_the_header() {
    let header = read(&root().join("include/userstatus.h"));
    let keys = read(&package().join("Runtime/Json/Keys.cs"));
    let keys: Vec<_> = keys
        .lines()
        .filter_map(|line| line.trim().strip_prefix("internal const string "))
        .filter_map(|line| line.split('"').nth(1))
        .collect();
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        assert!(
            header.contains(&format!("\"{key}\"")),
            "the header does not know {key}"
        );
    }
}

/// A number that is too short, or a pointer too few, is seen by no compiler, and on some platforms by no test.
#[test]
fn what_csharp_imports_is_declared_so_in_the_header() {
    let declared = signatures::of_header(&read(&root().join("include/userstatus.h")));
    let imported = signatures::of_csharp(&read(&package().join("Runtime/Native/NativeMethods.cs")));
    assert!(imported.len() > 30, "{:?}", imported.keys());
    for (name, signature) in &imported {
        let expected = declared
            .get(name)
            .unwrap_or_else(|| panic!("the header declares no {name}"));
        assert!(
            signature.fits(expected),
            "{name} is {signature:?}, and in the header {expected:?}"
        );
    }
    // That this can fail.
    let wrong = |from: &str, to: &str| {
        let source = read(&package().join("Runtime/Native/NativeMethods.cs"));
        assert!(source.contains(from), "{from}");
        let imported = signatures::of_csharp(&source.replace(from, to));
        imported
            .iter()
            .filter(|(name, signature)| !declared.get(*name).is_some_and(|c| signature.fits(c)))
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        wrong("TIMInit(ulong appId", "TIMInit(uint appId"),
        ["TIMInit"]
    );
    assert_eq!(
        wrong(
            "extern ulong TIMGetServerTime()",
            "extern int TIMGetServerTime()"
        ),
        ["TIMGetServerTime"]
    );
    assert_eq!(
        wrong(
            "TIMLogin(byte[] userId, byte[] userSig",
            "TIMLogin(byte[] userId"
        ),
        ["TIMLogin"]
    );
    assert_eq!(
        wrong(
            "void MillisecondsCallback(ulong lengthMs",
            "void MillisecondsCallback(uint lengthMs"
        ),
        [
            "USClientSetUserSigExpiringCallback",
            "USSetUserSigExpiringCallback"
        ]
    );
    assert_eq!(
        wrong("out ulong client", "out uint client"),
        ["USClientOpen"]
    );
    assert_eq!(
        wrong("TIMSetConfig(byte[] config", "TIMSetConfig(IntPtr config"),
        ["TIMSetConfig"],
        "texts are marshalled, and pointers are not"
    );
    assert_eq!(wrong("int USPump(", "int USPumped("), ["USPumped"]);
}

/// Pages have one thread. What needs another compiles all the same, and is never heard of again: timers, thread pools, threads, time-outs.
#[test]
fn what_a_webgl_player_has_of_the_package_needs_no_second_thread() {
    const NEED_A_THREAD: [&str; 11] = [
        "ThreadPool",
        "QueueUserWorkItem",
        "TaskScheduler",
        "Delay",
        "CancelAfter",
        "Timer",
        "Sleep",
        "set_IsBackground",
        "WaitAny",
        "ManualResetEvent",
        "AutoResetEvent",
    ];
    let folder = scratch().join(format!("unity-threads-{}", std::process::id()));
    let (for_web, for_all) = (folder.join("web"), folder.join("all"));
    compile_for_web(&for_web);
    compile_all(&for_all);
    let uses = |folder: &Path, name: &str| {
        let bytes = fs::read(folder.join(format!("{name}.dll"))).expect("it was just compiled");
        // Names of what an assembly refers to stand in it one after the other, each with a NUL behind it.
        let words: BTreeSet<_> = bytes.split(|byte| *byte == 0).collect();
        NEED_A_THREAD
            .into_iter()
            .filter(|one| words.contains(one.as_bytes()))
            .collect::<Vec<_>>()
    };
    let names = [
        "Userstatus",
        "Userstatus.Classic",
        "Userstatus.Samples.FriendList",
        "Userstatus.Samples.TwoPlayers",
    ];
    for name in names {
        assert_eq!(uses(&for_web, name), [""; 0], "{name}");
    }
    // That this can fail.
    let elsewhere = uses(&for_all, "Userstatus");
    assert!(elsewhere.contains(&"QueueUserWorkItem") && elsewhere.contains(&"Sleep"));
    let _ = fs::remove_dir_all(folder);
}

#[test]
fn what_a_webgl_player_calls_is_in_its_script() {
    let script = read(&package().join("Runtime/Plugins/WebGL/userstatus.jslib"));
    let native = read(&package().join("Runtime/Native/NativeMethods.cs"));
    // What stands behind an #else has another form here.
    let (mut is_of_others, mut imported) = (false, Vec::new());
    let methods = native.lines().skip_while(|line| !line.contains(" extern "));
    for line in methods {
        match line.trim() {
            "#else" => is_of_others = true,
            "#endif" => is_of_others = false,
            line if !is_of_others => imported.push(line),
            _ => {}
        }
    }
    let web = read(&package().join("Runtime/Native/WebMethods.cs"));
    let mut seen = 0;
    for line in imported.into_iter().chain(web.lines()) {
        let Some((_, declared)) = line.split_once(" extern ") else {
            continue;
        };
        let method = declared.split(['(', ' ']).nth(1).expect("a name");
        let parameters = declared.split(',').count();
        seen += 1;
        let begin = format!("\n  {method}: function (");
        let (_, defined) = script
            .split_once(&begin)
            .unwrap_or_else(|| panic!("userstatus.jslib has no {method}"));
        let defined = defined.split(')').next().expect("its parameters");
        let is_bare = declared.contains("()");
        let expected = if is_bare { 0 } else { parameters };
        let count = defined.split(',').filter(|name| !name.is_empty()).count();
        assert_eq!(count, expected, "{method}({defined})");
    }
    assert!(seen > 25, "only {seen} were found: look where they stand");

    // What the script says for itself is what the library says.
    let source = |name: &str| read(&root().join("src").join(name));
    let lifecycle = source("ffi/lifecycle.rs");
    let mirrored = lifecycle
        .split("c\"")
        .nth(1)
        .and_then(|at| at.split('"').next());
    let mirrored = mirrored.expect("the version that is mirrored");
    let own = env!("CARGO_PKG_VERSION");
    assert!(script.contains(&format!("MIRRORED_VERSION: '{mirrored}',")));
    assert!(script.contains(&format!(" VERSION: '{own}',")));
    let operations = source("sdk/operation.rs");
    let harmless: Vec<_> = operations
        .split('"')
        .filter(|text| text.starts_with("internal_operation_"))
        .collect();
    assert!(harmless.len() > 5, "{harmless:?}");
    for name in harmless {
        assert!(script.contains(&format!("'{name}'")), "no {name}");
    }
}

/// What the tests of the package compare with is what a server takes.
#[test]
fn the_usersig_in_the_tests_is_genuine() {
    const APP_ID: u64 = 1_400_000_001;
    let text = |file: &str, name: &str| {
        let source = read(&package().join(file));
        let (_, after) = source
            .split_once(&format!("const string {name} ="))
            .unwrap_or_else(|| panic!("{file} has no {name}"));
        after.split('"').nth(1).expect("a text").to_owned()
    };
    let key = text("Tests/Editor/UserSigMinterTests.cs", "Key");
    let key = userstatus_usersig::SecretKey::new(&key).expect("neither empty nor too long");
    let minted = text("Tests/Editor/UserSigMinterTests.cs", "Minted");
    let claims = userstatus_usersig::verify(&minted, APP_ID, "alice", &[key], 1_800_000_001, 0)
        .expect("it is genuine")
        .claims;
    assert_eq!(
        (claims.issued_at_s, claims.expire_s),
        (1_800_000_000, 86_400)
    );
}

/// 70001 to 70003 is three of them.
fn codes_in_table(document: &str) -> BTreeSet<(i32, String)> {
    let mut found = BTreeSet::new();
    for row in document.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let numbers: Vec<i32> = cells[1]
            .split([',', '、', ' '])
            .filter_map(|word| word.parse().ok())
            .collect();
        let names: Vec<_> = cells[2]
            .split([',', '、', ' '])
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        let numbers: Vec<i32> = match *numbers {
            [first, last] if names.len() == 3 => (first..=last).collect(),
            _ => numbers,
        };
        // Troubleshooting begins rows with numbers, too.
        if numbers.len() == names.len() {
            found.extend(numbers.into_iter().zip(names));
        }
    }
    found
}

#[test]
fn the_tables_of_errors_have_every_code() {
    let all: BTreeSet<_> = Code::ALL
        .iter()
        .filter(|code| **code != Code::Ok)
        .map(|code| (code.number(), code.name().to_owned()))
        .collect();
    for file in ["index.md", "index.zh-CN.md"] {
        let document = read(&package().join("Documentation~").join(file));
        assert_eq!(codes_in_table(&document), all, "{file}");
    }
}

/// Each platform that the package has a folder for, in both languages.
#[test]
fn the_documents_say_of_each_platform_what_was_tried() {
    let plugins = fs::read_dir(package().join("Runtime/Plugins")).expect("it is there");
    let platforms: BTreeSet<_> = plugins
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(platforms.len() >= 6, "{platforms:?}");
    for (file, heading) in [
        ("index.md", "## What was tried"),
        ("index.zh-CN.md", "## 哪些试过"),
    ] {
        let document = read(&package().join("Documentation~").join(file));
        let (_, after) = document.split_once(heading).expect("it has this part");
        let part = after.split("\n## ").next().expect("there is a first part");
        for platform in &platforms {
            assert!(
                part.contains(&format!("\n| {platform}")),
                "{file}: {platform}"
            );
        }
    }
}

/// What a link to a part of this document may say behind the `#`.
fn headings(document: &str) -> BTreeSet<String> {
    document
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|heading| heading.to_lowercase().replace(' ', "-"))
        .collect()
}

#[test]
fn links_of_the_documents_lead_somewhere() {
    for file in everything_below(&package()) {
        if !file.ends_with(".md") || file == "LICENSE.md" {
            continue;
        }
        let text = read(&package().join(&file));
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().expect("there is a first part");
            if link.contains("://") {
                continue;
            }
            let (to, heading) = link.split_once('#').unwrap_or((link, ""));
            let folder = package().join(&file);
            let folder = folder.parent().expect("it lies in a folder");
            let target = match to {
                "" => package().join(&file),
                to => folder.join(to),
            };
            assert!(target.exists(), "{file} leads to {link}");
            assert!(
                heading.is_empty() || headings(&read(&target)).contains(heading),
                "{file} leads to {link}"
            );
        }
    }
}

/// Everything compiles as Unity's editor compiles it, and the tests pass that need no frames.
#[test]
fn it_compiles_without_warnings_and_its_own_tests_pass() {
    let folder = scratch().join(format!("unity-package-{}", std::process::id()));
    compile_all_for_the_oldest(&folder.join("oldest"));
    compile_all(&folder);
    let readme = read(&package().join("README.md"));
    let script = readme
        .split_once("```csharp\n")
        .and_then(|(_, after)| after.split_once("```"))
        .expect("it shows a script")
        .0;
    let pasted = folder.join("WhoIsOnline.cs");
    fs::write(&pasted, script).expect("the folder is there");
    compile_script(&folder, &pasted, &[]);
    both_sdks_in_one_project(&folder);
    let output = Command::new("nunit-console")
        .args(["-nologo", "-noshadow", "-noresult"])
        .args(["Userstatus.Tests.dll", "Userstatus.Editor.Tests.dll"])
        .current_dir(&folder)
        .env("LD_LIBRARY_PATH", library_folder())
        .env_remove("USERSTATUS_SERVER")
        .output()
        .expect("nunit-console is installed: scripts/install-deps.sh");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let ran: u32 = said
        .split_once("Tests run: ")
        .and_then(|(_, after)| after.split(',').next()?.parse().ok())
        .unwrap_or_else(|| panic!("it does not say how many tests ran: {said}"));
    assert!(ran > 130 && said.contains("Not run: 0,"), "{said}");
    let _ = fs::remove_dir_all(folder);
}

/// A project that has the IM SDK's own package as well, which is moved over bit by bit: scripts in no assembly of their own see that one, those in
/// an assembly that refers to the classic interface see this one, and nobody sees two types of a name.
fn both_sdks_in_one_project(assemblies: &Path) {
    let source = |name: &str, text: &str| {
        let path = assemblies.join(name);
        fs::write(&path, text).expect("the folder is there");
        path
    };
    let other = source(
        "TheirSdk.cs",
        "namespace com.tencent.imsdk.unity { public static class TencentIMSDK { public static int MsgSendMessage() { return 0; } } }",
    );
    compile_library(assemblies, &other, &[]);
    let unmoved = source(
        "Unmoved.cs",
        "using Userstatus;\nclass Unmoved { int Send(UserStatusClient client) { return com.tencent.imsdk.unity.TencentIMSDK.MsgSendMessage(); } }",
    );
    compile_script(assemblies, &unmoved, &["TheirSdk"]);
    let moved = source(
        "Moved.cs",
        "class Moved { string Version() { return com.tencent.imsdk.unity.TencentIMSDK.GetSDKVersion(); } }",
    );
    compile_library(assemblies, &moved, &["UnityEngine", "Userstatus.Classic"]);
}

fn script(name: &str) -> Command {
    Command::new(root().join("scripts").join(name))
}

fn copy_committed(from: &Path, to: &Path) {
    for name in everything_below(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            fs::create_dir_all(&to).expect("the target directory can be written to");
        } else {
            fs::create_dir_all(to.parent().expect("it has one")).expect("it can be made");
            fs::copy(&from, &to).expect("it can be copied");
        }
    }
}

#[test]
fn the_tarball_has_the_built_library_with_its_settings_and_is_the_same_each_time() {
    let folder = scratch().join(format!("unity-tarball-{}", std::process::id()));
    let copy = folder.join("package");
    copy_committed(&package(), &copy);
    let refused = script("unity-package.sh")
        .args([&copy, &folder])
        .output()
        .expect("bash is installed");
    assert!(
        !refused.status.success(),
        "a package without any library helps nobody"
    );

    succeed(script("unity-plugins.sh").arg(library_folder()).arg(&copy));
    let name = format!("com.userstatus.unity-{}.tgz", env!("CARGO_PKG_VERSION"));
    let tarballs: Vec<PathBuf> = ["first", "second"]
        .into_iter()
        .map(|run| {
            let out = folder.join(run);
            succeed(script("unity-package.sh").args([&copy, &out]));
            out.join(&name)
        })
        .collect();
    let bytes = |path: &PathBuf| fs::read(path).expect("it was just made");
    assert!(bytes(&tarballs[0]) == bytes(&tarballs[1]), "two tarballs");

    let unpacked = folder.join("unpacked");
    fs::create_dir_all(&unpacked).expect("the target directory can be written to");
    succeed(
        Command::new("tar")
            .arg("-xzf")
            .arg(&tarballs[0])
            .arg("-C")
            .arg(&unpacked),
    );
    check_shipped(&unpacked.join("package"));
    assert!(
        !read(&unpacked.join("package/package.json")).contains("Url"),
        "nobody said where the project lies on the web"
    );
    let _ = fs::remove_dir_all(folder);
}

/// All that is committed, and a library, and the licences of what is in it.
fn check_shipped(folder: &Path) {
    let plugin = "Runtime/Plugins/Linux/x86_64/libuserstatus.so";
    for file in [
        plugin,
        &format!("{plugin}.meta"),
        "package.json",
        "README.md",
    ] {
        assert!(folder.join(file).exists(), "{file}");
    }
    let expected: Vec<_> = everything_below(&package())
        .into_iter()
        .filter(|name| {
            !name.starts_with('.') && !name.starts_with("Plugins~") && !name.ends_with(".tgz")
        })
        .collect();
    assert_eq!(everything_below(folder), expected);
    let notices = read(&folder.join("Third Party Notices.md"));
    for part in ["| rustls |", "| ring |", "| Rust's standard library |"] {
        assert!(notices.contains(part), "the notices have no {part}");
    }
}

/// A repository that others work in: what they have checked out, and not committed yet, is none of a release's business.
#[test]
fn the_branch_for_git_urls_has_the_package_and_nothing_else_and_leaves_the_clone_alone() {
    let folder = scratch().join(format!("unity-branch-{}", std::process::id()));
    let (copy, clone) = (folder.join("package"), folder.join("clone"));
    copy_committed(&package(), &copy);
    succeed(script("unity-plugins.sh").arg(library_folder()).arg(&copy));
    let git_command = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(&clone).args(arguments);
        as_somebody(&mut command);
        command
    };
    let git = |arguments: &[&str]| {
        let output = succeed(&mut git_command(arguments));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    fs::create_dir_all(&clone).expect("the target directory can be written to");
    git(&["init", "--quiet", "--initial-branch=main"]);
    // As on many machines; it must not keep a library out.
    fs::write(clone.join(".gitignore"), "*.so\n").expect("it can be written");
    git(&["add", ".gitignore"]);
    git(&["commit", "--quiet", "--message=first"]);
    fs::write(clone.join("under-way.txt"), "not yet").expect("it can be written");
    git(&["add", "under-way.txt"]);
    let before = (git(&["rev-parse", "HEAD"]), git(&["status", "--porcelain"]));

    let make = || {
        let mut command = script("unity-branch.sh");
        as_somebody(&mut command)
            .args([&copy, &clone])
            .env("HOMEPAGE", "https://git.example.com/us/userstatus/");
        command
    };
    succeed(&mut make());
    assert_eq!(
        (git(&["rev-parse", "HEAD"]), git(&["status", "--porcelain"])),
        before
    );
    let first = git(&["rev-parse", "upm"]);
    let tag = format!("upm-v{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(git(&["rev-parse", &tag]), first);
    assert_eq!(git(&["rev-list", "--count", "upm"]), "1", "no parent");
    let taken = folder.join("taken");
    succeed(
        Command::new("git")
            .args(["clone", "--quiet", "--branch", "upm"])
            .args([&clone, &taken]),
    );
    fs::remove_dir_all(taken.join(".git")).expect("it is a clone");
    check_shipped(&taken);
    let manifest = asmdef(&taken.join("package.json"));
    let at = format!(
        "https://git.example.com/us/userstatus/blob/v{}/unity-bindings/",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(
        manifest["documentationUrl"],
        format!("{at}Documentation~/index.md")
    );
    assert_eq!(manifest["changelogUrl"], format!("{at}CHANGELOG.md"));
    assert_eq!(manifest["licensesUrl"], format!("{at}LICENSE.md"));
    assert_eq!(
        manifest["author"]["url"],
        "https://git.example.com/us/userstatus"
    );

    // The same once more is nothing new; something else is another version.
    succeed(&mut make());
    assert_eq!(git(&["rev-parse", "upm"]), first);
    fs::write(copy.join("CHANGELOG.md"), "other\n").expect("it can be written");
    let refused = make().output().expect("bash is installed");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("raise it"),
        "{said}"
    );
    assert_eq!(git(&["rev-parse", "upm"]), first);
    let manifest = read(&copy.join("package.json"))
        .replace(&format!("\"{}\"", env!("CARGO_PKG_VERSION")), "\"99.0.0\"");
    fs::write(copy.join("package.json"), manifest).expect("it can be written");
    succeed(&mut make());
    assert_eq!(git(&["rev-parse", "upm~1"]), first);
    assert_eq!(
        git(&["rev-parse", "upm-v99.0.0"]),
        git(&["rev-parse", "upm"])
    );

    git(&["checkout", "--quiet", "--force", "upm"]);
    assert!(
        !make().output().expect("bash is installed").status.success(),
        "what is checked out would differ from its branch"
    );
    let _ = fs::remove_dir_all(folder);
}

/// Whatever the machine's git is told otherwise.
fn as_somebody(command: &mut Command) -> &mut Command {
    command
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "Somebody")
            .env(format!("GIT_{who}_EMAIL"), "somebody@example.com");
    }
    command
}
