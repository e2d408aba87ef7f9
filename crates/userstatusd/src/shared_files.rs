//! Files that are named for two purposes: what is written for the one spoils the other.

use crate::config::{Config, Problem, non_empty};
use std::path::{Path, PathBuf};
use userstatus_store::embedded::{data_file, name_one_file};

/// How the option is named.
pub(crate) const READY_FILE: &str = "--ready-file";

struct Named {
    /// The setting or option.
    key: String,
    file: PathBuf,
    is_written: bool,
}

impl Config {
    /// Every two that are one, of which one is written.
    pub(crate) fn shared_files(
        &self,
        config_file: Option<&Path>,
        ready_file: Option<&Path>,
    ) -> Vec<Problem> {
        let named = self.named_files(config_file, ready_file);
        let mut problems = Vec::new();
        for (index, one) in named.iter().enumerate() {
            for other in &named[index + 1..] {
                // A certificate and its key may lie in one file, and listeners share them. What cannot be looked at fails where it is
                // opened.
                let is_spoiled = (one.is_written || other.is_written)
                    && name_one_file(&one.file, &other.file).is_ok_and(|is_one| is_one);
                if is_spoiled {
                    problems.push(Problem::new(
                        &one.key,
                        format!(
                            "{} is {} as well, and one would spoil the other; name another file",
                            one.file.display(),
                            other.key
                        ),
                    ));
                }
            }
        }
        problems
    }

    fn named_files(&self, config_file: Option<&Path>, ready_file: Option<&Path>) -> Vec<Named> {
        let named = |key: &str, file: Option<PathBuf>, is_written| {
            file.map(|file| Named {
                key: key.to_owned(),
                file,
                is_written,
            })
        };
        let token_file = self.admin.token_file(&self.storage);
        let token_file = token_file.filter(|_| self.admin.enabled);
        let own = [
            named(READY_FILE, ready_file.map(Path::to_owned), true),
            named("admin.token_file", token_file, true),
        ];
        let listeners = self.listeners.iter().enumerate();
        let certificates = listeners
            .map(|(index, listener)| {
                let files = [&listener.tls_cert_file, &listener.tls_key_file];
                (format!("listeners.{index}"), files)
            })
            .chain([(
                "rest".to_owned(),
                [&self.rest.tls_cert_file, &self.rest.tls_key_file],
            )])
            .flat_map(|(section, [cert, key])| {
                [("tls_cert_file", cert), ("tls_key_file", key)].map(|(setting, file)| {
                    let file = non_empty(file).map(Path::to_owned);
                    named(&format!("{section}.{setting}"), file, false)
                })
            });
        let others = [
            named("--config", config_file.map(Path::to_owned), false),
            named("the data file", self.data_dir().map(data_file), true),
        ];
        own.into_iter()
            .chain(certificates)
            .chain(others)
            .flatten()
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_for_one_purpose_by_whatever_name() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("data")).unwrap();
        for made in ["data/userstatus.redb", "cert", "config"] {
            std::fs::write(at(made), made).unwrap();
        }
        std::os::unix::fs::symlink(at("data"), at("link")).unwrap();
        std::os::unix::fs::symlink(at("not-yet"), at("dangling")).unwrap();
        std::fs::hard_link(at("config"), at("hard")).unwrap();
        let spoiled = |token: &str, cert: &str, ready: &str| {
            let text = format!(
                "[[listeners]]\ntls_cert_file = {:?}\ntls_key_file = {:?}\n[storage]\ndata_dir = {:?}\n[admin]\ntoken_file = {:?}\n\
                 [rest]\ntls_key_file = {:?}\n",
                at(cert),
                at(cert),
                at("data"),
                at(token),
                at("rest-key")
            );
            let config = Config::read(&text).unwrap();
            let found = config.shared_files(Some(&at("config")), Some(&at(ready)));
            found
                .into_iter()
                .map(|problem| problem.key)
                .collect::<Vec<_>>()
        };
        let token = "admin.token_file";
        for (token_file, cert, ready, keys) in [
            ("token", "cert", "ready", &[][..]),
            ("data/admin-token", "cert", "ready", &[]),
            ("token", "cert", "token", &["--ready-file"]),
            ("not-yet", "cert", "dangling", &["--ready-file"]),
            ("token", "cert", "cert", &["--ready-file", "--ready-file"]),
            ("token", "cert", "hard", &["--ready-file"]),
            ("token", "cert", "rest-key", &["--ready-file"]),
            ("rest-key", "cert", "ready", &[token]),
            ("data/userstatus.redb", "cert", "ready", &[token]),
            ("link/userstatus.redb", "cert", "ready", &[token]),
            ("config", "cert", "ready", &[token]),
            ("cert", "cert", "ready", &[token, token]),
            (
                "token",
                "data/userstatus.redb",
                "ready",
                &["listeners.0.tls_cert_file", "listeners.0.tls_key_file"],
            ),
        ] {
            assert_eq!(
                spoiled(token_file, cert, ready),
                keys,
                "{token_file} {cert} {ready}"
            );
        }
    }
}
