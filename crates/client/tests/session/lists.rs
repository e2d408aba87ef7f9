//! Lists in pages, and blocks (R1, R2).

use crate::play::{Asked, FromServer, Play};
use std::time::Duration;
use userstatus_client::session::{LIST_ENTRIES_MAX, RequestId};
use userstatus_client::{AddFriend, Answer, Event, FriendResult, Request};
use userstatus_wire::v1::{self, response::Body};

fn page(users: &[&str], more: bool) -> Option<Body> {
    Some(Body::Friends(v1::FriendList {
        friends: users
            .iter()
            .map(|user| v1::Friend {
                user_id: (*user).to_owned(),
                ..v1::Friend::default()
            })
            .collect(),
        more,
    }))
}

/// The one page asked for now: its id and where it begins.
fn asked_page(play: &mut Play) -> (u64, String) {
    let asked = play.asked();
    match &asked[..] {
        [(id, _, Asked::ListFriends(list))] => (*id, list.after.clone()),
        [(id, _, Asked::ListBlocked(list))] => (*id, list.after.clone()),
        other => panic!("{other:?}"),
    }
}

fn names(play: &Play, id: RequestId) -> Vec<String> {
    match &play.replies[&id] {
        Ok(Answer::Friends(friends)) => friends
            .iter()
            .map(|friend| friend.user_id.clone())
            .collect(),
        Ok(Answer::Blocked(users)) => users.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn r1_a_list_in_pages_is_handed_over_whole() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    let (first, after) = asked_page(&mut play);
    assert_eq!((first, after.as_str()), (id.0, ""));
    play.answer(first, 0, page(&["a", "b"], true));
    let (second, after) = asked_page(&mut play);
    assert_eq!(after, "b");
    play.answer(second, 0, page(&["c"], true));
    let (third, after) = asked_page(&mut play);
    assert_eq!(after, "c");
    assert!(!play.replies.contains_key(&id), "not before it is whole");
    play.answer(third, 0, None);
    assert_eq!(names(&play, id), ["a", "b", "c"]);
    assert_eq!(play.asked(), []);
}

#[test]
fn r1_an_empty_list_is_a_list() {
    let mut play = Play::logged_in();
    let friends = play.submit(Request::ListFriends);
    let (asked, _) = asked_page(&mut play);
    play.answer(asked, 0, page(&[], false));
    assert_eq!(play.replies[&friends], Ok(Answer::Friends(Vec::new())));
    let blocked = play.submit(Request::ListBlocked);
    let (asked, _) = asked_page(&mut play);
    play.answer(asked, 0, None);
    assert_eq!(play.replies[&blocked], Ok(Answer::Blocked(Vec::new())));
}

#[test]
fn r1_each_page_has_its_own_time_and_a_list_that_stops_ends() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    for user in ["a", "b", "c"] {
        let (asked, _) = asked_page(&mut play);
        play.wait(Duration::from_secs(9));
        play.answer(asked, 0, page(&[user], true));
    }
    asked_page(&mut play);
    play.wait(Duration::from_millis(9_999));
    assert!(!play.replies.contains_key(&id));
    play.wait(Duration::from_millis(1));
    assert_eq!(play.code(id), 9520);
}

#[test]
fn r1_a_refused_page_is_the_answer_and_of_a_list_only_the_first_counts() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    let (asked, _) = asked_page(&mut play);
    play.answer(asked, 0, page(&["a"], true));
    let (asked, _) = asked_page(&mut play);
    play.answer(asked, 70500, None);
    assert_eq!(play.code(id), 70500);
    // What failed is not counted, and the pages behind the first never were.
    for _ in 0..20 {
        play.submit(Request::ListFriends);
    }
    assert_eq!(play.asked().len(), 20);
}

#[test]
fn r1_a_list_cut_off_by_a_loss_goes_on_where_it_was() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    let (asked, _) = asked_page(&mut play);
    play.answer(asked, 0, page(&["a", "b"], true));
    asked_page(&mut play);
    play.lose();
    play.come_back(true);
    let (asked, after) = asked_page(&mut play);
    assert_eq!(after, "b");
    play.answer(asked, 0, page(&["c"], false));
    assert_eq!(names(&play, id), ["a", "b", "c"]);
}

