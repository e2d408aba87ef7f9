//! What must be true of the Unity package as it is handed out: that Unity takes every file of it without a warning, and gives each native library to the
//! players it was built for. A package is read-only in Unity: what is wrong in it, nobody can put right there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::files_below;
use crate::platforms::ARTIFACTS;
use crate::rules;

/// Windows takes paths of 260 bytes; this much is left below a project's Library/PackageCache.
const PATH_BYTES_MAX: usize = 120;

/// What a plugin's import settings must say, and, of what `make platforms` builds, which file it is.
struct Plugin {
    path: &'static str,
    built: Option<&'static str>,
    /// The platforms it is for, each with the settings that matter there.
    enabled: &'static [(&'static str, &'static [&'static str])],
}

const fn plugin(
    path: &'static str,
    built: Option<&'static str>,
    enabled: &'static [(&'static str, &'static [&'static str])],
) -> Plugin {
    Plugin {
        path,
        built,
        enabled,
    }
}

/// Below Runtime/Plugins.
const PLUGINS: &[Plugin] = &[
    plugin(
        "Windows/x86_64/userstatus.dll",
        Some("windows-x86_64/userstatus.dll"),
        &[
            ("Editor: Editor", &["CPU: x86_64", "OS: Windows"]),
            ("Standalone: Win64", &["CPU: x86_64"]),
        ],
    ),
    plugin(
        "Linux/x86_64/libuserstatus.so",
        Some("linux-x86_64/libuserstatus.so"),
        &[
            ("Editor: Editor", &["CPU: x86_64", "OS: Linux"]),
            ("Standalone: Linux64", &["CPU: x86_64"]),
        ],
    ),
    plugin(
        "macOS/libuserstatus.dylib",
        Some("macos/libuserstatus.dylib"),
        &[
            ("Editor: Editor", &["CPU: AnyCPU", "OS: OSX"]),
            ("Standalone: OSXUniversal", &["CPU: AnyCPU"]),
        ],
    ),
    plugin(
        "iOS/libuserstatus.a",
        Some("ios/UserStatus.xcframework/ios-arm64/libuserstatus.a"),
        &[("iPhone: iOS", &["AddToEmbeddedBinaries: false"])],
    ),
    plugin(
        "Android/arm64-v8a/libuserstatus.so",
        Some("android-arm64-v8a/libuserstatus.so"),
        &[("Android: Android", &["CPU: ARM64", ANDROID_LIBRARY])],
    ),
    plugin(
        "Android/armeabi-v7a/libuserstatus.so",
        Some("android-armeabi-v7a/libuserstatus.so"),
        &[("Android: Android", &["CPU: ARMv7", ANDROID_LIBRARY])],
    ),
    plugin(
        "Android/x86_64/libuserstatus.so",
        Some("android-x86_64/libuserstatus.so"),
        &[("Android: Android", &["CPU: X86_64", ANDROID_LIBRARY])],
    ),
    plugin(
        "Android/userstatus.androidlib",
        None,
        &[("Android: Android", &[])],
    ),
    plugin("iOS/PrivacyInfo.xcprivacy", None, &[("iPhone: iOS", &[])]),
    plugin("WebGL/userstatus.jslib", None, &[("WebGL: WebGL", &[])]),
];
/// What a WebGL player loads from the project's StreamingAssets, where whoever makes such players copies it. Unity does not look at it here.
const PAGE: &str = "WebGL~/userstatus";
const PAGE_FILES: [&str; 3] = ["index.js", "unity.js", "userstatus.wasm"];

/// Into the player as it is; the other kinds are for symbols.
const ANDROID_LIBRARY: &str = "AndroidSharedLibraryType: Executable";

