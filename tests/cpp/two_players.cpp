// alice and bob, each a process: the whole wrapper from end to end. Each goes on when it is told of what the other did.
#include "check.hpp"

using namespace userstatus;

static const char* const awkward = "ready \"\\ \xE4\xBD\xA0\xE5\xA5\xBD \xF0\x9F\x98\x80";

namespace {

/** A client and what it was told. */
struct player {
    inbox<user_status> statuses;
    inbox<std::pair<network_status, error>> networks;
    inbox<std::string> added, deleted, lines;
    inbox<int> kicks;
    client self;

    explicit player(const stage& given) : self(need("open", client::open(options_of(given), ears()))) {}

    static options options_of(const stage& given) {
        options made = given.options();
        made.listened_log_level = log_level::debug;
        made.log_to_stderr = false;
        made.user_define_data = "wrapper test";
        return made;
    }

    listeners ears() {
        listeners made;
        made.status_changed = [this](const user_statuses& changed) {
            for (const user_status& user : changed) statuses.put(user);
        };
        made.network_changed = [this](network_status status, const error& why) { networks.put({status, why}); };
        made.friends_added = [this](const user_ids& users) {
            for (const std::string& user : users) added.put(user);
        };
        made.friends_deleted = [this](const user_ids& users) {
            for (const std::string& user : users) deleted.put(user);
        };
        made.kicked_offline = [this] { kicks.put(1); };
        made.log = [this](log_level, const std::string& line) { lines.put(line); };
        return made;
    }

    void say(const std::string& custom) { need("set_self_status", self.wait(self.set_self_status(custom))); }

    user_status hears(const std::string& user, const std::string& custom) {
        const std::string what = user + " says " + custom;
        return statuses.wait(what.c_str(), [&](const user_status& one) { return one.user_id == user && one.custom_status == custom; });
    }

    void hears(const std::string& user, normal_status status) {
        const std::string what = user + " is " + std::to_string(static_cast<int>(status));
        statuses.wait(what.c_str(), [&](const user_status& one) { return one.user_id == user && one.status == status; });
    }

    /** Watches a user; the present status is heard like a change. */
    void watch(const std::string& user) {
        need("subscribe", self.subscribe({user}, [this](result<user_statuses> now) {
            for (const user_status& one : need("subscribe's answer", std::move(now))) statuses.put(one);
        }));
    }
};

}  // namespace

static bool is(const std::string& user, const std::string& wanted) { return user == wanted; }

