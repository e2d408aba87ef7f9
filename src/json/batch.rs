//! What `TIMMsgBatchSend` hands over when it fails: one failure for each receiver named, as layers above the SDK read it.

use super::Payload;
use serde_json::{Value, json};

const RECEIVERS: &str = "msg_batch_send_param_identifier_array";
const MESSAGE: &str = "msg_batch_send_param_msg";

/// With the message as it was given. An argument that names nobody, in whatever way, has nobody's failures.
pub(crate) fn batch_failures(param: &str, code: i32, desc: &str) -> Payload {
    let param: Value = serde_json::from_str(param).unwrap_or_default();
    let receivers = param[RECEIVERS].as_array().map_or(&[][..], Vec::as_slice);
    let failures: Vec<_> = receivers
        .iter()
        .filter(|receiver| receiver.is_string())
        .map(|receiver| {
            json!({
                "msg_batch_send_result_identifier": receiver,
                "msg_batch_send_result_code": code,
                "msg_batch_send_result_desc": desc,
                "msg_batch_send_result_msg": param[MESSAGE],
            })
        })
        .collect();
    Payload::Ready(Value::from(failures).to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_receiver_fails_with_the_message_it_was_to_get() {
        let failures = |param: &str| match batch_failures(param, 7013, "no") {
            Payload::Ready(json) => serde_json::from_str::<Value>(&json).expect("JSON"),
            other => panic!("{other:?}"),
        };
        let message = json!({ "message_elem_array": [{ "elem_type": 0 }] });
        let failure = |user: &str| {
            json!({
                "msg_batch_send_result_identifier": user,
                "msg_batch_send_result_code": 7013,
                "msg_batch_send_result_desc": "no",
                "msg_batch_send_result_msg": message,
            })
        };
        let param = json!({ RECEIVERS: ["bob", 7, "carol"], MESSAGE: message });
        assert_eq!(
            failures(&param.to_string()),
            json!([failure("bob"), failure("carol")])
        );
        for nobody in [
            "",
            "x",
            "null",
            "[]",
            "{}",
            &format!("{{\"{RECEIVERS}\":1}}"),
        ] {
            assert_eq!(failures(nobody), json!([]), "{nobody}");
        }
    }
}
