//! A request's way to the client, and its answer's way back.

use crate::dispatch::Completer;
use crate::json::Payload;
use userstatus_client::{Answer, Client, Request};

/// Hands a request in; the completer is told the answer.
pub(super) fn submit(client: &Client, request: Request, completer: Completer) {
    let is_one_friend = matches!(request, Request::AddFriend(_));
    client.submit(request, move |reply| match reply {
        Ok(answer) => completer.succeed(payload(answer, is_one_friend)),
        Err(error) => completer.fail_with(error.code, error.desc.into()),
    });
}

fn payload(answer: Answer, is_one_friend: bool) -> Payload {
    match answer {
        Answer::Done => Payload::Empty,
        Answer::Statuses(statuses) => Payload::Statuses(statuses),
        Answer::Friends(friends) => Payload::Friends(friends),
        Answer::Blocked(users) => Payload::Blocked(users),
        Answer::FriendResults(mut results) => match results.pop() {
            // The ABI answers about one friend with an object, about several with an array.
            Some(result) if is_one_friend => Payload::FriendResult(result),
            Some(last) => {
                results.push(last);
                Payload::FriendResults(results)
            }
            None => Payload::FriendResults(results),
        },
    }
}