void alice(const stage& given) {
    player alice(given);
    CHECK(alice.self.login_status() == login_status::unlogined && alice.self.login_user_id().empty());
    CHECK(code_of(alice.self.wait(alice.self.set_self_status("too early"))) == US_CODE_NOT_LOGGED_IN);

    inbox<std::int32_t> logins;
    need("login", alice.self.login("alice", given.sig_of_alice, [&](result<void> answer) { logins.put(code_of(answer)); }));
    logins.wait("the login", [](std::int32_t code) { return code == US_CODE_OK; });
    CHECK(alice.self.login_status() == login_status::logined && alice.self.login_user_id() == "alice");
    CHECK(alice.self.server_time_s() > 1'600'000'000);
    alice.networks.wait("connected", [](const auto& one) { return one.first == network_status::connected && one.second.code == US_CODE_OK; });
    alice.lines.wait_for(1);

    alice.watch("bob");
    alice.hears("bob", normal_status::online);
    alice.say(awkward);
    alice.hears("bob", "saw it");

    friend_request request;
    request.user_id = "bob";
    request.type = friend_type::both;
    request.remark = "from \"work\"";
    request.group = "team";
    request.source = "lobby";
    request.wording = "hi";
    CHECK(need("add_friend", alice.self.wait(alice.self.add_friend(request))).code == US_CODE_OK);
    const friend_result again = need("add_friend", alice.self.wait(alice.self.add_friend(request)));
    CHECK(again.user_id == "bob" && again.code == US_CODE_ALREADY_FRIENDS && !again.desc.empty());
    const auto list = need("friends", alice.self.wait(alice.self.friends()));
    CHECK(list.size() == 1 && list[0].user_id == "bob" && list[0].remark == request.remark && list[0].add_source.find("lobby") != std::string::npos);
    CHECK(list[0].groups == user_ids{"team"} && list[0].added_at_s > 1'600'000'000);
    alice.say("added");

    alice.deleted.wait("bob deleted", [](const std::string& user) { return is(user, "bob"); });
    CHECK(need("friends", alice.self.wait(alice.self.friends())).empty());

    const std::vector<friend_result> blocks = need("block", alice.self.wait(alice.self.block({"bob", "alice"})));
    CHECK(blocks.size() == 2 && blocks[0].code == US_CODE_OK && blocks[1].code == US_CODE_FRIEND_REQUEST_INVALID);
    const auto blocked = need("blocked", alice.self.wait(alice.self.blocked()));
    CHECK(blocked.size() == 1 && blocked[0].user_id == "bob" && blocked[0].remark.empty());
    inbox<std::size_t> unblocked;
    need("unblock", alice.self.unblock({"bob"}, [&](result<std::vector<friend_result>> answer) {
        unblocked.put(need("unblock's answer", std::move(answer)).size());
    }));
    unblocked.wait("unblocked", [](std::size_t count) { return count == 1; });
    CHECK(need("blocked", alice.self.wait(alice.self.blocked())).empty());

    need("unsubscribe", alice.self.wait(alice.self.unsubscribe({"bob"})));
    CHECK(code_of(alice.self.wait(alice.self.unsubscribe({}))) == TIM_ERR_PARAM);
    need("unsubscribe_all", alice.self.wait(alice.self.unsubscribe_all()));
    need("logout", alice.self.wait(alice.self.logout()));
    CHECK(alice.self.login_status() == login_status::unlogined);
    CHECK(code_of(alice.self.wait(alice.self.friends())) == US_CODE_NOT_LOGGED_IN);

    // Kicks bob, who is logged in on the same platform.
    CHECK(code_of(alice.self.wait(alice.self.login("bob", given.sig_of_alice))) == US_CODE_SIG_OTHER_USER);
    need("login as bob", alice.self.wait(alice.self.login("bob", given.sig_of_bob)));
    alice.self.close();
    CHECK(!alice.self.is_open() && code_of(alice.self.wait(alice.self.logout())) == US_CODE_NOT_INITIALIZED);
}

void bob(const stage& given) {
    player bob(given);
    need("login", bob.self.wait(bob.self.login("bob", given.sig_of_bob)));
    bob.watch("alice");
    const user_status seen = bob.hears("alice", awkward);
    CHECK(seen.status == normal_status::online && seen.online_devices == user_ids{"Linux"});
    const user_statuses asked = need("get_user_status", bob.self.wait(bob.self.get_user_status({"nobody", "alice", "bob"})));
    CHECK(asked.size() == 3 && asked[0].user_id == "nobody" && asked[0].status == normal_status::unknown);
    CHECK(asked[1].custom_status == awkward && asked[2].user_id == "bob");
    CHECK(code_of(bob.self.wait(bob.self.subscribe({"bob"}))) == US_CODE_INVALID_OPERATION);
    bob.say("saw it");

    bob.added.wait("alice added", [](const std::string& user) { return is(user, "alice"); });
    bob.hears("alice", "added");
    CHECK(need("friends", bob.self.wait(bob.self.friends())).size() == 1);
    friend_request stranger;
    stranger.user_id = "nobody";
    CHECK(need("add_friend", bob.self.wait(bob.self.add_friend(stranger))).code == US_CODE_FRIEND_NO_SUCH_ACCOUNT);
    inbox<std::vector<friend_result>> gone;
    need("delete_friends", bob.self.delete_friends({"alice", "nobody"}, friend_type::both, [&](result<std::vector<friend_result>> answer) {
        gone.put(need("delete_friends' answer", std::move(answer)));
    }));
    gone.wait_for(1);
    const std::vector<friend_result> results = gone.all()[0];
    CHECK(results.size() == 2 && results[0].user_id == "alice" && results[0].code == US_CODE_OK && results[1].code == US_CODE_NOT_A_FRIEND);

    bob.hears("alice", normal_status::unlogined);
    bob.kicks.wait_for(1);
    const std::int32_t refused = code_of(bob.self.wait(bob.self.set_self_status("still there?")));
    CHECK(refused == US_CODE_NOT_LOGGED_IN || refused == US_CODE_KICKED_OFFLINE);
}