/// Everything wrong with the package that lies unpacked in a folder, given what `make platforms` built.
pub(crate) fn check(package: &Path, platforms: &Path) -> Result<Vec<String>, String> {
    let mut names = BTreeSet::new();
    let mut texts = BTreeMap::new();
    for file in files_below(package)? {
        let name = relative(package, &file)?;
        if name.ends_with(".meta") {
            let text = fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
            texts.insert(name.clone(), text);
        }
        for (at, _) in name.match_indices('/') {
            names.insert(format!("{}/", &name[..at]));
        }
        names.insert(name);
    }
    let mut wrong = check_metas(&names, &texts);
    for plugin in PLUGINS {
        let path = format!("Runtime/Plugins/{}", plugin.path);
        if let Some(built) = plugin.built {
            let at = platforms.join(built);
            if !at.exists() {
                continue;
            }
            match fs::read(package.join(&path)) {
                Err(error) => wrong.push(format!("{path}: {error}")),
                Ok(data) => wrong.extend(check_library(built, &at, &data)?),
            }
        }
        match texts.get(&format!("{path}.meta")) {
            None => wrong.push(format!("{path} is not there, or has no settings")),
            Some(settings) => {
                wrong.extend(check_settings(plugin, settings).map(|what| format!("{path} {what}")));
            }
        }
    }
    for file in PAGE_FILES {
        let at = platforms.join("web").join(file);
        let is_the_same = || fs::read(package.join(PAGE).join(file)).ok() == fs::read(&at).ok();
        if at.exists() && !is_the_same() {
            wrong.push(format!("{PAGE}/{file} is not {}", at.display()));
        }
    }
    Ok(wrong)
}

/// By its path in the package, with slashes on every system.
fn relative(top: &Path, file: &Path) -> Result<String, String> {
    let path = file.strip_prefix(top).map_err(|error| error.to_string())?;
    let parts: Option<Vec<_>> = path.iter().map(|part| part.to_str()).collect();
    parts
        .map(|parts| parts.join("/"))
        .ok_or_else(|| format!("{} is no name for every system", file.display()))
}

fn check_library(built: &str, at: &Path, data: &[u8]) -> Result<Vec<String>, String> {
    let original = fs::read(at).map_err(|error| format!("{}: {error}", at.display()))?;
    if original != data {
        return Ok(vec![format!("has another {built} than {}", at.display())]);
    }
    let artifact = ARTIFACTS.iter().find(|artifact| artifact.path == built);
    let artifact = artifact.ok_or_else(|| format!("nothing is known of {built}"))?;
    let findings = rules::check(artifact, data, &[]).into_iter();
    Ok(findings.map(|what| format!("{built} {what}")).collect())
}

/// Whether Unity looks at it. A folder's name ends with a slash. What lies in an Android library project is one asset with it.
fn is_visible(name: &str) -> bool {
    let name = name.strip_suffix('/').unwrap_or(name);
    let is_hidden = |part: &str| part.starts_with('.') || part.ends_with('~');
    !name.split('/').any(is_hidden) && !name.contains(".androidlib/")
}

/// Names of folders end with a slash.
fn check_metas(names: &BTreeSet<String>, texts: &BTreeMap<String, String>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            wrong.push(what);
        }
    };
    let mut guids = BTreeMap::new();
    let mut folded = BTreeMap::new();
    for name in names {
        let length_bytes = name.len();
        must(
            length_bytes <= PATH_BYTES_MAX,
            format!("{name} has {length_bytes} bytes, too many for Windows"),
        );
        if let Some(other) = folded.insert(name.to_lowercase(), name) {
            must(false, format!("{name} and {other} are one file on Windows"));
        }
        let Some(owner) = name.strip_suffix(".meta") else {
            let owner = name.strip_suffix('/').unwrap_or(name);
            must(
                !is_visible(name) || texts.contains_key(&format!("{owner}.meta")),
                format!("{name} has no .meta: Unity leaves it out"),
            );
            must(
                !name.ends_with(".asmdef") || has_scripts(name, names),
                format!("{name} has no scripts"),
            );
            continue;
        };
        must(
            is_visible(name),
            format!("{name} is a .meta where Unity looks for none"),
        );
        let folder = format!("{owner}/");
        must(
            names.contains(owner) || names.contains(&folder),
            format!("{name} is an orphan"),
        );
        let text = texts.get(name).map_or("", String::as_str);
        must(
            text.contains("\nfolderAsset: yes\n") == names.contains(&folder),
            format!("{name} takes a folder for a file, or a file for a folder"),
        );
        must(
            importer(text) == expected_importer(owner, names.contains(&folder)),
            format!("{name} has {:?}", importer(text)),
        );
        match guid(text) {
            None => must(false, format!("{name} has no GUID")),
            Some(guid) => {
                if let Some(other) = guids.insert(guid, name) {
                    must(false, format!("{name} has the GUID of {other}"));
                }
            }
        }
    }
    wrong
}

