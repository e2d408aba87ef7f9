//! What must be true of a file before it is shipped.

use std::collections::BTreeSet;

use crate::abi;
use crate::facts::{self, Facts};
use crate::platforms::{Artifact, Kind};

/// Everything wrong with a file; nothing, if it can be shipped.
pub(crate) fn check(artifact: &Artifact, data: &[u8], build_paths: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    match facts::read(data) {
        Err(error) => wrong.push(format!("cannot be read: {error}")),
        Ok(all) => {
            let machines: BTreeSet<_> = all
                .iter()
                .map(|facts| facts.architecture.as_str())
                .collect();
            let expected: BTreeSet<_> = artifact.machines.iter().map(|(name, _)| *name).collect();
            if machines != expected {
                wrong.push(format!("is for {machines:?}, not {expected:?}"));
            }
            for facts in &all {
                wrong.extend(check_one(artifact, facts));
            }
        }
    }
    let size_bytes = data.len() / artifact.machines.len();
    if size_bytes > artifact.size_bytes_max {
        let max = artifact.size_bytes_max;
        wrong.push(format!(
            "has {size_bytes} bytes for each machine; {max} is what it may have"
        ));
    }
    wrong.extend(paths(data, build_paths));
    wrong
}

/// Folders of whoever built it that stand in a file.
pub(crate) fn paths(data: &[u8], build_paths: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for path in build_paths {
        let path = path.as_bytes();
        if let Some(at) = data.windows(path.len()).position(|window| window == path) {
            let end = data.len().min(at + 100);
            found.push(format!(
                "has a path of the build in it: {}",
                data[at..end].escape_ascii()
            ));
        }
    }
    found
}

fn check_one(artifact: &Artifact, facts: &Facts) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            wrong.push(format!("{}: {what}", facts.architecture));
        }
    };
    let abi = abi::exports();
    let missing: Vec<_> = abi.difference(&facts.exports).collect();
    let more: Vec<_> = facts.exports.difference(&abi).collect();
    let is_program = matches!(
        artifact.kind,
        Kind::Program | Kind::StaticProgram | Kind::Module
    );
    must(
        is_program || missing.is_empty(),
        format!("does not export {missing:?}"),
    );
    must(
        artifact.kind != Kind::Library || more.is_empty(),
        format!("exports also {more:?}"),
    );

    for library in &facts.needed {
        let is_allowed = artifact.needed.contains(&library.as_str());
        must(
            is_allowed,
            format!("needs {library}, which is not on the list"),
        );
    }
    if artifact.kind == Kind::StaticProgram {
        must(!facts.wants_an_interpreter, "is not static".to_owned());
    }
    must(
        facts.name.as_deref() == artifact.name.as_deref() || is_program,
        format!("calls itself {:?}, not {:?}", facts.name, artifact.name),
    );
    must(
        facts.alignment_bytes >= artifact.alignment_bytes_min,
        format!("is aligned to {} bytes only", facts.alignment_bytes),
    );
    must(
        !facts.has_text_relocations,
        "has text relocations".to_owned(),
    );
    let is_elf_library = artifact.kind == Kind::Library && artifact.path.ends_with(".so");
    must(
        !is_elf_library || facts.is_never_unloaded,
        "may be unloaded from under its threads: -z nodelete".to_owned(),
    );
    let oldest = artifact
        .machines
        .iter()
        .find(|(machine, _)| *machine == facts.architecture)
        .and_then(|(_, oldest)| *oldest);
    must(
        oldest.is_none() || facts.minimum.is_some() && facts.minimum <= oldest,
        format!(
            "wants a system of {:?} or newer, not {oldest:?}",
            facts.minimum
        ),
    );
    if let Some(list) = artifact.imports {
        let known: BTreeSet<_> = list
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_whitespace().nth(1))
            .collect();
        let unknown: Vec<_> = facts
            .imports
            .iter()
            .filter(|name| !known.contains(name.as_str()))
            .collect();
        must(
            unknown.is_empty(),
            format!("wants {unknown:?}, which old systems may lack"),
        );
    }
    if let Some(Err(error)) = &facts.signature {
        must(false, format!("its signature: {error}"));
    }
    wrong
}