#[test]
fn r1_a_list_that_changes_between_its_pages_names_nobody_twice_and_nobody_who_left() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    let (asked, _) = asked_page(&mut play);
    play.answer(asked, 0, page(&["a", "c", "e"], true));
    let (asked, _) = asked_page(&mut play);
    // Behind the page that is read already: read again from there.
    play.receive(FromServer::FriendsChanged(v1::FriendsChanged {
        added: vec!["b".to_owned()],
        deleted: vec!["e".to_owned()],
    }));
    play.answer(asked, 0, page(&["g"], false));
    let (asked, after) = asked_page(&mut play);
    assert_eq!(after, "a");
    play.answer(asked, 0, page(&["b", "c", "g"], false));
    assert_eq!(names(&play, id), ["a", "b", "c", "g"]);

    let id = play.submit(Request::ListFriends);
    let (asked, _) = asked_page(&mut play);
    play.answer(asked, 0, page(&["a"], true));
    asked_page(&mut play);
    play.lose();
    play.come_back(true);
    let (asked, _) = asked_page(&mut play);
    // Overlapping pages, of a server that knows better.
    play.answer(asked, 0, page(&["a", "b"], false));
    assert_eq!(names(&play, id), ["a", "b"]);
}

#[test]
fn r1_an_own_change_between_pages_is_in_the_list() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    let (asked, _) = asked_page(&mut play);
    play.answer(asked, 0, page(&["b", "c"], true));
    let (second, _) = asked_page(&mut play);
    let add = play.submit(Request::AddFriend(AddFriend {
        user_id: "a".to_owned(),
        ..AddFriend::default()
    }));
    play.asked();
    play.answer(second, 0, page(&["d"], true));
    let (third, _) = asked_page(&mut play);
    let results = Body::FriendResults(v1::FriendResults {
        results: vec![v1::FriendResult {
            user_id: "a".to_owned(),
            ..v1::FriendResult::default()
        }],
    });
    play.answer(add.0, 0, Some(results));
    // The third page was asked for behind the addition, but the first, where she belongs, was not.
    play.answer(third, 0, page(&["e"], false));
    let (again, after) = asked_page(&mut play);
    assert_eq!(after, "");
    play.answer(again, 0, page(&["a", "b", "c", "d", "e"], false));
    assert_eq!(names(&play, id), ["a", "b", "c", "d", "e"]);
}

#[test]
fn r1_a_server_that_goes_round_in_circles_is_not_followed() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    let (asked, _) = asked_page(&mut play);
    play.answer(asked, 0, page(&["a", "b"], true));
    let (asked, _) = asked_page(&mut play);
    play.answer(asked, 0, page(&["a", "b"], true));
    assert_eq!(play.code(id), 70500);
    let id = play.submit(Request::ListFriends);
    let (asked, _) = asked_page(&mut play);
    play.answer(asked, 0, page(&[], true));
    assert_eq!(play.code(id), 70500);
    // Friends who come and go for ever.
    let id = play.submit(Request::ListFriends);
    for _ in 0..100 {
        if play.replies.contains_key(&id) {
            return;
        }
        let (asked, _) = asked_page(&mut play);
        play.receive(FromServer::FriendsChanged(v1::FriendsChanged {
            added: vec!["a".to_owned()],
            deleted: Vec::new(),
        }));
        play.answer(asked, 0, page(&["a", "b"], false));
    }
    panic!("it goes on for ever");
}

#[test]
fn r1_a_list_is_handed_over_up_to_its_bound() {
    let mut play = Play::logged_in();
    let id = play.submit(Request::ListFriends);
    for number in 0_u32.. {
        if play.replies.contains_key(&id) {
            break;
        }
        let (asked, _) = asked_page(&mut play);
        let users: Vec<String> = (0..1_000)
            .map(|place| format!("{number:0>5}-{place:0>4}"))
            .collect();
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        play.answer(asked, 0, page(&users, true));
        assert!(number < 20, "it ends");
    }
    assert_eq!(names(&play, id).len(), LIST_ENTRIES_MAX);
}

