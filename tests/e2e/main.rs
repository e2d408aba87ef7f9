//! The rules that cross the wire, seen from outside: game processes that call the C ABI, and a real `userstatusd` between
//! them. Each test is named for its rule (`docs/rules.md`).

mod harness;

mod broken_pipes;
mod clients;
mod cplusplus;
mod custom_status;
mod devices;
mod dropin;
mod examples;
mod friends;
mod grace;
mod hostile;
mod install;
mod lifecycle;
mod mono;
mod network;
mod notifications;
mod plans;
mod presence;
mod pump;
mod python;
mod queries;
mod renewal;
mod rest;
mod restart;
mod silence;
mod slow_device;
mod timeouts;
mod tls;
mod unity;
mod usersigs;
mod watching;
