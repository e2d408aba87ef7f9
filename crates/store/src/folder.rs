//! The folder of a file that is written on request, opened once. What is looked at and what is written to are the same, whatever its path
//! leads to by then: else a link that is put in its place between the two leads to the server's own files.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// A folder that stays the one that was opened. (On Windows it is the one at its path.)
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    #[cfg(unix)]
    handle: File,
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// The user the server runs as. (On Windows whoever may read the folder.)
    Owner,
    /// Whoever the system lets by default.
    Usual,
}

/// A file without its name yet. It goes unless it is given one.
#[derive(Debug)]
pub struct Unfinished<'a> {
    folder: &'a Folder,
    name: OsString,
    file: File,
}

impl Folder {
    /// Opens a folder.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> io::Result<Self> {
        // A bare name is one in the working directory.
        let path = match path.as_os_str().is_empty() {
            true => Path::new("."),
            false => path,
        };
        let path = std::path::absolute(path)?;
        Ok(Self {
            #[cfg(unix)]
            handle: imp::open_folder(&path)?,
            path,
        })
    }

    /// Opens the folder a file is in, or is to be in, and says the file's name there.
    ///
    /// # Errors
    /// The system's, or it is no name of a file.
    pub fn of(file: &Path) -> io::Result<(Self, OsString)> {
        match (file.parent(), file.file_name()) {
            (Some(folder), Some(name)) => Ok((Self::open(folder)?, name.to_owned())),
            _ => Err(io::ErrorKind::InvalidFilename.into()),
        }
    }

    /// How messages name a file here.
    #[must_use]
    pub fn path_of(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// Begins a file that is to have this name.
    ///
    /// # Errors
    /// The system's.
    pub fn begin(&self, name: &OsStr, readers: Readers) -> io::Result<Unfinished<'_>> {
        let mut unfinished = name.to_owned();
        // Of this process alone: two that start at once do not spoil each other's.
        unfinished.push(format!(".unfinished-{}", std::process::id()));
        // What has that name, be it a link that somebody else made, goes.
        self.remove(&unfinished)?;
        let file = self.create(&unfinished, readers)?;
        Ok(Unfinished {
            folder: self,
            name: unfinished,
            file,
        })
    }

    /// Reads a regular file of at most so many bytes. Links are followed.
    ///
    /// # Errors
    /// The system's, or it is something else, or longer.
    pub fn read(&self, name: &OsStr, bytes_max: u64) -> io::Result<(File, Vec<u8>)> {
        let mut file = self.open_to_read(name)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let mut bytes = Vec::new();
        (&mut file).take(bytes_max + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > bytes_max {
            return Err(io::Error::other(format!(
                "it has more than {bytes_max} bytes, the most there may be in such a file"
            )));
        }
        Ok((file, bytes))
    }

    /// Removes a file, or a link. It need not be there.
    ///
    /// # Errors
    /// The system's.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        match self.unlink(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Gives a file a name, another one if it can keep its own as well; an error of kind `AlreadyExists`, if one of that name is there,
    /// which stays as it is.
    pub(crate) fn put_in_place(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        match self.link(from, to) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // Not every file system has links.
            Err(_) => self.rename_to_free(from, to),
        }
    }

    /// Looks just before it renames: what has the name would be gone.
    pub(crate) fn rename_to_free(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        match self.is_taken(to)? {
            true => Err(io::ErrorKind::AlreadyExists.into()),
            false => self.rename(from, to),
        }
    }
}

impl Unfinished<'_> {
    /// What is to be in it is written here.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.file
    }

    /// How messages name it.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path_of(&self.name)
    }

    /// Gives it its name for good, once all of it is on disk.
    ///
    /// # Errors
    /// The system's; of kind `AlreadyExists`, if something has that name, which stays as it is.
    pub fn put_in_place(self, name: &OsStr) -> io::Result<()> {
        self.file.sync_all()?;
        let folder = self.folder;
        folder.put_in_place(&self.name, name)?;
        drop(self);
        folder.sync()
    }

    /// The same, in place of what has that name.
    ///
    /// # Errors
    /// The system's.
    pub fn replace(self, name: &OsStr) -> io::Result<()> {
        self.file.sync_all()?;
        self.folder.rename(&self.name, name)?;
        self.folder.sync()
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        // It has its name by now, or whoever made it failed and says so.
        _ = self.folder.unlink(&self.name);
    }
}

