//! The numbered clients of a process: a table from numbers to clients.
//!
//! A number is an answer to a question asked of the table, never an address: one that is closed, or was never given, finds nothing. Numbers
//! are not used again.

use super::{Kind, Sdk};
use crate::dispatch::Dispatcher;
use crate::ffi::{TIMResult, USResult};
use crate::refused::Refused;
use once_cell::sync::Lazy;
use parking_lot::RwLock;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Numbered clients of a process at a time. Each has two threads, and three descriptors when connected; many systems give a process no
/// more than 1,024 of those.
pub(crate) const CLIENTS_MAX: usize = 256;

static OPEN: Lazy<RwLock<HashMap<u64, Arc<Numbered>>>> = Lazy::new(RwLock::default);
static NEXT: AtomicU64 = AtomicU64::new(1);
static PLACES_TAKEN: AtomicUsize = AtomicUsize::new(0);

/// A client that has a number.
pub(crate) struct Numbered {
    sdk: Sdk,
    _place: Place,
}

/// One of [`CLIENTS_MAX`]; free again when dropped.
struct Place;

/// `USClientOpen`: gives the number of a new client.
///
/// # Errors
/// Those of [`Sdk::init`], and too many are open.
pub(crate) fn open(app_id: u64, config: &str) -> Result<u64, Refused> {
    let client = Numbered {
        _place: Place::take()?,
        sdk: Sdk::new(Kind::Numbered, Arc::new(Dispatcher::new())),
    };
    if let Err(refused) = client.init(app_id, config) {
        // It may have a callback thread already.
        client.uninit();
        return Err(refused);
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    OPEN.write().insert(number, Arc::new(client));
    Ok(number)
}

/// The client of a number.
///
/// # Errors
/// There is none.
pub(crate) fn find(number: u64) -> Result<Arc<Numbered>, Refused> {
    let client = OPEN.read().get(&number).cloned();
    client.ok_or(TIMResult::TIM_ERR_PARAM.into())
}

/// `USClientClose`. Only one of several that close the same client at once finds it.
///
/// # Errors
/// There is no client of that number.
pub(crate) fn close(number: u64) -> Result<(), Refused> {
    let client = OPEN.write().remove(&number);
    client.ok_or(TIMResult::TIM_ERR_PARAM)?.uninit();
    Ok(())
}

impl Deref for Numbered {
    type Target = Sdk;

    fn deref(&self) -> &Sdk {
        &self.sdk
    }
}

impl Place {
    fn take() -> Result<Self, Refused> {
        let one_more = |taken| (taken < CLIENTS_MAX).then_some(taken + 1);
        match PLACES_TAKEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more) {
            Ok(_) => Ok(Self),
            Err(_) => Err(USResult::US_ERR_TOO_MANY_CLIENTS.into()),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        PLACES_TAKEN.fetch_sub(1, Ordering::Relaxed);
    }
}
