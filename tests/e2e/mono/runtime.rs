//! Mono, or .NET on another platform, and the assemblies under test: compiled once per run, and ahead of time if asked for.

use crate::harness::{of_another_platform, programs, succeed};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Those of the system that the programs refer to, and that these refer to in turn.
const SYSTEM_ASSEMBLIES: [&str; 8] = [
    "mscorlib.dll",
    "System.dll",
    "System.Core.dll",
    "Mono.Security.dll",
    "System.Configuration.dll",
    "System.Xml.dll",
    "System.Security.dll",
    "System.Numerics.dll",
];

const LIBRARY: &str = "Userstatus.dll";
/// Its name where the C library lies beside it as `userstatus.dll`: Windows takes the two names for one.
const LIBRARY_BESIDE_DLL: &str = "Userstatus.Bindings.dll";
/// The IM SDK's interface, an assembly of its own.
const CLASSIC: &str = "Userstatus.Classic.dll";
/// The library shows its inside to an assembly of this name.
const PROGRAM: &str = "Userstatus.Tests.exe";

/// What programs for .NET are compiled against: its types lie elsewhere than Mono's.
const DOTNET_ASSEMBLIES: [&str; 18] = [
    "System.Private.CoreLib",
    "System.Runtime",
    "System.Collections",
    "System.Collections.Concurrent",
    "System.ComponentModel",
    "System.ComponentModel.Primitives",
    "System.Console",
    "System.Diagnostics.Process",
    "System.IO.FileSystem",
    "System.Linq",
    "System.Net.Primitives",
    "System.Net.Sockets",
    "System.Private.Uri",
    "System.Runtime.Extensions",
    "System.Runtime.InteropServices",
    "System.Threading",
    "System.Threading.Tasks",
    "System.Threading.Thread",
];

const CACHE_PREFIX: &str = "mono-aot-";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// Compiles as it runs, as Unity's editor and its Mono players do.
    Jit,
    /// Compiles nothing any more, as IL2CPP does: what was not compiled ahead of time throws.
    FullAot,
}

impl Runtime {
    /// A command line of the test program, without arguments.
    pub(crate) fn command(self) -> Command {
        // It becomes the program, and the program dies with the test, however that ends.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]);
        if let Some(dotnet) = dotnet() {
            assert_eq!(self, Self::Jit, ".NET compiles as it runs");
            command
                .arg(dotnet)
                .arg("exec")
                .arg(compiled().join(PROGRAM));
            command.env_remove("USERSTATUS_SERVER");
            return command;
        }
        command.arg("mono");
        let dir = match self {
            Self::Jit => compiled(),
            Self::FullAot => {
                let ahead = compiled_ahead();
                command.arg("--full-aot").env("MONO_PATH", &ahead.system);
                &ahead.own
            }
        };
        command
            .arg("--debug")
            .arg(dir.join(PROGRAM))
            .env("LD_LIBRARY_PATH", library_dir())
            .env_remove("USERSTATUS_SERVER");
        command
    }
}

/// .NET of the platform that the tests are played on, where it has one. `dotnet.files` beside it holds the C library, and `framework`.
fn dotnet() -> Option<PathBuf> {
    of_another_platform("dotnet")
}

/// What .NET wants beside a program: which version it is for, and the C library.
fn put_beside(dotnet: &Path, dir: &Path) {
    let runtime = r#"{"runtimeOptions":{"framework":{"name":"Microsoft.NETCore.App","version":"3.1.0"},"configProperties":{"System.Globalization.Invariant":true}}}"#;
    let config = Path::new(PROGRAM).with_extension("runtimeconfig.json");
    fs::write(dir.join(config), runtime).expect("the folder is there");
    let library = dotnet.with_extension("files").join("userstatus.dll");
    fs::copy(&library, dir.join("userstatus.dll"))
        .unwrap_or_else(|error| panic!("{}: {error}", library.display()));
}

/// Where `libuserstatus.so` has the name that Mono looks for.
fn library_dir() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let dir = programs().scratch.join("mono-native");
        fs::create_dir_all(&dir).expect("the target directory can be written to");
        let entry = fs::read_dir(&programs().lib_dir)
            .expect("the harness made it")
            .next()
            .expect("the library lies there")
            .expect("it can be read");
        std::os::unix::fs::symlink(entry.path(), dir.join("libuserstatus.so"))
            .expect("the folder is new");
        dir
    })
}

/// A program of `tests/classic`, which a game would be: it sees what the package shows to everybody. `symbols` are the project's, which
/// hold for the package's assemblies as well.
pub(crate) fn classic_program(name: &str, symbols: &[&str]) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = programs()
        .scratch
        .join(format!("{name}-{}", symbols.join("-")));
    fs::create_dir_all(&dir).expect("the target directory can be written to");
    fs::copy(compiled().join(LIBRARY), dir.join(LIBRARY)).expect("it was just compiled");
    let classic = sources(&root.join("unity-bindings/Runtime/Classic"));
    compile_with(
        symbols,
        &dir.join(CLASSIC),
        "-t:library",
        &[LIBRARY],
        &classic,
    );
    let program = dir.join(name).with_extension("exe");
    let sources = ["Player", name].map(|name| root.join(format!("tests/classic/{name}.cs")));
    compile_with(symbols, &program, "-t:exe", &[CLASSIC], &sources);
    let mut command = Command::new("timeout");
    command
        .args(["120", "mono", "--debug"])
        .arg(program)
        .env("LD_LIBRARY_PATH", library_dir())
        .env_remove("USERSTATUS_SERVER");
    command
}

