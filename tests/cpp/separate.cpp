// Several clients of one process: what each has of its own, and what it leaves to the default one.
#include "check.hpp"

#include <thread>

using namespace userstatus;

namespace {

/** A client beside others, and what it was told. */
struct player {
    inbox<user_status> statuses;
    inbox<network_status> networks;
    inbox<std::string> added, deleted;
    inbox<int> kicks;
    inbox<std::thread::id> threads;
    client self;

    explicit player(const options& wanted) : self(need("open_separate", client::open_separate(wanted, ears()))) {}

    listeners ears() {
        listeners made;
        made.status_changed = [this](const user_statuses& changed) {
            threads.put(std::this_thread::get_id());
            for (const user_status& user : changed) statuses.put(user);
        };
        made.network_changed = [this](network_status status, const error&) { networks.put(status); };
        made.friends_added = [this](const user_ids& users) {
            for (const std::string& user : users) added.put(user);
        };
        made.friends_deleted = [this](const user_ids& users) {
            for (const std::string& user : users) deleted.put(user);
        };
        made.kicked_offline = [this] { kicks.put(1); };
        return made;
    }

    void enter(const std::string& user, const std::string& sig) {
        need("login", self.wait(self.login(user, sig)));
        CHECK(self.login_user_id() == user && self.login_status() == login_status::logined);
    }

    void say(const std::string& custom) { need("set_self_status", self.wait(self.set_self_status(custom))); }

    void hears(const std::string& user, const std::string& custom) {
        const std::string what = user + " says " + custom;
        statuses.wait(what.c_str(), [&](const user_status& one) { return one.user_id == user && one.custom_status == custom; });
    }
};

}  // namespace

