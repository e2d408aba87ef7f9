//! `callExperimentalAPI`: what the ABI keeps for itself.

use super::Sdk;
use crate::ffi::{CommCallback, TIMResult};
use crate::json::{Object, Operation, Payload, ServerInfo, ServerInfoAddress};
use crate::keys;
use crate::log;
use crate::refused::Refused;
use userstatus_client::{SERVERS_MAX, ServerAddress};
use userstatus_core::Code;

/// Operations that mean nothing here and change nothing the caller could miss.
const HARMLESS: [&str; 9] = [
    keys::OPERATION_SET_UI_PLATFORM,
    "internal_operation_set_application_id",
    "internal_operation_set_ignore_repeat_login",
    "internal_operation_set_ipv6_prior",
    "internal_operation_set_max_retry_count",
    "internal_operation_set_packet_request_timeout",
    "internal_operation_init_local_storage",
    "internal_operation_set_offline_push_state",
    "internal_operation_report_tuicomponent_usage",
];

impl Sdk {
    /// Carries out one operation.
    pub(crate) fn operate(
        &self,
        callback: Option<CommCallback>,
        operation: &Operation,
    ) -> Result<(), Refused> {
        if operation.name.is_empty() {
            return Err(TIMResult::TIM_ERR_PARAM.into());
        }
        let completer = self.dispatcher.promise(callback, Payload::Empty)?;
        let done = match operation.name.as_str() {
            keys::OPERATION_SET_SERVER => self.set_server(operation.server_info.as_ref()),
            keys::OPERATION_WRITE_LOG => write_log(operation),
            name if HARMLESS.contains(&name) => Ok(()),
            _ => Err((Code::NeedsPremium, "this library has no such operation")),
        };
        match done {
            Ok(()) => completer.succeed(Payload::Empty),
            Err((code, why)) => completer.fail_with(code.number(), why.into()),
        }
        Ok(())
    }

    fn set_server(&self, info: Option<&Object<ServerInfo>>) -> Result<(), (Code, &'static str)> {
        let invalid = |why| (Code::InvalidParameters, why);
        let Object(info) =
            info.ok_or(invalid("request_set_custom_server_info_param is missing"))?;
        let servers = info
            .addresses
            .iter()
            .map(|Object(address)| server_of(address))
            .collect::<Result<Vec<_>, _>>()
            .map_err(invalid)?;
        if servers.is_empty() {
            return Err(invalid("longconnection_address_array is empty"));
        }
        if servers.len() > SERVERS_MAX {
            return Err(invalid("longconnection_address_array has more than 8"));
        }
        // Under the lock, so that TIMInit does not take the old address in between.
        let instance = self.instance.read();
        if instance.is_some() {
            return Err((Code::InvalidOperation, "the server is set before TIMInit"));
        }
        self.settings.lock().servers = servers;
        Ok(())
    }
}

fn server_of(address: &ServerInfoAddress) -> Result<ServerAddress, &'static str> {
    if address.ip.is_empty() {
        return Err("server_address_ip is empty");
    }
    if address.is_quic {
        return Err("server_address_is_quic: there is no QUIC");
    }
    match u16::try_from(address.port) {
        Ok(port) if port != 0 => Ok(ServerAddress {
            host: address.ip.clone(),
            port,
            tls: false,
        }),
        _ => Err("server_address_port is not 1 to 65535"),
    }
}

fn write_log(operation: &Operation) -> Result<(), (Code, &'static str)> {
    let level = log::level_of(operation.log_level).ok_or((
        Code::InvalidParameters,
        "request_write_log_log_level_param is not 0 to 7",
    ))?;
    log::write(level, &log_line(operation));
    Ok(())
}

/// "Login.cs:7 LogIn: the line", without what was not said.
fn log_line(operation: &Operation) -> String {
    let mut origin = operation.log_file.clone();
    if operation.log_line > 0 {
        origin.push_str(&format!(":{}", operation.log_line));
    }
    if !origin.is_empty() && !operation.log_function.is_empty() {
        origin.push(' ');
    }
    origin.push_str(&operation.log_function);
    if origin.is_empty() {
        return operation.log_content.clone();
    }
    format!("{origin}: {}", operation.log_content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_where_it_comes_from() {
        let line = |file: &str, line, function: &str| {
            log_line(&Operation {
                log_content: "hello".to_owned(),
                log_file: file.to_owned(),
                log_line: line,
                log_function: function.to_owned(),
                ..Operation::default()
            })
        };
        assert_eq!(line("Login.cs", 7, "LogIn"), "Login.cs:7 LogIn: hello");
        assert_eq!(line("", 0, "LogIn"), "LogIn: hello");
        assert_eq!(line("Login.cs", -1, ""), "Login.cs: hello");
        assert_eq!(line("", 0, ""), "hello");
    }
}