/// An assembly without any is one Unity warns about.
fn has_scripts(definition: &str, names: &BTreeSet<String>) -> bool {
    let folder = definition.rfind('/').map_or("", |at| &definition[..=at]);
    names
        .iter()
        .any(|name| name.starts_with(folder) && name.ends_with(".cs"))
}

fn guid(text: &str) -> Option<&str> {
    let guid = text
        .strip_prefix("fileFormatVersion: 2\nguid: ")?
        .lines()
        .next()?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (guid.len() == 32 && guid.bytes().all(is_hex)).then_some(guid)
}

fn importer(text: &str) -> Option<&str> {
    text.lines()
        .find_map(|line| line.strip_suffix("Importer:"))
        .filter(|name| !name.starts_with(' '))
}

fn expected_importer(owner: &str, is_folder: bool) -> Option<&'static str> {
    let extension = owner
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    match extension {
        "androidlib" | "dll" | "so" | "dylib" | "a" | "jslib" | "xcprivacy" => Some("Plugin"),
        _ if is_folder => Some("Default"),
        "cs" => Some("Mono"),
        "asmdef" => Some("AssemblyDefinition"),
        "json" if owner == "package.json" => Some("PackageManifest"),
        "md" | "txt" | "json" | "xml" => Some("TextScript"),
        _ => None,
    }
}

/// Each platform of import settings: its name, whether it gets the plugin, and the rest of what is said of it.
fn platforms_of(settings: &str) -> impl Iterator<Item = (&str, bool, Vec<&str>)> {
    settings.split("  - first:\n").skip(1).map(|part| {
        let mut lines = part.lines().map(str::trim);
        let name = lines.next().unwrap_or("");
        let rest: Vec<_> = lines.collect();
        (name, rest.contains(&"enabled: 1"), rest)
    })
}