#[cfg(unix)]
mod imp {
    use super::{Folder, Readers};
    use rustix::fs::{AtFlags, Mode, OFlags, Stat};
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io;
    use std::path::{Path, PathBuf};

    pub(super) fn open_folder(path: &Path) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
    }

    impl Folder {
        /// Whether it is, or lies in, another one, if that is there. It is asked from the folder upwards, not by its path.
        ///
        /// # Errors
        /// The system's.
        pub fn lies_in(&self, other: &Path) -> io::Result<bool> {
            let other = match rustix::fs::stat(other) {
                Ok(other) => other,
                Err(rustix::io::Errno::NOENT) => return Ok(false),
                Err(error) => return Err(error.into()),
            };
            let mut above = PathBuf::from(".");
            let mut below: Option<Stat> = None;
            loop {
                let here = match rustix::fs::statat(&self.handle, &above, AtFlags::empty()) {
                    Ok(here) => here,
                    // Whoever may not go up has not come down there: it lies elsewhere.
                    Err(rustix::io::Errno::ACCESS) => return Ok(false),
                    Err(error) => return Err(error.into()),
                };
                if is_same(&here, &other) {
                    return Ok(true);
                }
                // The root is above itself.
                if below.is_some_and(|below| is_same(&below, &here)) {
                    return Ok(false);
                }
                below = Some(here);
                above.push("..");
            }
        }

        /// Whether something, be it a link that leads nowhere, has that name.
        ///
        /// # Errors
        /// The system's.
        pub fn is_taken(&self, name: &OsStr) -> io::Result<bool> {
            match rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(_) => Ok(true),
                Err(rustix::io::Errno::NOENT) => Ok(false),
                Err(error) => Err(error.into()),
            }
        }

        pub(super) fn create(&self, name: &OsStr, readers: Readers) -> io::Result<File> {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let mode = match readers {
                Readers::Owner => Mode::RUSR | Mode::WUSR,
                Readers::Usual => {
                    Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::WGRP | Mode::ROTH | Mode::WOTH
                }
            };
            Ok(rustix::fs::openat(&self.handle, name, flags, mode)?.into())
        }

        pub(super) fn open_to_read(&self, name: &OsStr) -> io::Result<File> {
            // Whoever opens a pipe waits, unless told not to.
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
            Ok(rustix::fs::openat(&self.handle, name, flags, Mode::empty())?.into())
        }

        pub(super) fn unlink(&self, name: &OsStr) -> io::Result<()> {
            Ok(rustix::fs::unlinkat(&self.handle, name, AtFlags::empty())?)
        }

        pub(super) fn link(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            let (from, to) = ((&self.handle, from), (&self.handle, to));
            Ok(rustix::fs::linkat(
                from.0,
                from.1,
                to.0,
                to.1,
                AtFlags::empty(),
            )?)
        }

        pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            Ok(rustix::fs::renameat(&self.handle, from, &self.handle, to)?)
        }

        /// Has the names in it outlast a crash of the machine.
        pub(crate) fn sync(&self) -> io::Result<()> {
            self.handle.sync_all()
        }
    }

    const fn is_same(one: &Stat, other: &Stat) -> bool {
        one.st_dev == other.st_dev && one.st_ino == other.st_ino
    }
}

#[cfg(not(unix))]
mod imp {
    use super::{Folder, Readers};
    use std::ffi::OsStr;
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::path::Path;

