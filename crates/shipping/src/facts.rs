//! What a built file says of itself, whatever its format.

use object::macho::{self, ExportSymbolFlags};
use object::read::archive::ArchiveFile;
use object::read::elf::{Dyn, FileHeader, ProgramHeader, Sym};
use object::read::macho::{LoadCommandVariant, MachHeader, Nlist};
use object::read::pe::{ImageNtHeaders, ImageOptionalHeader};
use object::{Endianness, FileKind, elf, pe};
use std::collections::BTreeSet;

use crate::signature;

/// A version of a system or a library: 2.17 is (2, 17).
pub(crate) type Version = (u32, u32);

/// One program or library; a universal one of macOS has several.
#[derive(Default, Debug)]
pub(crate) struct Facts {
    /// The machine's name, as the format's specification has it.
    pub(crate) architecture: String,
    pub(crate) exports: BTreeSet<String>,
    /// Of an object: what it has for others of the same library.
    hidden: BTreeSet<String>,
    /// The functions and data it cannot do without, of other libraries.
    pub(crate) imports: BTreeSet<String>,
    pub(crate) needed: BTreeSet<String>,
    /// Soname or install name.
    pub(crate) name: Option<String>,
    /// The newest version of a symbol of glibc; the system's version that a Mach-O file or a DLL asks for.
    pub(crate) minimum: Option<Version>,
    /// The smallest alignment of what is loaded.
    pub(crate) alignment_bytes: u64,
    pub(crate) is_never_unloaded: bool,
    pub(crate) has_text_relocations: bool,
    pub(crate) wants_an_interpreter: bool,
    /// Of a Mach-O file: the first thing wrong with its signature.
    pub(crate) signature: Option<Result<(), String>>,
}

/// Reads a file; several facts if it holds several architectures.
pub(crate) fn read(data: &[u8]) -> Result<Vec<Facts>, String> {
    if data.starts_with(b"\0asm\x01\0\0\0") {
        return Ok(vec![Facts {
            architecture: "wasm".to_owned(),
            ..Facts::default()
        }]);
    }
    let facts = match FileKind::parse(data).map_err(text)? {
        FileKind::Elf64 => vec![read_elf::<elf::FileHeader64<Endianness>>(data).map_err(text)?],
        FileKind::Elf32 => vec![read_elf::<elf::FileHeader32<Endianness>>(data).map_err(text)?],
        FileKind::MachO64 => vec![read_macho(data)?],
        FileKind::MachOFat32 => {
            let fat = object::read::macho::MachOFatFile32::parse(data).map_err(text)?;
            let mut slices = Vec::new();
            for slice in fat.arches() {
                slices.push(read_macho(
                    object::read::macho::FatArch::data(slice, data).map_err(text)?,
                )?);
            }
            slices
        }
        FileKind::Pe64 => vec![read_pe(data).map_err(text)?],
        FileKind::Archive => vec![read_archive(data)?],
        other => return Err(format!("{other:?} is no format that is shipped")),
    };
    Ok(facts)
}

fn text(error: object::Error) -> String {
    error.to_string()
}

