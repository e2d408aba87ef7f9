//! The token operators show.

use parking_lot::RwLock;
use std::fmt;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use subtle::ConstantTimeEq;
use userstatus_store::{Folder, Readers, files};

/// Shortest admin token.
pub const ADMIN_TOKEN_BYTES_MIN: usize = 16;

/// A token chosen here has this many random bytes; its text is twice as long.
const RANDOM_BYTES: usize = 32;

/// More than any token has: what is longer is another file.
const FILE_BYTES_MAX: u64 = 4 * 1024;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read or made.
    #[error("the admin token's file {}: {source}", .file.display())]
    Io {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is in the file could be guessed.
    #[error("the admin token in {} is shorter than {ADMIN_TOKEN_BYTES_MIN} bytes; delete the file and the next start makes a good one", .0.display())]
    TooShort(PathBuf),
    /// What is in the file cannot be shown.
    #[error("the admin token in {} holds characters that no HTTP header can: letters, digits, signs and spaces of ASCII are allowed; delete the file and the next start makes a good one", .0.display())]
    NotShowable(PathBuf),
}

/// Where the token comes from.
#[derive(Clone)]
pub enum TokenSource {
    /// It is this.
    Text(String),
    /// A file holds it; it is made with a random one if it is not there.
    File(PathBuf),
    /// A new one, for as long as the server runs.
    Random,
}

/// What operators show, as long as it is not changed.
#[derive(Debug)]
pub struct AdminToken(RwLock<Token>);

impl AdminToken {
    /// Takes it from where it comes from.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn load(source: &TokenSource) -> Result<Arc<Self>, TokenError> {
        let token = match source {
            TokenSource::Text(text) => Token::new(text),
            TokenSource::File(file) => Token::from_file(file)?,
            TokenSource::Random => Token::random(),
        };
        Ok(Arc::new(Self(RwLock::new(token))))
    }

    /// Takes another one; says whether it is another.
    pub fn change(&self, token: Token) -> bool {
        let mut standing = self.0.write();
        let is_another = !standing.is(token.expose());
        *standing = token;
        is_another
    }

    /// What operators have to show. Never for a log.
    pub fn expose(&self) -> String {
        self.0.read().expose().to_owned()
    }

    pub(super) fn is(&self, shown: &str) -> bool {
        self.0.read().is(shown)
    }
}

/// What operators show.
pub struct Token(Box<str>);

impl Token {
    /// What there is where it comes from, once more. None if there is nothing: only a start makes a token.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read_again(source: &TokenSource) -> Result<Option<Self>, TokenError> {
        match source {
            TokenSource::Text(text) => Ok(Some(Self::new(text))),
            TokenSource::File(file) => {
                let token = in_file(file, files::read_again(file, FILE_BYTES_MAX))?;
                Ok(token.map(|token| Self(token.into())))
            }
            TokenSource::Random => Ok(None),
        }
    }

    fn new(text: &str) -> Self {
        // Secrets from files and environments end in a new line.
        Self(Box::from(text.trim()))
    }

    fn random() -> Self {
        let bytes: [u8; RANDOM_BYTES] = rand::random();
        let mut text = String::with_capacity(2 * bytes.len());
        for byte in bytes {
            write!(text, "{byte:02x}").expect("writing to a String does not fail");
        }
        Self(text.into())
    }

    /// What the file holds; if there is none it is made, readable by its owner only.
    fn from_file(file: &Path) -> Result<Self, TokenError> {
        if let Some(token) = read_token_file(file)? {
            return Ok(Self(token.into()));
        }
        let token = Self::random();
        make(file, &token).map_err(|source| TokenError::Io {
            file: file.to_owned(),
            source,
        })?;
        Ok(token)
    }

    /// In constant time, as far as the content goes.
    fn is(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }

    fn expose(&self) -> &str {
        &self.0
    }
}

/// Whether a token can be shown in the header of a request.
fn is_showable(token: &str) -> bool {
    token.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The token in a file, if there is such a file.
///
/// # Errors
/// [`TokenError`].
pub fn read_token_file(file: &Path) -> Result<Option<String>, TokenError> {
    in_file(file, files::read(file, FILE_BYTES_MAX))
}

fn in_file(file: &Path, read: io::Result<Vec<u8>>) -> Result<Option<String>, TokenError> {
    let text = match read.and_then(files::text) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            let file = file.to_owned();
            return Err(TokenError::Io { file, source });
        }
    };
    let token = text.trim();
    if token.len() < ADMIN_TOKEN_BYTES_MIN {
        return Err(TokenError::TooShort(file.to_owned()));
    }
    if !is_showable(token) {
        return Err(TokenError::NotShowable(file.to_owned()));
    }
    Ok(Some(token.to_owned()))
}

fn make(file: &Path, token: &Token) -> io::Result<()> {
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir)?;
    }
    // It appears complete or not at all: a start that is cut short leaves nothing that the next would stumble over. What has the name by
    // now stays: it may be anybody's.
    let (folder, name) = Folder::of(file)?;
    let made = folder.begin(&name, Readers::Owner)?;
    writeln!(made.file(), "{}", token.0)?;
    made.put_in_place(&name)
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_token_is_made_once_and_is_its_owners_only() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("data").join("admin-token");
        let token = Token::from_file(&file).unwrap();
        assert_eq!(token.expose().len(), 64);
        assert!(Token::from_file(&file).unwrap().is(token.expose()));
        let mode = fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_token_takes_the_place_of_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        for beside in ["token", "token.new"] {
            fs::write(dir.path().join(beside), "precious").unwrap();
        }
        let error = make(&file, &Token::random()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        fs::remove_file(&file).unwrap();
        make(&file, &Token::random()).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
        let beside = fs::read_to_string(dir.path().join("token.new"));
        assert_eq!(beside.unwrap(), "precious");
    }

    #[test]
    fn a_token_that_could_be_guessed_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("admin-token");
        fs::write(&file, "fifteen bytes..").unwrap();
        assert!(matches!(
            Token::from_file(&file),
            Err(TokenError::TooShort(_))
        ));
        fs::write(&file, "sixteen-bytes...\n").unwrap();
        assert!(Token::from_file(&file).unwrap().is("sixteen-bytes..."));
        for not_showable in ["sixteen\nbytes...", "sechzehn-bytes-\u{e9}"] {
            fs::write(&file, not_showable).unwrap();
            assert!(matches!(
                Token::from_file(&file),
                Err(TokenError::NotShowable(_))
            ));
        }
    }

    #[test]
    fn only_the_whole_token_is_the_token() {
        let token = Token::new("0123456789abcdef");
        assert!(token.is("0123456789abcdef"));
        for other in [
            "",
            "0123456789abcde",
            "0123456789abcdeF",
            "0123456789abcdef ",
        ] {
            assert!(!token.is(other), "{other:?}");
        }
        assert_eq!(format!("{token:?}"), "Token(hidden)");
    }
}
