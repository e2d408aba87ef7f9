//! Asking a running server through its admin port.

use super::CliError;
use crate::config::ADMIN_TOKEN_FILE;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::time::Duration;
use ureq::http::{Response, StatusCode};
use ureq::{Agent, Body};
use userstatus_operate::admin::api::ErrorBody;
use userstatus_operate::admin::read_token_file;

const TIMEOUT: Duration = Duration::from_secs(30);

/// For as many writes as one request may name users, on a slow disk.
pub(super) const MANY_WRITES_TIMEOUT: Duration = Duration::from_secs(300);

/// Which server, and what to show it.
#[derive(clap::Args)]
#[command(next_help_heading = "Server")]
pub(super) struct AdminArguments {
    /// The admin port
    #[arg(
        long,
        value_name = "URL",
        env = "USERSTATUS_ADMIN",
        default_value = "http://127.0.0.1:7701"
    )]
    admin: String,
    /// The admin token
    #[arg(
        long,
        value_name = "TEXT",
        env = "USERSTATUS_ADMIN_TOKEN",
        hide_env_values = true
    )]
    token: Option<String>,
    /// File with the admin token: `admin-token` in the server's data directory
    #[arg(long, value_name = "FILE", env = "USERSTATUS_ADMIN_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// A server's admin port.
pub(super) struct AdminClient {
    agent: Agent,
    url: String,
    authorization: String,
}

impl AdminArguments {
    pub(super) fn client(&self) -> Result<AdminClient, CliError> {
        self.client_waiting(TIMEOUT)
    }

    /// A client for what may take this long.
    pub(super) fn client_waiting(&self, timeout: Duration) -> Result<AdminClient, CliError> {
        let token = self.token()?;
        let url = match self.admin.contains("://") {
            true => self.admin.clone(),
            false => format!("http://{}", self.admin),
        };
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(timeout))
            .proxy(None)
            .build()
            .new_agent();
        Ok(AdminClient {
            agent,
            url: url.trim_end_matches('/').to_owned(),
            authorization: format!("Bearer {token}"),
        })
    }

    fn token(&self) -> Result<String, CliError> {
        if let Some(token) = &self.token {
            return Ok(token.trim().to_owned());
        }
        let Some(file) = &self.token_file else {
            return Err(CliError::Usage(
                "the admin token is missing; give --token TEXT or --token-file FILE, or set USERSTATUS_ADMIN_TOKEN \
                 (the server keeps it in admin-token in its data directory; `userstatusd dev` prints it)"
                    .to_owned(),
            ));
        };
        match read_token_file(file) {
            Ok(Some(token)) => Ok(token),
            Ok(None) => Err(CliError::Failed(format!(
                "{}: there is no such file; the server keeps its token in {ADMIN_TOKEN_FILE} in its data directory",
                file.display()
            ))),
            Err(error) => Err(CliError::Failed(error.to_string())),
        }
    }
}

impl AdminClient {
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        let request = self.agent.get(self.at(path));
        self.read(request.header("Authorization", &self.authorization).call())
    }

    /// Gets what is no JSON.
    pub(super) fn get_text(&self, path: &str) -> Result<String, CliError> {
        let request = self.agent.get(self.at(path));
        let response = request.header("Authorization", &self.authorization).call();
        let mut response = self.check(response)?;
        response.body_mut().read_to_string().map_err(|error| {
            CliError::Failed(format!("{} did not answer to the end: {error}", self.url))
        })
    }

    /// Gets what comes line by line.
    pub(super) fn get_lines(&self, path: &str) -> Result<impl BufRead + use<>, CliError> {
        let request = self.agent.get(self.at(path));
        let response = request.header("Authorization", &self.authorization).call();
        let body = self.check(response)?.into_body();
        Ok(BufReader::new(body.into_reader()))
    }

    /// Where it is.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CliError> {
        let request = self.agent.post(self.at(path));
        self.read(
            request
                .header("Authorization", &self.authorization)
                .send_json(body),
        )
    }

    pub(super) fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CliError> {
        let request = self.agent.patch(self.at(path));
        self.read(
            request
                .header("Authorization", &self.authorization)
                .send_json(body),
        )
    }

    /// Deletes; what is answered, if anything, is of no interest.
    pub(super) fn delete(&self, path: &str) -> Result<(), CliError> {
        let request = self.agent.delete(self.at(path));
        self.check(request.header("Authorization", &self.authorization).call())
            .map(drop)
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    fn read<T: DeserializeOwned>(
        &self,
        response: Result<Response<Body>, ureq::Error>,
    ) -> Result<T, CliError> {
        let mut response = self.check(response)?;
        response.body_mut().read_json().map_err(|error| {
            CliError::Failed(format!(
                "{} answered what this version does not understand: {error}",
                self.url
            ))
        })
    }

    fn check(
        &self,
        response: Result<Response<Body>, ureq::Error>,
    ) -> Result<Response<Body>, CliError> {
        let mut response = response.map_err(|error| {
            CliError::Failed(format!(
                "{} cannot be reached: {error}; is userstatusd running, and is its admin port there? (--admin URL)",
                self.url
            ))
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body: Option<ErrorBody> = response.body_mut().read_json().ok();
        Err(CliError::Failed(match (body, status) {
            (Some(body), _) => body.message,
            (None, StatusCode::NOT_FOUND) => {
                format!("{} is no admin port of userstatusd", self.url)
            }
            (None, status) => format!("{} answered {status}", self.url),
        }))
    }
}

/// One part of a path, whatever is in it.
pub(super) fn path_part(text: &str) -> String {
    let mut part = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            part.push(char::from(byte));
        } else {
            use std::fmt::Write as _;
            write!(part, "%{byte:02X}").expect("writing to a String does not fail");
        }
    }
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_user_id_holds_is_one_part_of_a_path() {
        assert_eq!(path_part("a/../b?c#d%e"), "a%2F%2E%2E%2Fb%3Fc%23d%25e");
    }
}