fn owned(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn read_elf<Elf: FileHeader<Endian = Endianness>>(data: &[u8]) -> object::Result<Facts> {
    let header = Elf::parse(data)?;
    let endian = header.endian()?;
    let mut facts = Facts {
        architecture: match header.e_machine(endian) {
            elf::EM_X86_64 => "x86_64".to_owned(),
            elf::EM_AARCH64 => "arm64".to_owned(),
            elf::EM_ARM => "armv7".to_owned(),
            other => format!("{other:?}"),
        },
        alignment_bytes: u64::MAX,
        ..Facts::default()
    };
    for segment in header.program_headers(endian, data)? {
        let kind = segment.p_type(endian);
        if kind == elf::PT_LOAD {
            let alignment_bytes: u64 = segment.p_align(endian).into();
            facts.alignment_bytes = facts.alignment_bytes.min(alignment_bytes);
        }
        facts.wants_an_interpreter |= kind == elf::PT_INTERP;
    }
    let sections = header.sections(endian, data)?;
    if let Some((entries, strings)) = sections.dynamic(endian, data)? {
        let strings = sections.strings(endian, data, strings)?;
        for entry in entries {
            let value: u64 = entry.d_val(endian).into();
            let tag = entry.d_tag(endian);
            let string = || entry.string(endian, strings).map(owned);
            if tag == elf::DT_NEEDED {
                facts.needed.insert(string()?);
            } else if tag == elf::DT_SONAME {
                facts.name = Some(string()?);
            } else if tag == elf::DT_TEXTREL {
                facts.has_text_relocations = true;
            } else if tag == elf::DT_FLAGS_1 {
                facts.is_never_unloaded = value & elf::DF_1_NODELETE.0 != 0;
            } else if tag == elf::DT_FLAGS {
                facts.has_text_relocations |= value & elf::DF_TEXTREL.0 != 0;
            }
        }
    }
    let symbols = sections.symbols(endian, data, elf::SHT_DYNSYM)?;
    let versions = sections.versions(endian, data)?;
    for (index, symbol) in symbols.enumerate() {
        let name = owned(symbol.name(endian, symbols.strings())?);
        if name.is_empty() || symbol.st_bind() == elf::STB_LOCAL {
            continue;
        }
        if !symbol.is_undefined(endian) {
            facts.exports.insert(name);
            continue;
        }
        // Where the system lacks a weak one, the library does without.
        if symbol.st_bind() != elf::STB_WEAK {
            facts.imports.insert(name);
        }
        let Some(versions) = &versions else { continue };
        let wanted = versions.version(versions.version_index(endian, index).index())?;
        let glibc = wanted.and_then(|wanted| parse(owned(wanted.name()).strip_prefix("GLIBC_")?));
        facts.minimum = facts.minimum.max(glibc);
    }
    Ok(facts)
}

/// "2.17" or "2.2.5".
fn parse(version: &str) -> Option<Version> {
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

fn read_pe(data: &[u8]) -> object::Result<Facts> {
    let dos = pe::ImageDosHeader::parse(data)?;
    let mut offset = dos.nt_headers_offset().into();
    let (headers, directories) = pe::ImageNtHeaders64::parse(data, &mut offset)?;
    let sections = headers.sections(data, offset)?;
    let optional = headers.optional_header();
    let mut facts = Facts {
        architecture: match headers.file_header().machine.get(object::LittleEndian) {
            pe::IMAGE_FILE_MACHINE_AMD64 => "x86_64".to_owned(),
            other => format!("{other:?}"),
        },
        minimum: Some((
            optional.major_subsystem_version().into(),
            optional.minor_subsystem_version().into(),
        )),
        ..Facts::default()
    };
    if let Some(table) = directories.export_table(data, &sections)? {
        for export in table.exports()? {
            facts
                .exports
                .insert(export.name.map_or_else(|| "(by number)".to_owned(), owned));
        }
        let name = table.name_from_pointer(table.directory().name.get(object::LittleEndian))?;
        facts.name = Some(owned(name));
    }
    if let Some(table) = directories.import_table(data, &sections)? {
        let mut libraries = table.descriptors()?;
        while let Some(library) = libraries.next()? {
            let name = table.name(library.name.get(object::LittleEndian))?;
            // Windows does not tell them apart by case.
            facts.needed.insert(owned(name).to_lowercase());
        }
    }
    Ok(facts)
}

fn read_macho(data: &[u8]) -> Result<Facts, String> {
    let mut facts = read_macho_object(data).map_err(text)?;
    facts.signature = Some(signature::check(data));
    Ok(facts)
}

fn read_macho_object(data: &[u8]) -> object::Result<Facts> {
    let header = macho::MachHeader64::<Endianness>::parse(data, 0)?;
    let endian = header.endian()?;
    let mut facts = Facts {
        architecture: match header.cputype(endian) {
            macho::CPU_TYPE_X86_64 => "x86_64".to_owned(),
            macho::CPU_TYPE_ARM64 => "arm64".to_owned(),
            other => format!("{other:?}"),
        },
        ..Facts::default()
    };
    let is_library = header.filetype(endian) == macho::MH_DYLIB;
    let mut commands = header.load_commands(endian, data, 0)?;
    while let Some(command) = commands.next()? {
        let mut add = |exports: object::read::macho::ExportsTrieIterator<'_>| {
            for export in exports {
                let export = export?;
                let kind = export.flags().kind();
                if kind != ExportSymbolFlags::default().kind() {
                    facts
                        .exports
                        .insert(format!("{} ({kind:?})", owned(export.name())));
                }
                facts.exports.insert(unprefixed(export.name()));
            }
            object::Result::Ok(())
        };
        match command.variant()? {
            LoadCommandVariant::Dylib(library) => {
                facts
                    .needed
                    .insert(owned(command.string(endian, library.dylib.name)?));
            }
            LoadCommandVariant::IdDylib(library) => {
                facts.name = Some(owned(command.string(endian, library.dylib.name)?));
            }
            LoadCommandVariant::BuildVersion(build, _) => {
                facts.minimum = Some(packed(build.minos.get(endian).0));
            }
            LoadCommandVariant::VersionMin(version) => {
                facts.minimum = Some(packed(version.version.get(endian).0));
            }
            LoadCommandVariant::DyldInfo(info) => add(info.exports_trie(endian, data)?)?,
            LoadCommandVariant::LinkeditData(linkedit)
                if command.cmd() == macho::LC_DYLD_EXPORTS_TRIE =>
            {
                add(linkedit.exports_trie(endian, data)?)?;
            }
            LoadCommandVariant::Symtab(table) => {
                let symbols = table.symbols::<macho::MachHeader64<Endianness>, _>(endian, data)?;
                for symbol in symbols.iter() {
                    let name = unprefixed(symbol.name(endian, symbols.strings())?);
                    if symbol.is_stab() {
                        continue;
                    }
                    if symbol.is_undefined() {
                        facts.imports.insert(name);
                    } else if symbol.n_type() & macho::N_PEXT == macho::N_PEXT {
                        facts.hidden.insert(name);
                    } else if !is_library && symbol.n_type() & macho::N_EXT == macho::N_EXT {
                        facts.exports.insert(name);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(facts)
}

/// Names of C have an underscore before them.
fn unprefixed(name: &[u8]) -> String {
    owned(name.strip_prefix(b"_").unwrap_or(name))
}

/// Mach-O's xxxx.yy.zz in nibbles.
fn packed(version: u32) -> Version {
    (version >> 16, version >> 8 & 0xff)
}

/// A static library as a whole: what its objects have for others, and what they want that none of them has.
fn read_archive(data: &[u8]) -> Result<Facts, String> {
    let archive = ArchiveFile::parse(data).map_err(text)?;
    let mut all = Facts::default();
    for member in archive.members() {
        let member = member.map_err(text)?;
        let contents = member.data(data).map_err(text)?;
        let facts = read_macho_object(contents)
            .map_err(|error| format!("{}: {error}", owned(member.name())))?;
        if !all.architecture.is_empty() && all.architecture != facts.architecture {
            return Err(format!(
                "{} is for {}",
                owned(member.name()),
                facts.architecture
            ));
        }
        all.architecture = facts.architecture;
        all.exports.extend(facts.exports);
        all.hidden.extend(facts.hidden);
        all.imports.extend(facts.imports);
        all.minimum = all.minimum.max(facts.minimum);
    }
    all.imports
        .retain(|name| !all.exports.contains(name) && !all.hidden.contains(name));
    Ok(all)
}
