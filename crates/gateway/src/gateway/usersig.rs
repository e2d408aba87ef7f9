//! UserSigs: who may come in, and for how long (D2 to D4).

use super::request::unexpected;
use super::{Gateway, Session, refused_because};
use crate::outbox::{CloseOrder, Outbox};
use crate::sig_ends::{Due, Stage};
use std::sync::Arc;
use userstatus_core::{Code, Command, Outcome, Refusal, SigEnd, Timestamp, UserId};
use userstatus_store::Store;
use userstatus_store::apps::App;
use userstatus_usersig::{Claims, SigError};

/// Of a UserSig with less life left than the notice, the notice comes when this part of it is left.
const NOTICE_PART_OF_SHORT: u64 = 4;

/// A UserSig that was checked.
pub(super) struct Checked {
    pub(super) minted_at: Timestamp,
    pub(super) expires_at: Timestamp,
    /// The key that signed it.
    pub(super) key: u32,
}

/// Checks a UserSig against the app's keys (D2, D4).
pub(super) fn check_sig(
    app: &App,
    user: &UserId,
    sig: &str,
    now: Timestamp,
) -> Result<Checked, Refusal> {
    let ahead_s_max = u64::from(app.settings.limits.sig_ahead_ms) / 1_000;
    let keys = app.keys.iter().map(|key| &key.secret);
    let verified = userstatus_usersig::verify(
        sig,
        app.id.get(),
        user.as_str(),
        keys,
        now.as_s(),
        ahead_s_max,
    );
    let verified =
        verified.map_err(|error| refused_because(sig_code(&error), error.to_string()))?;
    let claims: &Claims = &verified.claims;
    Ok(Checked {
        minted_at: from_s(claims.issued_at_s),
        expires_at: from_s(claims.expires_at_s()),
        key: app.keys.get(verified.key).map_or(0, |key| key.id),
    })
}

/// The code that a UserSig is refused with (D2, D4).
pub const fn sig_code(error: &SigError) -> Code {
    match error {
        SigError::Expired { .. } => Code::SigExpired,
        SigError::Empty => Code::SigEmpty,
        // A new one of the same minter would not be better: no code that asks for one.
        SigError::Malformed(_) | SigError::DatedAhead { .. } => Code::SigMalformed,
        SigError::Forged => Code::SigForged,
        SigError::OtherUser => Code::SigOtherUser,
        SigError::OtherApp { .. } => Code::SigOtherApp,
    }
}

fn from_s(seconds: u64) -> Timestamp {
    Timestamp::from_ms(seconds.saturating_mul(1_000))
}

impl<S: Store> Gateway<S> {
    /// A session shows a new UserSig (D3): a bad one is refused, and the old one stays.
    pub(super) async fn renew_sig(
        &self,
        session: &Session,
        app: &App,
        sig: &str,
    ) -> Result<(), Refusal> {
        let account = session.account();
        let checked = check_sig(app, &account.user, sig, self.clock.wall())?;
        let command = Command::RenewSig {
            session: session.id(),
            sig_minted_at: checked.minted_at,
        };
        match &self.asked_by(session, app, command).await?.outcome {
            Outcome::Done => {
                self.sig_holds(session.outbox(), app, &checked);
                Ok(())
            }
            outcome => Err(unexpected(outcome)),
        }
    }

    /// From now on this UserSig is the session's.
    pub(super) fn sig_holds(&self, outbox: &Arc<Outbox>, app: &App, checked: &Checked) {
        outbox.set_key(checked.key);
        let is_valid = self
            .apps
            .get(app.id)
            .is_some_and(|app| app.keys.iter().any(|key| key.id == checked.key));
        if !is_valid {
            // The key was removed between the check and now: who closes its sessions has not seen this one.
            self.hub.close_key(app.id, checked.key);
        }
        let now = self.clock.wall();
        let left_ms = checked.expires_at.ms_since(now);
        let notice_ms = u64::from(app.settings.limits.sig_notice_ms);
        let notice_ms = notice_ms.min(left_ms / NOTICE_PART_OF_SHORT);
        let due = Due {
            outbox: Arc::clone(outbox),
            stage: Stage::Notice,
            expires_at: checked.expires_at,
        };
        self.sig_ends
            .schedule(now.plus_ms(left_ms - notice_ms), due);
    }

    pub(super) fn sig_is_due(&self, due: Due) {
        let Due {
            outbox,
            stage,
            expires_at,
        } = due;
        let Some(app) = self.apps.get(outbox.account().app) else {
            return;
        };
        let schedule = |stage, at| {
            let due = Due {
                outbox: Arc::clone(&outbox),
                stage,
                expires_at,
            };
            self.sig_ends.schedule_next_stage(at, due);
        };
        match stage {
            Stage::Notice => {
                let left_ms = expires_at.ms_since(self.clock.wall());
                // 0 would say that it has ended.
                outbox.push_sig_expiring(left_ms.max(1));
                schedule(Stage::End, expires_at);
            }
            Stage::End => {
                outbox.push_sig_expiring(0);
                let grace_ms = u64::from(app.settings.limits.sig_close_grace_ms);
                schedule(Stage::Close, expires_at.plus_ms(grace_ms));
            }
            Stage::Close if app.settings.sig_end == SigEnd::Close => {
                outbox.order_close(CloseOrder::kicked(Code::SigExpired));
            }
            Stage::Close => {}
        }
    }
}
