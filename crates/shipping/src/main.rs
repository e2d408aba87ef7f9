//! Holds what is built for each platform to what players' systems need of it.
//!
//! ```text
//! userstatus-shipping check FOLDER NAME [PATH...]   the files of platform NAME below FOLDER; no PATH may stand in them
//! userstatus-shipping exports                       what the library exports
//! userstatus-shipping imports FILE                  what a file wants of other libraries
//! userstatus-shipping rename FILE NEW               FILE under the name of the file NEW, inside as well
//! userstatus-shipping check-renamed NAME FILE       one file of platform NAME that goes by another name
//! userstatus-shipping unity PACKAGE PLATFORMS       the Unity package, unpacked, with what was built into PLATFORMS
//! userstatus-shipping join OUT SLICE...             a universal file of macOS
//! ```

mod abi;
mod facts;
mod join;
mod platforms;
mod rename;
mod rules;
mod signature;
mod unity;

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["check", folder, name, ..] => check(Path::new(folder), name, &arguments[3..]),
        ["exports"] => print(abi::exports()),
        ["imports", file] => imports(Path::new(file)),
        ["rename", file, new] => rename(Path::new(file), Path::new(new)),
        ["check-renamed", name, file] => check_renamed(name, Path::new(file)),
        ["unity", package, platforms] => unity(Path::new(package), Path::new(platforms)),
        ["join", out, slices @ ..] if !slices.is_empty() => join(out, slices),
        _ => Err("usage: userstatus-shipping check FOLDER NAME [PATH...] | exports | imports FILE | rename FILE NEW | check-renamed NAME FILE | unity PACKAGE PLATFORMS | join OUT SLICE...".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "shipping: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print(lines: impl IntoIterator<Item = String>) -> Result<(), String> {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| format!("cannot print: {error}"))
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn check(folder: &Path, name: &str, build_paths: &[String]) -> Result<(), String> {
    let prefix = format!("{name}/");
    let artifacts: Vec<_> = platforms::ARTIFACTS
        .iter()
        .filter(|artifact| artifact.path.starts_with(&prefix))
        .collect();
    if artifacts.is_empty() {
        return Err(format!("nothing is known of a platform {name}"));
    }
    let mut wrong = Vec::new();
    for artifact in artifacts {
        let data = read(&folder.join(artifact.path))?;
        let findings = rules::check(artifact, &data, build_paths);
        if findings.is_empty() {
            print([format!("{}: {} bytes, fine", artifact.path, data.len())])?;
        }
        wrong.extend(
            findings
                .into_iter()
                .map(|finding| format!("{} {finding}", artifact.path)),
        );
    }
    // What lies beside them, symbols for debuggers and headers, tells of nobody's folders either.
    for file in files_below(&folder.join(name))? {
        for finding in rules::paths(&read(&file)?, build_paths) {
            wrong.push(format!("{} {finding}", file.display()));
        }
    }
    wrong.dedup();
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\nshipping: ")),
    }
}

fn files_below(top: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        let error = |error: std::io::Error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(error)? {
            let path = entry.map_err(error)?.path();
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(path),
            }
        }
    }
    files.sort();
    Ok(files)
}

fn imports(file: &Path) -> Result<(), String> {
    let facts = facts::read(&read(file)?)?;
    print(facts.into_iter().flat_map(|facts| facts.imports))
}

fn name_of(path: &Path) -> Result<&str, String> {
    path.file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| format!("{} names no file", path.display()))
}

fn rename(file: &Path, new: &Path) -> Result<(), String> {
    let mut data = read(file)?;
    rename::rename(&mut data, name_of(new)?)
        .map_err(|error| format!("{}: {error}", file.display()))?;
    fs::write(new, data).map_err(|error| format!("{}: {error}", new.display()))
}

/// As strictly as the one it was made of.
fn check_renamed(platform: &str, file: &Path) -> Result<(), String> {
    let name = name_of(file)?;
    let artifact = platforms::ARTIFACTS
        .iter()
        .find(|artifact| artifact.path.split('/').next() == Some(platform))
        .ok_or_else(|| format!("nothing is known of a platform {platform}"))?;
    let findings = rules::check(&artifact.renamed(name), &read(file)?, &[]);
    match findings.is_empty() {
        true => print([format!("{platform}: {name} is fine")]),
        false => Err(format!("{name} {}", findings.join("\nshipping: "))),
    }
}

fn unity(package: &Path, platforms: &Path) -> Result<(), String> {
    let wrong = unity::check(package, platforms)?;
    match wrong.is_empty() {
        true => print(["nothing that Unity would warn about".to_owned()]),
        false => Err(wrong.join("\nshipping: ")),
    }
}

fn join(out: &str, slices: &[&str]) -> Result<(), String> {
    let slices: Result<Vec<_>, _> = slices.iter().map(|slice| read(Path::new(slice))).collect();
    fs::write(out, join::join(&slices?)?).map_err(|error| format!("{out}: {error}"))
}
