//! What the operator asks: not from a session, and not about one's own account.

use super::{Gateway, desc_of, refused};
use std::sync::Arc;
use userstatus_core::{Account, AppId, Code, Command, Outcome, Refusal};
use userstatus_store::AccountKey;
use userstatus_store::apps::{App, AppError};
use userstatus_store::{Store, StoreError};

/// Why an operator's request could not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperatorError {
    /// The app registry refused.
    #[error(transparent)]
    App(#[from] AppError),
    /// The rules refused, or the disk did.
    #[error("{}", desc_of(.0))]
    Refused(Refusal),
    /// The store cannot be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Store> Gateway<S> {
    /// A copy of an account, if it is registered.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn account(&self, account: &AccountKey) -> Result<Option<Account>, OperatorError> {
        self.existing(account.app)?;
        Ok(self.store.account(account).await?)
    }

    /// Registers an account without a login; one that is registered already stays as it is.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn import(&self, account: &AccountKey) -> Result<(), OperatorError> {
        self.operate(account, Command::Import).await?;
        Ok(())
    }

    /// Logs all devices of an account out and revokes every UserSig minted before now (D2). Says how many devices.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn kick_all(&self, account: &AccountKey) -> Result<usize, OperatorError> {
        let command = Command::KickAll {
            now: self.clock.wall(),
        };
        if self.account(account).await?.is_none() {
            return Err(OperatorError::Refused(refused(Code::NoSuchAccount)));
        }
        match self.operate(account, command).await? {
            Outcome::KickedAll { sessions } => Ok(sessions.len()),
            _ => Ok(0),
        }
    }

    /// Removes an app with all its accounts, and closes its connections.
    ///
    /// # Errors
    /// [`OperatorError`].
    pub async fn delete_app(&self, app: AppId) -> Result<(), OperatorError> {
        self.apps.delete(app).await?;
        self.hub.close_app(app);
        let ticket = self.store.remove_accounts(app).await?;
        ticket.wait().await.map_err(AppError::from)?;
        Ok(())
    }

    async fn operate(
        &self,
        account: &AccountKey,
        command: Command,
    ) -> Result<Outcome, OperatorError> {
        let app = self.existing(account.app)?;
        let commit = self
            .carry_out(account, &app, command, None)
            .await
            .map_err(OperatorError::Refused)?;
        Ok(commit.outcome.clone())
    }

    fn existing(&self, id: AppId) -> Result<Arc<App>, OperatorError> {
        let app = self.apps.get(id).ok_or(AppError::NoSuchApp(id))?;
        Ok(app)
    }
}