    impl Folder {
        /// Whether it is, or lies in, another one, if that is there.
        ///
        /// # Errors
        /// The system's.
        pub fn lies_in(&self, other: &Path) -> io::Result<bool> {
            match fs::canonicalize(other) {
                Ok(other) => Ok(fs::canonicalize(&self.path)?.starts_with(other)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        }

        /// Whether something has that name.
        ///
        /// # Errors
        /// The system's.
        pub fn is_taken(&self, name: &OsStr) -> io::Result<bool> {
            match fs::symlink_metadata(self.path_of(name)) {
                Ok(_) => Ok(true),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        }

        pub(super) fn create(&self, name: &OsStr, _readers: Readers) -> io::Result<File> {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create_new(true);
            options.open(self.path_of(name))
        }

        pub(super) fn open_to_read(&self, name: &OsStr) -> io::Result<File> {
            File::open(self.path_of(name))
        }

        pub(super) fn unlink(&self, name: &OsStr) -> io::Result<()> {
            fs::remove_file(self.path_of(name))
        }

        pub(super) fn link(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            fs::hard_link(self.path_of(from), self.path_of(to))
        }

        pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
            fs::rename(self.path_of(from), self.path_of(to))
        }

        /// Windows cannot be asked for that: a name given just before the machine crashes may be lost.
        #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
        pub(crate) fn sync(&self) -> io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write as _;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_put_in_the_folders_place_after_it_was_looked_at_leads_nothing_astray() {
        let dir = tempfile::tempdir().unwrap();
        let [data, runs, away] = ["data", "run", "away"].map(|name| dir.path().join(name));
        for made in [&data, &runs] {
            fs::create_dir(made).unwrap();
        }
        fs::write(data.join("file"), "precious").unwrap();
        let (folder, name) = Folder::of(&runs.join("file")).unwrap();
        assert!(!folder.lies_in(&data).unwrap());
        fs::rename(&runs, &away).unwrap();
        symlink(&data, &runs).unwrap();

        for text in ["one", "two"] {
            let unfinished = folder.begin(&name, Readers::Usual).unwrap();
            write!(unfinished.file(), "{text}").unwrap();
            unfinished.replace(&name).unwrap();
            assert_eq!(folder.read(&name, 100).unwrap().1, text.as_bytes());
        }
        let unfinished = folder.begin(&name, Readers::Owner).unwrap();
        let taken = unfinished.put_in_place(&name).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        drop(folder.begin(&name, Readers::Owner).unwrap());
        folder.remove(&name).unwrap();

        assert_eq!(fs::read_to_string(data.join("file")).unwrap(), "precious");
        for (folder, count) in [(&data, 1), (&away, 0)] {
            assert_eq!(fs::read_dir(folder).unwrap().count(), count);
        }
    }

    #[test]
    fn a_folder_lies_in_those_above_it_by_whatever_path_it_was_opened() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        fs::create_dir_all(data.join("sub/deep")).unwrap();
        fs::create_dir(dir.path().join("data-too")).unwrap();
        symlink(data.join("sub"), dir.path().join("link")).unwrap();
        for (path, lies_in) in [
            ("data", true),
            ("data/sub/deep", true),
            ("link", true),
            ("link/deep", true),
            ("data/..", false),
            ("data-too", false),
            ("data-too/../data", true),
        ] {
            let folder = Folder::open(&dir.path().join(path)).unwrap();
            assert_eq!(folder.lies_in(&data).unwrap(), lies_in, "{path}");
            assert!(!folder.lies_in(&dir.path().join("nowhere")).unwrap());
        }
    }

    #[test]
    fn what_has_no_name_or_is_no_file_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        symlink("/dev/null", dir.path().join("null")).unwrap();
        for name in ["sub", "null", "nothing"] {
            assert!(folder.read(OsStr::new(name), 8).is_err(), "{name}");
        }
        for (bytes, is_read) in [(7, true), (8, true), (9, false)] {
            fs::write(dir.path().join("file"), vec![b' '; bytes]).unwrap();
            assert_eq!(folder.read(OsStr::new("file"), 8).is_ok(), is_read);
        }
        assert!(Folder::of(Path::new("/")).is_err());
    }
}