fn check_settings(plugin: &Plugin, settings: &str) -> impl Iterator<Item = String> {
    let mut wrong = Vec::new();
    let mut enabled = BTreeSet::new();
    let mut excluded = Vec::new();
    for (name, is_enabled, rest) in platforms_of(settings) {
        if name == ": Any" {
            excluded = rest;
            continue;
        }
        if !is_enabled {
            continue;
        }
        enabled.insert(name.to_owned());
        let expected = plugin.enabled.iter().find(|(known, _)| *known == name);
        for setting in expected.map_or(&[][..], |(_, settings)| *settings) {
            if !rest.contains(setting) {
                wrong.push(format!("lacks {setting} for {name}"));
            }
        }
    }
    let expected: BTreeSet<_> = plugin
        .enabled
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    if enabled != expected {
        wrong.push(format!("is for {enabled:?}, not {expected:?}"));
    }
    // Said twice in these files: for whom it is, and for whom it is not.
    for line in excluded {
        let Some((platform, value)) = line
            .strip_prefix("Exclude ")
            .and_then(|line| line.split_once(": "))
        else {
            continue;
        };
        let is_for = enabled
            .iter()
            .any(|name| name.ends_with(&format!(": {platform}")));
        if is_for == (value == "1") {
            wrong.push(format!(
                "says of {platform} both that it is for it and that it is not"
            ));
        }
    }
    wrong.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(number: u32, rest: &str) -> String {
        format!("fileFormatVersion: 2\nguid: {number:032x}\n{rest}  userData: \n")
    }

    /// Two files, a folder and one that Unity does not see.
    fn package() -> BTreeMap<String, String> {
        let folder = "folderAsset: yes\nDefaultImporter:\n";
        [
            ("README.md", String::new()),
            ("README.md.meta", meta(1, "TextScriptImporter:\n")),
            ("Runtime/", String::new()),
            ("Runtime.meta", meta(2, folder)),
            ("Runtime/A.cs", String::new()),
            ("Runtime/A.cs.meta", meta(3, "MonoImporter:\n")),
            ("Samples~/", String::new()),
            ("Samples~/B.cs", String::new()),
        ]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
    }

    fn wrong_with(files: &BTreeMap<String, String>) -> Vec<String> {
        let texts = files.iter().filter(|(name, _)| name.ends_with(".meta"));
        let texts = texts.map(|(name, text)| (name.clone(), text.clone()));
        check_metas(&files.keys().cloned().collect(), &texts.collect())
    }

    #[test]
    fn what_unity_would_warn_about_is_found() {
        assert_eq!(wrong_with(&package()), Vec::<String>::new());
        let cases: [(&str, Option<&str>, &str); 9] = [
            ("Tests/x.asmdef", Some(""), "has no scripts"),
            ("Runtime/A.cs.meta", None, "has no .meta"),
            ("Runtime/A.cs", None, "is an orphan"),
            (
                "Runtime.meta",
                Some("MonoImporter:\n"),
                "a file for a folder",
            ),
            (
                "Runtime/A.cs.meta",
                Some("TextScriptImporter:\n"),
                "has Some(\"TextScript\")",
            ),
            (
                "Samples~/B.cs.meta",
                Some("MonoImporter:\n"),
                "looks for none",
            ),
            ("runtime/a.cs", Some(""), "are one file on Windows"),
            (
                "Runtime/C.unknown.meta",
                Some("DefaultImporter:\n"),
                "is an orphan",
            ),
            ("Samples~/x.asmdef", Some(""), ""),
        ];
        for (name, change, expected) in cases {
            let mut files = package();
            match change {
                None => files.remove(name),
                Some(text) => files.insert(name.to_owned(), meta(4, text)),
            };
            let wrong = wrong_with(&files);
            if expected.is_empty() {
                assert_eq!(wrong, Vec::<String>::new(), "{name}");
            } else {
                assert!(
                    wrong.iter().any(|what| what.contains(expected)),
                    "{name}: {wrong:?}"
                );
            }
        }
        let mut files = package();
        files.insert("Runtime/A.cs.meta".to_owned(), meta(1, "MonoImporter:\n"));
        assert_eq!(
            wrong_with(&files),
            ["Runtime/A.cs.meta has the GUID of README.md.meta"]
        );
        files.insert("Runtime/A.cs.meta".to_owned(), "MonoImporter:\n".to_owned());
        assert_eq!(wrong_with(&files), ["Runtime/A.cs.meta has no GUID"]);
    }

    #[test]
    fn a_library_for_players_it_was_not_built_for_is_found() {
        let settings = |android: u8, excluded: u8, cpu: &str| {
            format!(
                "PluginImporter:\n  platformData:\n  - first:\n      : Any\n    second:\n      enabled: 0\n      settings:\n        \
                 Exclude Android: {excluded}\n  - first:\n      Android: Android\n    second:\n      enabled: {android}\n      settings:\n        \
                 AndroidSharedLibraryType: Executable\n        CPU: {cpu}\n"
            )
        };
        let arm64 = PLUGINS
            .iter()
            .find(|plugin| plugin.path == "Android/arm64-v8a/libuserstatus.so")
            .expect("Unity has players for it");
        let wrong = |settings: &str| check_settings(arm64, settings).collect::<Vec<_>>();
        assert_eq!(wrong(&settings(1, 0, "ARM64")), Vec::<String>::new());
        assert_eq!(
            wrong(&settings(1, 0, "ARMv7")),
            ["lacks CPU: ARM64 for Android: Android"]
        );
        assert_eq!(wrong(&settings(1, 1, "ARM64")).len(), 1);
        assert_eq!(wrong(&settings(0, 1, "ARM64")).len(), 1);
    }

    /// The tables are of the same files.
    #[test]
    fn every_library_of_the_package_is_one_that_is_checked() {
        for built in PLUGINS.iter().filter_map(|plugin| plugin.built) {
            assert!(
                ARTIFACTS.iter().any(|artifact| artifact.path == built),
                "{built}"
            );
            let script = include_str!("../../../scripts/unity-plugins.sh");
            assert!(script.contains(&format!("\n{built} ")), "{built}");
        }
    }
}
