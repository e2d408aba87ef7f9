use crate::Folder;
use crate::conformance::{execute, login};
use crate::embedded::{EmbeddedStore, OpenError};
use crate::testing::{START, key};
use crate::{Execution, Store, StoreHealth};
use redb::{Database, TableDefinition};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use userstatus_core::Command;

/// A directory of its own, removed in the end.
struct TempDir(PathBuf);

impl TempDir {
    fn new() -> Self {
        let path =
            std::env::temp_dir().join(format!("userstatus-test-{:032x}", rand::random::<u128>()));
        Self(path)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // Not there, if the test never opened it.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open(dir: &TempDir) -> Result<std::sync::Arc<EmbeddedStore>, OpenError> {
    EmbeddedStore::open(Some(&dir.0))
}

fn error(dir: &TempDir) -> String {
    match open(dir) {
        Ok(_) => panic!("it is not to be opened"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_data_directory_is_made_and_remembers() {
    let dir = TempDir::new();
    let store = open(&dir).unwrap();
    // Not awaited: closing writes what is pending.
    let _ = execute(&*store, &key("a"), login("a", 1), START).await;
    drop(store);
    let store = open(&dir).unwrap();
    assert!(store.account(&key("a")).await.unwrap().is_some());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir.0), 0o700);
    assert_eq!(
        mode(&dir.0.join("userstatus.redb")),
        0o600,
        "it holds secret keys"
    );
}

#[tokio::test]
async fn a_data_directory_in_use_is_refused() {
    let dir = TempDir::new();
    let first = open(&dir).unwrap();
    let message = error(&dir);
    assert!(
        message.contains("in use by another userstatusd"),
        "{message}"
    );
    assert!(message.contains(dir.0.to_str().unwrap()), "{message}");
    drop(first);
    open(&dir).unwrap();
}

fn tamper(dir: &TempDir, change: impl FnOnce(&redb::WriteTransaction)) {
    std::fs::create_dir_all(&dir.0).unwrap();
    let database = Database::create(dir.0.join("userstatus.redb")).unwrap();
    let transaction = database.begin_write().unwrap();
    change(&transaction);
    transaction.commit().unwrap();
}

#[tokio::test]
async fn another_format_is_refused() {
    let dir = TempDir::new();
    drop(open(&dir).unwrap());
    tamper(&dir, |transaction| {
        let meta: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
        transaction
            .open_table(meta)
            .unwrap()
            .insert("format", 3)
            .unwrap();
    });
    assert!(
        error(&dir).contains("has format 3; this userstatusd reads formats up to 2"),
        "{}",
        error(&dir)
    );
    let foreign = TempDir::new();
    tamper(&foreign, |transaction| {
        let table: TableDefinition<'_, u64, u64> = TableDefinition::new("something else");
        transaction.open_table(table).unwrap().insert(1, 1).unwrap();
    });
    assert!(
        error(&foreign).contains("has format 0"),
        "{}",
        error(&foreign)
    );
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named() {
    let rows: [(&str, Vec<u8>, &[u8], &str); 4] = [
        (
            "accounts",
            [&[0, 0, 0, 0, 0, 0, 0, 1], b"bob".as_slice()].concat(),
            b"\xff",
            r"\x00\x00\x00\x00\x00\x00\x00\x01bob",
        ),
        ("accounts", b"short".to_vec(), b"", "short"),
        (
            "friends",
            [&[0, 0, 0, 0, 0, 0, 0, 1], b"bob\0al ice".as_slice()].concat(),
            b"\x08\x01",
            "al ice",
        ),
        (
            "subscriptions",
            [&[0, 0, 0, 0, 0, 0, 0, 1], b"bob".as_slice()].concat(),
            b"\x08\x07",
            "layout 7",
        ),
    ];
    for (table, key, value, expected) in rows {
        let dir = TempDir::new();
        drop(open(&dir).unwrap());
        tamper(&dir, |transaction| {
            let definition: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new(table);
            transaction
                .open_table(definition)
                .unwrap()
                .insert(key.as_slice(), value)
                .unwrap();
        });
        let message = error(&dir);
        assert!(
            message.contains(table) && message.contains(expected),
            "{message}"
        );
    }
}

#[tokio::test]
async fn what_is_no_database_is_left_alone() {
    let dir = TempDir::new();
    std::fs::create_dir_all(&dir.0).unwrap();
    let path = dir.0.join("userstatus.redb");
    std::fs::write(&path, b"these are somebody's notes").unwrap();
    assert!(error(&dir).contains("cannot be read"), "{}", error(&dir));
    assert_eq!(std::fs::read(&path).unwrap(), b"these are somebody's notes");
    let file = TempDir::new();
    std::fs::write(&file.0, b"").unwrap();
    assert!(matches!(open(&file), Err(OpenError::Io { .. })));
    std::fs::remove_file(&file.0).unwrap();
}

#[tokio::test]
async fn a_file_that_is_not_ours_or_not_whole_is_never_taken_for_a_new_one() {
    let dir = TempDir::new();
    let store = open(&dir).unwrap();
    let _ = execute(&*store, &key("a"), login("a", 1), START).await;
    drop(store);
    let file = dir.0.join("userstatus.redb");
    let whole = std::fs::read(&file).unwrap();
    let mut torn = whole.clone();
    torn[..64].fill(0);
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("one byte", whole[..1].to_vec()),
        ("a page", whole[..4_096].to_vec()),
        ("half", whole[..whole.len() / 2].to_vec()),
        ("all but the end", whole[..whole.len() - 1].to_vec()),
        ("nothing but zeros", vec![0; whole.len()]),
        ("without its head", torn),
        ("text", b"no data file".to_vec()),
    ] {
        std::fs::write(&file, &bytes).unwrap();
        let message = error(&dir);
        assert!(message.contains("userstatus.redb"), "{name}: {message}");
        assert_eq!(
            std::fs::read(&file).unwrap(),
            bytes,
            "{name} is left as it is"
        );
    }
    std::fs::remove_file(&file).unwrap();
    drop(Database::create(&file).unwrap());
    assert!(
        error(&dir).contains("format 0"),
        "a database without tables"
    );
}

/// Whether a record is refused, and what health says.
async fn refuses(store: &EmbeddedStore, name: &str) -> Option<String> {
    let settings = crate::testing::premium();
    let execution = Execution {
        account: &key(name),
        settings: &settings,
        command: Command::Import,
        origin: None,
        now: START,
    };
    let recorded = store.record(execution).await;
    recorded.err().map(|error| error.to_string())
}

async fn health(store: &EmbeddedStore, is_expected: impl Fn(&StoreHealth) -> bool) -> StoreHealth {
    let looking = async {
        loop {
            let health = store.health();
            if is_expected(&health) {
                return health;
            }
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(10);
    tokio::time::timeout(patience, looking).await.unwrap()
}

#[tokio::test]
async fn a_record_is_refused_while_the_file_is_not_at_its_path() {
    let dir = TempDir::new();
    let store = open(&dir).unwrap();
    assert_eq!(refuses(&store, "a").await, None);
    let file = dir.0.join("userstatus.redb");
    let aside = dir.0.join("aside");
    std::fs::rename(&file, &aside).unwrap();
    assert!(refuses(&store, "b").await.is_some(), "removed");
    assert!(store.account(&key("b")).await.unwrap().is_none());
    assert!(
        error(&dir).contains("in use by another"),
        "no other server begins there"
    );
    std::fs::copy(&aside, &file).unwrap();
    assert!(refuses(&store, "b").await.is_some(), "replaced");
    let StoreHealth::Failing { reason, .. } = store.health() else {
        panic!("{:?}", store.health());
    };
    assert!(reason.contains("put it back"), "{reason}");
    // What was acknowledged can be saved.
    let elsewhere = TempDir::new();
    std::fs::create_dir_all(&elsewhere.0).unwrap();
    let backup = elsewhere.0.join("backup");
    assert_eq!(store.backup_to(&backup).await.unwrap().accounts, 1);
    std::fs::rename(&aside, &file).unwrap();
    assert_eq!(refuses(&store, "b").await, None);
    health(&store, |health| *health == StoreHealth::Well).await;
    drop(store);
    let store = open(&dir).unwrap();
    assert!(store.account(&key("b")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_noticed_and_stays_so() {
    for is_written in [false, true] {
        let dir = TempDir::new();
        let store = open(&dir).unwrap();
        assert_eq!(refuses(&store, "a").await, None);
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(dir.0.join("userstatus.redb"))
            .unwrap();
        let whole = file.metadata().unwrap().len();
        file.set_len(whole / 2).unwrap();
        if is_written {
            assert!(refuses(&store, "b").await.is_some());
        }
        let is_failing = |health: &StoreHealth| matches!(health, StoreHealth::Failing { .. });
        let StoreHealth::Failing { reason, .. } = health(&store, is_failing).await else {
            panic!("{:?}", store.health());
        };
        assert!(
            reason.contains("cut off") && reason.contains("restore"),
            "{reason}"
        );
        // With zeros in its place.
        file.set_len(whole).unwrap();
        assert!(refuses(&store, "c").await.is_some());
    }
}

#[tokio::test]
async fn what_another_adds_to_the_file_is_noticed_and_a_backup_is_whole() {
    let (dir, elsewhere) = (TempDir::new(), TempDir::new());
    std::fs::create_dir_all(&elsewhere.0).unwrap();
    let store = open(&dir).unwrap();
    assert_eq!(refuses(&store, "a").await, None);
    let path = dir.0.join("userstatus.redb");
    let whole = std::fs::metadata(&path).unwrap().len();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(whole + 1).unwrap();
    assert!(refuses(&store, "b").await.is_some());
    let is_failing = |health: &StoreHealth| matches!(health, StoreHealth::Failing { .. });
    let StoreHealth::Failing { reason, .. } = health(&store, is_failing).await else {
        panic!("{:?}", store.health());
    };
    assert!(reason.contains("longer"), "{reason}");
    let backup = elsewhere.0.join("backup");
    let written = store.backup_to(&backup).await.unwrap();
    assert_eq!(written.apps, 0);
    file.set_len(whole).unwrap();
    health(&store, |health| *health == StoreHealth::Well).await;
    assert_eq!(refuses(&store, "c").await, None);
}

#[tokio::test]
async fn a_file_that_grows_and_shrinks_by_itself_is_not_taken_for_cut() {
    let dir = TempDir::new();
    let store = open(&dir).unwrap();
    for number in 0..200 {
        assert_eq!(refuses(&store, &format!("user{number}")).await, None);
        assert_eq!(store.health(), StoreHealth::Well);
    }
    drop(store);
    crate::embedded::compact(&dir.0).unwrap();
    open(&dir).unwrap();
}

#[tokio::test]
async fn nothing_that_is_asked_for_is_written_to_the_data_directory() {
    use std::os::unix::fs::symlink;
    let (dir, elsewhere) = (TempDir::new(), TempDir::new());
    let store = open(&dir).unwrap();
    for made in [dir.0.join("sub"), elsewhere.0.join("folder")] {
        std::fs::create_dir_all(made).unwrap();
    }
    symlink(&dir.0, elsewhere.0.join("link")).unwrap();
    symlink(dir.0.join("sub"), elsewhere.0.join("deep")).unwrap();
    symlink(dir.0.join("not-yet"), elsewhere.0.join("dangling")).unwrap();
    std::fs::hard_link(dir.0.join("userstatus.redb"), elsewhere.0.join("hard")).unwrap();
    let up = Path::new("..");
    let dir_name = dir.0.file_name().unwrap();
    for target in [
        dir.0.join("backup"),
        dir.0.join("admin-token"),
        dir.0.join("userstatus.redb"),
        dir.0.join("userstatus.redb.before-restore-1"),
        dir.0.join("sub/backup"),
        dir.0.join("no/such/folder/backup"),
        dir.0.join("./backup"),
        elsewhere.0.join(up).join(dir_name).join("backup"),
        elsewhere
            .0
            .join("folder/../..")
            .join(dir_name)
            .join("backup"),
        elsewhere.0.join("link/backup"),
        elsewhere.0.join("deep/backup"),
        elsewhere.0.join("deep/../backup"),
        elsewhere.0.join("dangling"),
        elsewhere.0.join("hard"),
        dir.0.clone(),
    ] {
        let refused = store.backup_to(&target).await;
        assert!(
            matches!(refused, Err(crate::embedded::BackupError::InDataDir(_))),
            "{}: {refused:?}",
            target.display()
        );
    }
    assert_eq!(
        std::fs::read_dir(&dir.0).unwrap().count(),
        2,
        "the file, and a folder"
    );
    for target in ["backup", "folder/backup", "folder/../again"] {
        store.backup_to(&elsewhere.0.join(target)).await.unwrap();
    }
    // Also where there is no directory yet.
    let nowhere = elsewhere.0.join("new/data");
    for (file, lies_in) in [
        ("new/data/ready", true),
        ("new/ready", false),
        ("link/../ready", false),
    ] {
        let file = elsewhere.0.join(file);
        assert_eq!(
            crate::embedded::lies_in_data_dir(&file, &nowhere).unwrap(),
            lies_in
        );
    }
}

#[test]
fn where_there_are_no_links_what_has_the_name_is_not_written_over_either() {
    let dir = TempDir::new();
    std::fs::create_dir_all(&dir.0).unwrap();
    let (unfinished, file) = (dir.0.join("unfinished"), dir.0.join("backup"));
    std::fs::write(&unfinished, "new").unwrap();
    std::fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink("nowhere", dir.0.join("link")).unwrap();
    let folder = Folder::open(&dir.0).unwrap();
    let rename_to_free = |name: &str| folder.rename_to_free("unfinished".as_ref(), name.as_ref());
    for taken in ["backup", "link"] {
        let error = rename_to_free(taken).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"old");
    rename_to_free("free").unwrap();
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_data_directory_that_was_removed_is_noticed_although_nothing_is_written() {
    let dir = TempDir::new();
    let store = open(&dir).unwrap();
    store.flush().await.unwrap();
    std::fs::remove_dir_all(&dir.0).unwrap();
    let is_failing = |health: &StoreHealth| matches!(health, StoreHealth::Failing { .. });
    health(&store, is_failing).await;
}