#[test]
fn r2_blocks_are_asked_for_and_listed() {
    let mut play = Play::logged_in();
    let users = vec!["bob".to_owned(), "carol".to_owned()];
    let results = |code| {
        Some(Body::FriendResults(v1::FriendResults {
            results: ["bob", "carol"]
                .map(|user| v1::FriendResult {
                    user_id: user.to_owned(),
                    code,
                    desc: String::new(),
                })
                .to_vec(),
        }))
    };
    let block = play.submit(Request::Block(users.clone()));
    let asked = play.asked();
    assert!(matches!(&asked[..], [(_, false, Asked::Block(block))] if block.user_ids == users));
    play.answer(block.0, 0, results(0));
    let Ok(Answer::FriendResults(list)) = &play.replies[&block] else {
        panic!("results")
    };
    let first = FriendResult {
        user_id: "bob".to_owned(),
        code: 0,
        desc: String::new(),
    };
    assert_eq!(list[0], first);

    let list = play.submit(Request::ListBlocked);
    for (after, user, more) in [("", "bob", true), ("bob", "carol", false)] {
        let (asked, asked_after) = asked_page(&mut play);
        assert_eq!(asked_after, after);
        let users = v1::BlockedList {
            user_ids: vec![user.to_owned()],
            more,
        };
        play.answer(asked, 0, Some(Body::Blocked(users)));
    }
    assert_eq!(names(&play, list), users);

    let unblock = play.submit(Request::Unblock(users.clone()));
    let asked = play.asked();
    assert!(matches!(&asked[..], [(_, false, Asked::Unblock(leave))] if leave.user_ids == users));
    // Lost on the way: what is done by now is no error.
    play.lose();
    play.come_back(true);
    assert!(matches!(&play.asked()[..], [(_, true, Asked::Unblock(_))]));
    play.answer(unblock.0, 0, results(0));
    assert_eq!(play.code(unblock), 0);
}

fn adding(user: &str) -> Request {
    Request::AddFriend(AddFriend {
        user_id: user.to_owned(),
        ..AddFriend::default()
    })
}

fn deleting(users: &[&str]) -> Request {
    Request::DeleteFriends {
        user_ids: users.iter().map(|user| (*user).to_owned()).collect(),
        both: true,
    }
}

fn results(of: &[(&str, i32)]) -> Option<Body> {
    let result = |(user, code): &(&str, i32)| v1::FriendResult {
        user_id: (*user).to_owned(),
        code: *code,
        desc: String::new(),
    };
    Some(Body::FriendResults(v1::FriendResults {
        results: of.iter().map(result).collect(),
    }))
}

fn changed(added: &[&str], deleted: &[&str]) -> FromServer {
    let owned = |users: &[&str]| users.iter().map(|user| (*user).to_owned()).collect();
    FromServer::FriendsChanged(v1::FriendsChanged {
        added: owned(added),
        deleted: owned(deleted),
    })
}

fn added(users: &[&str]) -> Event {
    Event::FriendsAdded(users.iter().map(|user| (*user).to_owned()).collect())
}

fn deleted(users: &[&str]) -> Event {
    Event::FriendsDeleted(users.iter().map(|user| (*user).to_owned()).collect())
}

/// What was told of friends since the last time.
fn told_of_friends(play: &mut Play) -> Vec<Event> {
    let events = std::mem::take(&mut play.events).into_iter();
    events
        .filter(|event| matches!(event, Event::FriendsAdded(_) | Event::FriendsDeleted(_)))
        .collect()
}

#[test]
fn who_adds_or_deletes_friends_is_told_of_those_it_was_done_for() {
    let mut play = Play::logged_in();
    let add = play.submit(adding("bob"));
    play.answer(add.0, 0, results(&[("bob", 0)]));
    assert_eq!(told_of_friends(&mut play), [added(&["bob"])]);
    let again = play.submit(adding("bob"));
    play.answer(again.0, 0, results(&[("bob", 30015)]));
    let refused = play.submit(adding("carol"));
    play.answer(refused.0, 7014, None);
    assert_eq!(told_of_friends(&mut play), []);
    let delete = play.submit(deleting(&["bob", "carol", "dave"]));
    play.answer(
        delete.0,
        0,
        results(&[("bob", 0), ("carol", 31704), ("dave", 0)]),
    );
    assert_eq!(told_of_friends(&mut play), [deleted(&["bob", "dave"])]);
}

/// The connection that asked is gone, and the server tells the new one before the answer to what is sent again.
#[test]
fn a_change_of_friends_that_the_server_told_of_already_is_not_told_again() {
    let mut play = Play::logged_in();
    let add = play.submit(adding("bob"));
    let delete = play.submit(deleting(&["carol", "dave"]));
    play.lose();
    play.come_back(true);
    play.receive(changed(&["bob"], &["carol"]));
    play.answer(add.0, 0, results(&[("bob", 0)]));
    play.answer(delete.0, 0, results(&[("carol", 0), ("dave", 0)]));
    assert_eq!(
        told_of_friends(&mut play),
        [added(&["bob"]), deleted(&["carol"]), deleted(&["dave"])]
    );
    // Undone by another device before it was done here: what is told last is how it is.
    let add = play.submit(adding("erin"));
    play.receive(changed(&["erin"], &[]));
    play.receive(changed(&[], &["erin"]));
    play.answer(add.0, 0, results(&[("erin", 0)]));
    assert_eq!(
        told_of_friends(&mut play),
        [added(&["erin"]), deleted(&["erin"]), added(&["erin"])]
    );
}
