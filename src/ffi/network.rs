//! What the platform knows of its network, and the library does not.

use super::boundary;
use super::constants::{TIMResult, USNetworkChange};
use crate::refused::Refused;
use crate::sdk::{Sdk, sdk};
use core::ffi::c_int;
use userstatus_client::NetworkChange;

/// Says that the platform's network changed, for a game that is told so by its platform (Android's ConnectivityManager, Apple's
/// NWPathMonitor; the Unity package looks by itself). Without it the library finds out in its own time: some 15 s after a call, and
/// while nothing is called some 10 s after the next heartbeat.
///
/// - `change`: a USNetworkChange. kUSNetworkGone: the connection counts as lost at once, and the network callback says so; the library
///   goes on trying, less and less often. kUSNetworkChanged, kUSNetworkBack: a connection that stands is probed, and given up if nothing
///   comes back within 3 s; one that is wanted is made at once, whatever the wait was to be.
///
/// Returns TIM_SUCC, also when not initialised or not logged in, where there is nothing to do; TIM_ERR_PARAM: another number.
///
/// Thread: any. It returns at once.
#[unsafe(no_mangle)]
pub extern "C" fn USNetworkChanged(change: c_int) -> c_int {
    boundary::call("USNetworkChanged", || network_changed(sdk(), change))
}

pub(super) fn network_changed(sdk: &Sdk, change: c_int) -> Result<(), Refused> {
    let change = match change {
        0 => NetworkChange::Gone,
        1 => NetworkChange::Changed,
        2 => NetworkChange::Back,
        _ => return Err(TIMResult::TIM_ERR_PARAM.into()),
    };
    sdk.network_changed(change);
    Ok(())
}

// The numbers above are those of the enum.
const _: () = assert!(
    USNetworkChange::kUSNetworkGone as c_int == 0
        && USNetworkChange::kUSNetworkChanged as c_int == 1
        && USNetworkChange::kUSNetworkBack as c_int == 2
);
