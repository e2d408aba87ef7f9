use super::*;
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

struct Dir {
    dir: TempDir,
    cert: PathBuf,
    key: PathBuf,
}

impl Dir {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let [cert, key] = ["cert.pem", "key.pem"].map(|name| dir.path().join(name));
        Self { dir, cert, key }
    }

    /// A certificate that ends with this year.
    fn write(&self, year: i32) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = date_time_ymd(year, 12, 31);
        let made = params.self_signed(&key).unwrap();
        fs::write(&self.cert, made.pem()).unwrap();
        fs::write(&self.key, key.serialize_pem()).unwrap();
        made.der().to_vec()
    }

    fn handle(&self) -> ReloadHandle {
        acceptor(&self.cert, &self.key).unwrap().1
    }

    fn message(&self) -> String {
        match acceptor(&self.cert, &self.key) {
            Ok(_) => panic!("they can be used"),
            Err(error) => error.to_string(),
        }
    }
}

fn served(handle: &ReloadHandle) -> Vec<u8> {
    handle.0.current.load().certified.cert[0].to_vec()
}

fn end_of(year: i32) -> Timestamp {
    let s = date_time_ymd(year, 12, 31).unix_timestamp();
    Timestamp::from_ms(s as u64 * 1_000)
}

#[test]
fn certificate_and_key_are_checked_and_the_message_names_the_file() {
    let dir = Dir::new();
    assert!(dir.message().contains("cert.pem: No such file"));
    dir.write(2040);
    assert!(acceptor(&dir.cert, &dir.key).is_ok());

    fs::write(&dir.key, "nothing\n").unwrap();
    assert!(dir.message().contains("key.pem: "));
    let other = KeyPair::generate().unwrap();
    fs::write(&dir.key, other.serialize_pem()).unwrap();
    let message = dir.message();
    assert!(message.contains("cert.pem and ") && message.contains("made together"));
    fs::write(&dir.cert, "nothing\n").unwrap();
    assert!(dir.message().contains("BEGIN CERTIFICATE"));
    fs::write(&dir.cert, vec![b'\n'; 1024 * 1024 + 1]).unwrap();
    assert!(dir.message().contains("more than 1048576 bytes"));
}

#[test]
fn a_certificate_that_no_client_would_accept_is_refused_with_what_to_do() {
    let dir = Dir::new();
    for (names, is_ca, advice) in [
        (vec!["localhost".to_owned()], true, "CA:FALSE"),
        (vec![], false, "subjectAltName"),
    ] {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        if is_ca {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        fs::write(&dir.cert, params.self_signed(&key).unwrap().pem()).unwrap();
        fs::write(&dir.key, key.serialize_pem()).unwrap();
        let message = dir.message();
        assert!(
            message.contains("no client will accept it") && message.contains(advice),
            "{message}"
        );
    }
}

#[test]
fn a_new_certificate_is_served_once_both_files_are_there_and_never_half_of_it() {
    let dir = Dir::new();
    let old = dir.write(2040);
    let handle = dir.handle();
    assert_eq!(handle.not_after(), end_of(2040));
    assert_eq!(handle.reload().unwrap(), Reloaded::Unchanged);

    let old_key = fs::read(&dir.key).unwrap();
    let new = dir.write(2041);
    let new_key = fs::read(&dir.key).unwrap();
    fs::write(&dir.key, old_key).unwrap();
    assert!(matches!(handle.reload(), Err(TlsError::KeyMismatch { .. })));
    assert!(handle.failure().is_some());
    assert_eq!(served(&handle), old);
    assert_eq!(handle.not_after(), end_of(2040));

    fs::write(&dir.key, new_key).unwrap();
    let not_after = end_of(2041);
    assert_eq!(handle.reload().unwrap(), Reloaded::Changed { not_after });
    assert_eq!(handle.failure(), None);
    assert_eq!(served(&handle), new);
    assert_eq!(handle.reload().unwrap(), Reloaded::Unchanged);
}

#[test]
fn a_file_that_is_gone_or_cut_leaves_the_old_certificate_in_place() {
    let dir = Dir::new();
    let old = dir.write(2040);
    let handle = dir.handle();
    let pem = fs::read(&dir.cert).unwrap();
    fs::write(&dir.cert, &pem[..pem.len() / 2]).unwrap();
    assert!(handle.reload().is_err());
    fs::remove_file(&dir.cert).unwrap();
    assert!(handle.reload().is_err());
    assert_eq!(served(&handle), old);
    fs::write(&dir.cert, pem).unwrap();
    assert_eq!(handle.reload().unwrap(), Reloaded::Unchanged);
}

#[test]
fn a_link_that_leads_elsewhere_is_a_change() {
    let dir = Dir::new();
    dir.write(2040);
    let [live_cert, live_key, next] =
        ["live-cert", "live-key", "next"].map(|name| dir.dir.path().join(name));
    let link = |to: &Path, from: &Path| {
        std::os::unix::fs::symlink(to, &next).unwrap();
        fs::rename(&next, from).unwrap();
    };
    link(&dir.cert, &live_cert);
    link(&dir.key, &live_key);
    let (_, handle) = acceptor(&live_cert, &live_key).unwrap();
    let renewed = Dir::new();
    let new = renewed.write(2041);
    link(&renewed.cert, &live_cert);
    link(&renewed.key, &live_key);
    assert!(matches!(handle.reload(), Ok(Reloaded::Changed { .. })));
    assert_eq!(served(&handle), new);
}

#[test]
fn what_is_wrong_is_said_once_and_again_when_it_is_something_else() {
    let dir = Dir::new();
    dir.write(2040);
    let handle = dir.handle();
    let complain = |text: Option<&str>| handle.news_of(text.map(str::to_owned));
    assert_eq!(complain(Some("a")).as_deref(), Some("a"));
    assert_eq!(complain(Some("a")), None);
    assert_eq!(complain(Some("b")).as_deref(), Some("b"));
    assert_eq!(complain(None), None);
    assert_eq!(complain(Some("b")).as_deref(), Some("b"));
}

#[test]
fn the_end_of_a_certificate_is_warned_of_once_a_day_from_two_weeks_before() {
    let dir = Dir::new();
    dir.write(2040);
    let handle = dir.handle();
    let day =
        |number: u64| Timestamp::from_ms(end_of(2040).as_ms() - 20 * DAY_MS + number * DAY_MS);
    assert!(!handle.is_to_be_warned_of(day(5)));
    assert!(!handle.is_to_be_warned_of(day(6)));
    assert!(handle.is_to_be_warned_of(day(7)));
    assert_eq!(handle.days_left(day(7)), 13);
    assert!(!handle.is_to_be_warned_of(day(7).plus_ms(DAY_MS - 1)));
    assert!(handle.is_to_be_warned_of(day(8)));
    assert!(handle.is_to_be_warned_of(day(30)), "it has ended");
    assert_eq!(handle.days_left(day(30)), 0);
    dir.write(2041);
    handle.reload().unwrap();
    assert!(!handle.is_to_be_warned_of(day(30)));
}