/// The folder with the library and the test program.
fn compiled() -> &'static PathBuf {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let dir = programs().scratch.join("mono");
        fs::create_dir_all(&dir).expect("the target directory can be written to");
        let runtime = root.join("unity-bindings/Runtime");
        let (classic, library): (Vec<_>, Vec<_>) = sources(&runtime)
            .into_iter()
            .partition(|path| path.starts_with(runtime.join("Classic")));
        let name = dotnet().map_or(LIBRARY, |_| LIBRARY_BESIDE_DLL);
        compile(&dir.join(name), "-t:library", &[], &library);
        compile(&dir.join(CLASSIC), "-t:library", &[name], &classic);
        let tests = sources(&root.join("tests/mono"));
        compile(&dir.join(PROGRAM), "-t:exe", &[name, CLASSIC], &tests);
        if let Some(dotnet) = dotnet() {
            put_beside(&dotnet, &dir);
        }
        dir
    })
}

fn compile(output: &Path, target: &str, references: &[&str], sources: &[PathBuf]) {
    compile_with(&[], output, target, references, sources);
}

/// References are those that lie beside the output.
fn compile_with(
    symbols: &[&str],
    output: &Path,
    target: &str,
    references: &[&str],
    sources: &[PathBuf],
) {
    let mut command = Command::new("mcs");
    command.args(symbols.iter().map(|symbol| format!("-define:{symbol}")));
    // Unity's compilers know more of the language; what this one compiles, all of them do.
    command.args([
        "-warnaserror",
        "-unsafe",
        "-langversion:7",
        "-debug",
        target,
    ]);
    if let Some(dotnet) = dotnet() {
        let framework = dotnet.with_extension("files").join("framework");
        // Its assemblies name each other in several versions (CS1702).
        command.args(["-nostdlib", "-noconfig", "-nowarn:1702"]);
        command.arg(format!("-lib:{}", framework.display()));
        command.args(DOTNET_ASSEMBLIES.map(|name| format!("-r:{name}.dll")));
    }
    command.arg(format!("-out:{}", output.display()));
    for reference in references {
        let path = output.with_file_name(reference);
        command.arg(format!("-r:{}", path.display()));
    }
    succeed(command.args(sources));
}

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
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "cs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

struct Ahead {
    /// Our own assemblies and their images.
    own: PathBuf,
    /// Those of the system.
    system: PathBuf,
}

fn compiled_ahead() -> &'static Ahead {
    static AHEAD: OnceLock<Ahead> = OnceLock::new();
    AHEAD.get_or_init(|| {
        let system = system_images();
        let own = programs().scratch.join("mono-aot");
        fs::create_dir_all(&own).expect("the target directory can be written to");
        for name in [LIBRARY, CLASSIC, PROGRAM] {
            fs::copy(compiled().join(name), own.join(name)).expect("it was just compiled");
        }
        for name in [LIBRARY, CLASSIC, PROGRAM] {
            compile_ahead(&own.join(name), &system);
        }
        Ahead { own, system }
    })
}

/// Compiling these takes half a minute, so it is done once for each version of them.
fn system_images() -> PathBuf {
    let from = Path::new("/usr/lib/mono/4.5");
    let mut hasher = DefaultHasher::new();
    for path in SYSTEM_ASSEMBLIES
        .iter()
        .map(|name| from.join(name))
        .chain([PathBuf::from("/usr/bin/mono")])
    {
        let metadata = fs::metadata(&path).unwrap_or_else(|error| {
            panic!(
                "{}: {error}; scripts/install-deps.sh installs it",
                path.display()
            )
        });
        let modified = metadata.modified().expect("files have times here");
        (path, metadata.len(), modified).hash(&mut hasher);
    }
    let cache = &programs().cache;
    let images = cache.join(format!("{CACHE_PREFIX}{:016x}", hasher.finish()));
    if !images.exists() {
        let making = programs().scratch.join("mono-aot-system");
        fs::create_dir_all(&making).expect("the target directory can be written to");
        for name in SYSTEM_ASSEMBLIES {
            fs::copy(from.join(name), making.join(name)).expect("it is installed");
        }
        // At the same time: the compiler uses one core.
        std::thread::scope(|scope| {
            for name in SYSTEM_ASSEMBLIES {
                let making = &making;
                scope.spawn(move || compile_ahead(&making.join(name), making));
            }
        });
        remove_outdated(cache);
        if let Err(error) = fs::rename(&making, &images) {
            assert!(images.exists(), "{}: {error}", images.display());
        }
    }
    images
}

fn compile_ahead(assembly: &Path, system: &Path) {
    let mut command = Command::new("mono");
    command.args(["--debug", "--aot=full"]).arg(assembly);
    succeed(command.env("MONO_PATH", system));
}

/// Images of assemblies that were replaced meanwhile.
fn remove_outdated(cache: &Path) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        if entry
            .file_name()
            .to_string_lossy()
            .starts_with(CACHE_PREFIX)
        {
            // Another run may be removing it just now.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
