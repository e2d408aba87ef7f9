//! `userstatusd usersig`: without a server.

use super::{CliError, date, output};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use userstatus_core::{AppId, UserId};
use userstatus_gateway::sig_code;
use userstatus_usersig::{AHEAD_S_MAX_DEFAULT, Claims, SecretKey, SigError, inspect, mint, verify};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Mint a UserSig and print it
    Mint(Mint),
    /// Say what a UserSig says, and whether it lets anybody in
    Explain(Explain),
}

#[derive(clap::Args)]
pub(super) struct Mint {
    /// The app's id
    #[arg(long, value_name = "N")]
    app_id: u64,
    /// The app's secret key
    #[arg(
        long,
        value_name = "TEXT",
        env = "USERSTATUS_SECRET_KEY",
        hide_env_values = true
    )]
    key: String,
    /// Who is to log in with it
    #[arg(long, value_name = "NAME")]
    user: String,
    /// How long it is valid, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 180 * 86_400)]
    expire_s: u64,
}

#[derive(clap::Args)]
pub(super) struct Explain {
    /// The UserSig
    sig: String,
    /// The app's secret key, to check the signature
    #[arg(
        long,
        value_name = "TEXT",
        env = "USERSTATUS_SECRET_KEY",
        hide_env_values = true
    )]
    key: Option<String>,
}

pub(super) fn run(command: Command) -> Result<ExitCode, CliError> {
    match command {
        Command::Mint(arguments) => run_mint(&arguments),
        Command::Explain(arguments) => run_explain(&arguments),
    }
}

fn run_mint(arguments: &Mint) -> Result<ExitCode, CliError> {
    let app_id = AppId::new(arguments.app_id)
        .ok_or_else(|| CliError::Usage("--app-id: an app id is not 0".to_owned()))?;
    let user = UserId::parse(&arguments.user)
        .map_err(|error| CliError::Usage(format!("--user: {error}")))?;
    let key = parse_key(&arguments.key)?;
    let sig = mint(
        &key,
        app_id.get(),
        user.as_str(),
        now_s(),
        arguments.expire_s,
    )
    .map_err(|error| CliError::Usage(format!("--user: {error}")))?;
    output::text(&format!("{sig}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// Exit code 1 if a server would refuse it.
fn run_explain(arguments: &Explain) -> Result<ExitCode, CliError> {
    let key = arguments.key.as_deref().map(parse_key).transpose()?;
    let explanation = explain(&arguments.sig, key.as_ref(), now_s());
    output::text(&explanation.text)?;
    Ok(match explanation.is_refused {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

fn parse_key(text: &str) -> Result<SecretKey, CliError> {
    SecretKey::new(text).map_err(|error| CliError::Usage(format!("--key: {error}")))
}

fn now_s() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

struct Explanation {
    text: String,
    is_refused: bool,
}

fn explain(sig: &str, key: Option<&SecretKey>, now_s: u64) -> Explanation {
    let claims = match inspect(sig) {
        Ok(claims) => claims,
        Err(error) => {
            let verdict = refused(&error);
            return Explanation {
                text: format!("{verdict}\n"),
                is_refused: true,
            };
        }
    };
    let (verdict, is_refused) = verdict(sig, &claims, key, now_s);
    Explanation {
        text: format!("{}{verdict}\n", describe(&claims, now_s)),
        is_refused,
    }
}

fn describe(claims: &Claims, now_s: u64) -> String {
    let Claims {
        app_id,
        user_id,
        issued_at_s,
        expire_s,
    } = claims;
    let expires_at_s = claims.expires_at_s();
    let from_now = match expires_at_s.checked_sub(now_s) {
        Some(left_s) if left_s > 0 => format!("in {}", date::rough(left_s)),
        _ => format!("{} ago", date::rough(now_s.saturating_sub(expires_at_s))),
    };
    format!(
        "app id   {app_id}\n\
         user     {user_id}\n\
         minted   {minted}\n\
         expires  {expires}, {from_now} (valid for {expire_s} s)\n",
        minted = date::utc(*issued_at_s),
        expires = date::utc(expires_at_s),
    )
}

fn verdict(sig: &str, claims: &Claims, key: Option<&SecretKey>, now_s: u64) -> (String, bool) {
    let keys = key.map(std::slice::from_ref).unwrap_or_default();
    let checked = verify(
        sig,
        claims.app_id,
        &claims.user_id,
        keys,
        now_s,
        AHEAD_S_MAX_DEFAULT,
    );
    match (checked, key) {
        (Ok(_), _) => {
            let text = "valid    signed with this key and not expired; a kick since it was minted would revoke it (70052)";
            (text.to_owned(), false)
        }
        (Err(SigError::Forged), None) => match claims.check_time(now_s, AHEAD_S_MAX_DEFAULT) {
            Err(error) => (refused(&error), true),
            Ok(()) => {
                let text = "unknown  not expired; give --key to check who signed it";
                (text.to_owned(), false)
            }
        },
        (Err(error), _) => (refused(&error), true),
    }
}

fn refused(error: &SigError) -> String {
    let reason = match error {
        SigError::Forged => "it was not signed with this key".to_owned(),
        error => error.to_string(),
    };
    format!("refused  with code {}: {reason}", sig_code(error).number())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: u64 = 1_800_000_000;

    fn key(text: &str) -> SecretKey {
        SecretKey::new(text).unwrap()
    }

    #[test]
    fn a_sig_is_explained_with_its_verdict() {
        let sig = mint(&key("k"), 7, "alice", NOW_S - 60, 3_600).unwrap();
        let explanation = explain(&sig, Some(&key("k")), NOW_S);
        assert!(!explanation.is_refused);
        for part in [
            "app id   7",
            "alice",
            "2027-01-15 07:59:00",
            "in 59 min",
            "valid",
        ] {
            assert!(explanation.text.contains(part), "{part}");
        }
    }

    #[test]
    fn each_reason_to_refuse_has_its_code() {
        let sig = mint(&key("k"), 7, "alice", NOW_S - 60, 3_600).unwrap();
        let old = mint(&key("k"), 7, "alice", NOW_S - 60, 60).unwrap();
        let ahead = mint(&key("k"), 7, "alice", NOW_S + 301, 60).unwrap();
        for (sig, key, code) in [
            ("", None, "70002"),
            (&sig[..50], None, "70003"),
            (&*sig, Some(key("other")), "70009"),
            (&*old, Some(key("k")), "70001"),
            (&*old, None, "70001"),
            (
                &*ahead,
                Some(key("k")),
                "70003: the UserSig is dated 301 s ahead",
            ),
            (&*ahead, None, "70003: the UserSig is dated 301 s ahead"),
        ] {
            let explanation = explain(sig, key.as_ref(), NOW_S);
            assert!(explanation.is_refused);
            assert!(explanation.text.contains(code), "{}", explanation.text);
        }
    }

    #[test]
    fn d0_a_sig_is_minted_for_exactly_the_user_ids() {
        let lengths = ["", "x", &"x".repeat(32), &"x".repeat(33)].map(str::to_owned);
        let characters = (0..=0x100).filter_map(char::from_u32).map(String::from);
        for text in characters.chain(lengths) {
            let is_minted = mint(&key("k"), 7, &text, NOW_S, 60).is_ok();
            assert_eq!(is_minted, UserId::parse(&text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn without_a_key_a_signature_is_not_judged() {
        let sig = mint(&key("k"), 7, "alice", NOW_S, 60).unwrap();
        let explanation = explain(&sig, None, NOW_S);
        assert!(!explanation.is_refused);
        assert!(explanation.text.contains("give --key"));
    }
}