/** All calls, each of the client it is made of. */
static void side_by_side(const stage& given) {
    player alice(given.options()), bob(given.options());
    CHECK(code_of(alice.self.wait(alice.self.set_self_status("too early"))) == US_CODE_NOT_LOGGED_IN);
    alice.enter("alice", given.sig_of_alice);
    CHECK(bob.self.login_status() == login_status::unlogined && bob.self.login_user_id().empty());
    bob.enter("bob", given.sig_of_bob);
    alice.networks.wait("connected", [](network_status status) { return status == network_status::connected; });
    CHECK(alice.self.server_time_s() > 1'600'000'000);

    CHECK(need("subscribe", alice.self.wait(alice.self.subscribe({"bob"}))).size() == 1);
    need("subscribe", bob.self.wait(bob.self.subscribe({"alice"})));
    bob.say("in a match");
    alice.hears("bob", "in a match");
    alice.say("watching");
    bob.hears("alice", "watching");
    CHECK(alice.threads.all().front() != bob.threads.all().front());
    const user_statuses asked = need("get_user_status", alice.self.wait(alice.self.get_user_status({"bob"})));
    CHECK(asked.size() == 1 && asked[0].custom_status == "in a match" && asked[0].online_devices == user_ids{"Linux"});

    friend_request request;
    request.user_id = "bob";
    request.type = friend_type::both;
    CHECK(need("add_friend", alice.self.wait(alice.self.add_friend(request))).code == US_CODE_OK);
    bob.added.wait("alice added", [](const std::string& user) { return user == "alice"; });
    CHECK(need("friends", bob.self.wait(bob.self.friends())).size() == 1);
    CHECK(need("delete_friends", bob.self.wait(bob.self.delete_friends({"alice"}, friend_type::both))).size() == 1);
    alice.deleted.wait("bob deleted", [](const std::string& user) { return user == "bob"; });
    need("block", alice.self.wait(alice.self.block({"bob"})));
    CHECK(need("blocked", alice.self.wait(alice.self.blocked())).size() == 1);
    CHECK(need("blocked", bob.self.wait(bob.self.blocked())).empty());
    need("unblock", alice.self.wait(alice.self.unblock({"bob"})));
    need("unsubscribe", alice.self.wait(alice.self.unsubscribe({"bob"})));
    need("unsubscribe_all", bob.self.wait(bob.self.unsubscribe_all()));
    inbox<int> foreground;
    need("enter_background", alice.self.enter_background());
    need("enter_foreground", alice.self.enter_foreground([&](result<void> back) { foreground.put(code_of(back)); }));
    foreground.wait("back", [](int code) { return code == US_CODE_OK; });
    alice.self.network_changed(network_change::changed);

    // The default client is another one still, and what ends one ends no other.
    client usual = need("open", client::open(given.options()));
    CHECK(code_of(client::open(given.options())) == US_CODE_INVALID_OPERATION);
    need("login as bob", usual.wait(usual.login("bob", given.sig_of_bob)));
    bob.kicks.wait_for(1);
    CHECK(alice.kicks.all().empty() && alice.self.login_status() == login_status::logined);
    usual.close();
    alice.say("still there");
    need("logout", alice.self.wait(alice.self.logout()));
    CHECK(alice.self.login_status() == login_status::unlogined);

    // It is where it was moved to.
    client moved = std::move(alice.self);
    CHECK(!alice.self.is_open() && moved.is_open());
    need("login again", moved.wait(moved.login("alice", given.sig_of_alice)));
    moved.close();
    CHECK(!moved.is_open() && code_of(moved.wait(moved.logout())) == US_CODE_NOT_INITIALIZED);
    CHECK(code_of(bob.self.pump()) == US_ERR_NOT_PUMP_MODE);
}

/** Each is pumped for itself. */
static void pumped(const stage& given) {
    options wanted = given.options();
    wanted.callbacks = callback_mode::pump;
    player alice(wanted), bob(wanted);
    const std::thread::id here = std::this_thread::get_id();
    alice.enter("alice", given.sig_of_alice);
    bob.enter("bob", given.sig_of_bob);
    need("subscribe", alice.self.wait(alice.self.subscribe({"bob"})));
    bob.say("in a match");
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const auto has_heard = [&alice] {
        for (const user_status& one : alice.statuses.all()) {
            if (one.custom_status == "in a match") return true;
        }
        return false;
    };
    while (!has_heard()) {
        CHECK(std::chrono::steady_clock::now() < deadline);
        need("pump", bob.self.pump());
        need("pump", alice.self.pump(1, std::chrono::milliseconds(100)));
    }
    for (const std::thread::id thread : alice.threads.all()) CHECK(thread == here);

    // What is owed at the end runs in it, also when a callback is what ends it.
    int ended = 0;
    need("friends", bob.self.friends([&](result<std::vector<friend_profile>>) { ++ended; }));
    bob.self.close();
    CHECK(ended == 1);
    need("enter_foreground", alice.self.enter_foreground([&](result<void>) {
        alice.self.close();
        ++ended;
    }));
    CHECK(need("pump", alice.self.pump(0, std::chrono::milliseconds(1000))) >= 1);
    CHECK(ended == 2 && !alice.self.is_open());
}

/** What is the process's is not taken, and what is refused leaves nothing. */
static void refused(const stage& given) {
    options wrong = given.options();
    wrong.app_id = 0;
    CHECK(code_of(client::open_separate(wrong)) == TIM_ERR_PARAM);
    wrong = given.options();
    wrong.user_define_data = std::string(65, 'x');
    CHECK(code_of(client::open_separate(wrong)) == TIM_ERR_PARAM);
    wrong = given.options();
    wrong.log_folder = "/tmp";
    CHECK(code_of(client::open_separate(wrong)) == TIM_ERR_PARAM);
    wrong = given.options();
    wrong.listened_log_level = log_level::info;
    CHECK(code_of(client::open_separate(wrong)) == TIM_ERR_PARAM);
    listeners ears;
    ears.log = [](log_level, const std::string&) {};
    CHECK(code_of(client::open_separate(given.options(), ears)) == TIM_ERR_PARAM);

    options right = given.options();
    right.user_define_data = "a player of several";
    client opened = need("open_separate", client::open_separate(right));
    CHECK(code_of(opened.listen(ears)) == TIM_ERR_PARAM);
    need("login", opened.wait(opened.login("alice", given.sig_of_alice)));

    // As many as there may be: those refused above took no place.
    std::vector<client> all;
    all.push_back(std::move(opened));
    while (all.size() < 256) all.push_back(need("open_separate", client::open_separate(given.options())));
    CHECK(code_of(client::open_separate(given.options())) == US_ERR_TOO_MANY_CLIENTS);
    CHECK(all.front().login_user_id() == "alice");
    all.pop_back();
    all.push_back(need("open_separate", client::open_separate(given.options())));
}

void separate(const stage& given) {
    side_by_side(given);
    pumped(given);
    refused(given);
}
