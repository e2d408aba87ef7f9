// What one process can show by itself: who owns what, what is refused, what ends what, and where callbacks run.
#include "check.hpp"

#include <algorithm>
#include <deque>
#include <future>
#include <stdexcept>
#include <thread>

using namespace userstatus;

namespace {

/** Counts the completions made with it that are still there. */
struct witness {
    std::shared_ptr<int> token = std::make_shared<int>(0);

    long left() const { return token.use_count() - 1; }
};

struct counts {
    std::atomic<int> ran{0};
    std::atomic<std::int32_t> last{-1};
};

}  // namespace

static completion<void> counting(const witness& seen, counts& count) {
    return [token = seen.token, &count](result<void> answer) {
        count.last = code_of(answer);
        ++count.ran;
    };
}

static bool says(const user_statuses& statuses, const std::string& custom) {
    return std::any_of(statuses.begin(), statuses.end(), [&](const user_status& one) { return one.custom_status == custom; });
}

// ------------------------------------------------------------ one client

void refusals(const stage& given) {
    // What could not be opened does not stand in the way of what can.
    options wrong = given.options();
    wrong.app_id = 0;
    CHECK(code_of(client::open(wrong)) == TIM_ERR_PARAM);
    wrong = given.options();
    wrong.platform = "Toaster";
    CHECK(code_of(client::open(wrong)) == TIM_ERR_PARAM);
    wrong = given.options();
    wrong.user_define_data = std::string(65, 'x');
    CHECK(code_of(client::open(wrong)) == TIM_ERR_PARAM);

    client first = need("open", client::open(given.options()));
    CHECK(code_of(client::open(given.options())) == US_CODE_INVALID_OPERATION);
    CHECK(first.is_open());

    // The client is where it was moved to, with what it had.
    need("login", first.wait(first.login("alice", given.sig_of_alice)));
    client second = std::move(first);
    CHECK(!first.is_open() && second.is_open() && second.login_user_id() == "alice" && first.login_user_id().empty());
    CHECK(code_of(first.logout({})) == US_CODE_NOT_INITIALIZED && code_of(first.listen({})) == US_CODE_NOT_INITIALIZED);
    CHECK(code_of(first.pump()) == US_CODE_NOT_INITIALIZED && code_of(second.pump()) == US_ERR_NOT_PUMP_MODE);
    CHECK(first.login_status() == login_status::unlogined && first.server_time_s() == 0);
    first = std::move(second);
    client& same = first;
    first = std::move(same);
    CHECK(first.is_open() && !second.is_open());
    CHECK(code_of(client::open(given.options())) == US_CODE_INVALID_OPERATION);

    // Refused: the completion never runs, and is gone.
    const witness seen;
    counts count;
    CHECK(code_of(first.login(std::string("alice\0bob", 9), given.sig_of_alice, counting(seen, count))) == TIM_ERR_PARAM);
    CHECK(code_of(first.login("", "", counting(seen, count))) == TIM_ERR_PARAM);
    CHECK(code_of(first.set_self_status(std::string(2u << 20, 'x'), counting(seen, count))) == TIM_ERR_PARAM);
    CHECK(code_of(first.unsubscribe({}, counting(seen, count))) == TIM_ERR_PARAM);
    CHECK(code_of(second.logout(counting(seen, count))) == US_CODE_NOT_INITIALIZED);
    CHECK(seen.left() == 0 && count.ran == 0);

    CHECK(need("nobody", first.wait(first.get_user_status({}))).empty());

    // What was moved over is closed, and makes room.
    first = std::move(second);
    CHECK(!first.is_open());
    first = need("open again", client::open(given.options()));
    need("login again", first.wait(first.login("alice", given.sig_of_alice)));
    // A value, a const value and an error of a result.
    result<client> held = std::move(first);
    CHECK(held && held->is_open() && std::as_const(held)->is_open() && (*held).is_open());
    held.value().close();
    held.value().close();
    held = error{US_CODE_INTERNAL, "gone"};
    CHECK(!held && std::string(held.error().name()) == "US_CODE_INTERNAL");
}

// ------------------------------------------------------------ the end of calls

void pending(const stage& given) {
    options wrong = given.options();
    wrong.heartbeat_interval = std::chrono::milliseconds(4999);
    CHECK(client::open(wrong).error().code == TIM_ERR_PARAM);
    wrong.heartbeat_interval.reset();
    wrong.tls_pins = {"no pin"};
    {
        client self = need("open", client::open(wrong));
        const result<void> refused = self.wait(self.login("alice", given.sig_of_alice));
        CHECK(refused.error().code == US_CODE_NO_CONNECTION && refused.error().desc.find("no pin") != std::string::npos);
        self.network_changed(network_change::back);
    }
    options silent = given.options();
    silent.server_address = given.silent_server;
    const witness seen;
    counts count;
    {
        client self = need("open", client::open(silent));
        need("login", self.login("alice", given.sig_of_alice, counting(seen, count)));
        CHECK(self.login_status() == login_status::logining && seen.left() == 1);
        self.close();
        CHECK(count.ran == 1 && count.last == US_CODE_ENDED_BY_SHUTDOWN && seen.left() == 0);
    }
    std::future<result<void>> answer;
    {
        const client self = need("open", client::open(silent));
        answer = self.login("alice", given.sig_of_alice);
    }
    CHECK(code_of(answer.get()) == US_CODE_ENDED_BY_SHUTDOWN);

    // Some are answered and some are not; none is lost, and none comes twice.
    client self = need("open", client::open(given.options()));
    need("login", self.wait(self.login("alice", given.sig_of_alice)));
    constexpr int calls = 200;
    count.ran = 0;
    std::vector<std::future<result<user_statuses>>> asked;
    for (int i = 0; i < calls; ++i) {
        need("set_self_status", self.set_self_status(std::to_string(i), counting(seen, count)));
        asked.push_back(self.get_user_status({"bob"}));
    }
    // A future that nobody waits for, and a completion that is none.
    static_cast<void>(self.friends());
    need("friends", self.friends({}));
    self.close();
    CHECK(count.ran == calls && seen.left() == 0);
    for (auto& one : asked) CHECK(one.wait_for(std::chrono::seconds(0)) == std::future_status::ready);
}

// ------------------------------------------------------------ exceptions

void exceptions(const stage& given) {
    inbox<std::string> faults;
    options wanted = given.options();
    wanted.on_fault = [&](const std::string& where, std::exception_ptr what) {
        std::string text = "nothing";
        try {
            if (what) std::rethrow_exception(what);
        } catch (const std::exception& exception) {
            text = exception.what();
        } catch (...) {
            text = "not a std::exception";
        }
        faults.put(where + ": " + text);
        throw std::runtime_error("and so does who is told");
    };
    listeners ears;
    ears.status_changed = [](const user_statuses&) { throw 7; };
    client self = need("open", client::open(wanted, ears));
    need("login", self.login("alice", given.sig_of_alice, [](result<void>) { throw std::runtime_error("thrown by a completion"); }));
    faults.wait("the completion's", [](const std::string& text) { return text == "a completion: thrown by a completion"; });
    need("set_self_status", self.wait(self.set_self_status("x")));
    faults.wait("the listener's", [](const std::string& text) { return text == "status_changed: not a std::exception"; });

    // All goes on.
    inbox<user_status> statuses;
    ears.status_changed = [&](const user_statuses& changed) {
        for (const user_status& one : changed) statuses.put(one);
    };
    need("listen", self.listen(ears));
    need("set_self_status", self.wait(self.set_self_status("y")));
    statuses.wait("y", [](const user_status& one) { return one.custom_status == "y"; });
    // Thrown by what ends: the close of a client lets nothing out either.
    need("friends", self.friends([](result<std::vector<friend_profile>>) { throw std::runtime_error("at the end"); }));
    self.close();
    faults.wait("the last", [](const std::string& text) { return text == "a completion: at the end"; });

    // Nobody is set to be told: it goes to the standard error stream.
    client quiet = need("open", client::open(given.options()));
    need("friends", quiet.friends([](result<std::vector<friend_profile>>) { throw std::runtime_error("to the standard error stream"); }));
    quiet.close();

    // A dispatcher that throws, and one that forgets: the completion does not run, and is not leaked.
    const witness seen;
    counts count;
    wanted.dispatcher = [](const std::function<void()>&) { throw std::runtime_error("full"); };
    client refused = need("open", client::open(wanted));
    need("logout", refused.logout(counting(seen, count)));
    faults.wait("the dispatcher's", [](const std::string& text) { return text == "the dispatcher: full"; });
    refused.close();
    wanted.dispatcher = [](const std::function<void()>&) {};
    client forgotten = need("open", client::open(wanted));
    need("logout", forgotten.logout(counting(seen, count)));
    forgotten.close();
    CHECK(count.ran == 0 && seen.left() == 0);
}

// ------------------------------------------------------------ inside callbacks

void inside(const stage& given) {
    // A callback makes calls, cannot wait for another, and may close the client.
    inbox<std::int32_t> codes;
    auto self = std::make_unique<client>(need("open", client::open(given.options())));
    need("login", self->login("alice", given.sig_of_alice, [&](result<void> entered) {
        codes.put(code_of(entered));
        codes.put(code_of(self->wait(self->set_self_status("x"))));
        need("set_self_status", self->set_self_status("y", [&](result<void> set) {
            codes.put(code_of(set));
            // Owed, and run before close returns.
            need("friends", self->friends([&](result<std::vector<friend_profile>> ended) { codes.put(code_of(ended)); }));
            self.reset();
            codes.put(4711);
        }));
    }));
    codes.wait("the end", [](std::int32_t code) { return code == 4711; });
    const std::vector<std::int32_t> all = codes.all();
    CHECK(all.size() == 5 && all[0] == US_CODE_OK && all[1] == US_CODE_INVALID_OPERATION && all[2] == US_CODE_OK);
    // It may have been answered just before.
    CHECK(all[3] == US_CODE_ENDED_BY_SHUTDOWN || all[3] == US_CODE_OK);

    // A listener replaces itself, and closes the client it listens to. Each of the two waits for a status that is said when it is there:
    // of changes that follow each other closely only the last is told.
    inbox<int> heard;
    client other = need("open", client::open(given.options()));
    listeners ears;
    ears.status_changed = [&](const user_statuses& changed) {
        if (!says(changed, "first")) return;
        heard.put(1);
        listeners last;
        last.status_changed = [&](const user_statuses& later) {
            if (!says(later, "last")) return;
            other.close();
            heard.put(2);
        };
        need("listen", other.listen(std::move(last)));
        need("set_self_status", other.set_self_status("last", {}));
    };
    need("listen", other.listen(std::move(ears)));
    need("login", other.wait(other.login("alice", given.sig_of_alice)));
    need("set_self_status", other.set_self_status("first", {}));
    heard.wait("the close", [](int which) { return which == 2; });
    CHECK(heard.all() == (std::vector<int>{1, 2}));
    // The process may hold another client as soon as one is closed.
    client last = need("open", client::open(given.options()));
    CHECK(last.is_open());
}

// ------------------------------------------------------------ where callbacks run

void pump(const stage& given) {
    options wanted = given.options();
    wanted.callbacks = callback_mode::pump;
    const std::thread::id here = std::this_thread::get_id();
    std::vector<std::string> heard;
    listeners ears;
    ears.status_changed = [&](const user_statuses& changed) {
        CHECK(std::this_thread::get_id() == here);
        for (const user_status& one : changed) heard.push_back(one.custom_status);
    };
    client self = need("open", client::open(wanted, ears));
    bool entered = false;
    need("login", self.login("alice", given.sig_of_alice, [&](result<void> answer) {
        need("login's answer", answer);
        CHECK(std::this_thread::get_id() == here);
        // Waiting inside a callback pumps.
        need("set_self_status", self.wait(self.set_self_status("from inside")));
        entered = true;
    }));
    const auto deadline = std::chrono::steady_clock::now() + patience;
    const auto pump_until = [&](const std::function<bool()>& is_it) {
        while (!is_it()) {
            CHECK(std::chrono::steady_clock::now() < deadline);
            need("pump", self.pump(1, std::chrono::milliseconds(100)));
        }
    };
    pump_until([&] { return entered; });
    pump_until([&] { return !heard.empty() && heard.back() == "from inside"; });
    need("set_self_status", self.wait(self.set_self_status("waited")));
    pump_until([&] { return heard.back() == "waited"; });
    CHECK(need("pump", self.pump(0, std::chrono::milliseconds(-1))) == 0);

    // Nobody pumps: calls are refused when too many wait, and their completions are not kept.
    const witness seen;
    counts count;
    int accepted = 0;
    result<void> begun;
    while ((begun = self.enter_foreground(counting(seen, count)))) ++accepted;
    CHECK(begun.error().code == US_ERR_TOO_MANY_PENDING && accepted > 1000);
    CHECK(seen.left() == accepted);
    CHECK(code_of(self.wait(self.logout())) == US_ERR_TOO_MANY_PENDING);
    self.close();
    CHECK(count.ran == accepted && seen.left() == 0);

    // The mode is that of each open.
    client threaded = need("open", client::open(given.options()));
    need("login", threaded.login("alice", given.sig_of_alice).get());
}

namespace {

/** A main thread's queue. */
struct queue {
    std::mutex lock;
    std::condition_variable more;
    std::deque<std::function<void()>> tasks;

    void post(std::function<void()> task) {
        const std::lock_guard<std::mutex> guard(lock);
        tasks.push_back(std::move(task));
        more.notify_all();
    }

    void wait_for(std::size_t count) {
        std::unique_lock<std::mutex> guard(lock);
        CHECK(more.wait_for(guard, patience, [&] { return tasks.size() >= count; }));
    }

    void run() {
        std::deque<std::function<void()>> now;
        {
            const std::lock_guard<std::mutex> guard(lock);
            now.swap(tasks);
        }
        for (const auto& task : now) {
            task();
            // A second run of the same finds nothing left to do.
            task();
        }
    }
};

}  // namespace

void dispatcher(const stage& given) {
    queue tasks;
    inbox<std::string> faults;
    options wanted = given.options();
    wanted.dispatcher = [&](std::function<void()> task) { tasks.post(std::move(task)); };
    wanted.on_fault = [&](const std::string& where, std::exception_ptr) { faults.put(where); };
    const std::thread::id here = std::this_thread::get_id();
    std::vector<std::string> heard;
    listeners ears;
    ears.status_changed = [&](const user_statuses& changed) {
        CHECK(std::this_thread::get_id() == here);
        for (const user_status& one : changed) heard.push_back(one.custom_status);
    };
    client self = need("open", client::open(wanted, ears));

    // A future does not need the queue: who waits for it here would wait for ever.
    need("login", self.login("alice", given.sig_of_alice).get());
    const auto ran_until = [&](const std::function<bool()>& is_it) {
        while (!is_it()) {
            tasks.wait_for(1);
            tasks.run();
        }
    };
    bool is_set = false;
    need("set_self_status", self.set_self_status("x", [&](result<void> answer) {
        need("set_self_status' answer", answer);
        CHECK(std::this_thread::get_id() == here);
        // Not on a thread of the library's: waiting is fine.
        need("friends", self.wait(self.friends()));
        is_set = true;
        throw std::runtime_error("goes to on_fault, not into the queue");
    }));
    ran_until([&] { return is_set && !heard.empty() && heard.back() == "x"; });
    faults.wait("the completion's", [](const std::string& where) { return where == "a completion"; });

    // What waits in the queue at the end: completions run yet, listeners do not.
    need("set_self_status", self.set_self_status("y").get());
    tasks.wait_for(1);
    int ended = 0;
    need("friends", self.friends([&](result<std::vector<friend_profile>>) { ++ended; }));
    self.close();
    const std::size_t heard_before = heard.size();
    tasks.run();
    CHECK(ended == 1 && heard.size() == heard_before);

    // One that owns its queue, and what nobody took out of it: a leak, if the client held on to it.
    const witness seen;
    wanted.dispatcher = [own = std::make_shared<queue>()](std::function<void()> task) { own->post(std::move(task)); };
    client left = need("open", client::open(wanted));
    wanted.dispatcher = nullptr;
    need("logout", left.logout([token = seen.token](result<void>) { failed(__FILE__, __LINE__, "nobody runs it"); }));
    left.close();
    CHECK(seen.left() == 0);

    // One that runs things at once, on the library's thread.
    wanted.dispatcher = [](const std::function<void()>& task) { task(); };
    client direct = need("open", client::open(wanted));
    inbox<std::int32_t> codes;
    need("login", direct.login("alice", given.sig_of_alice, [&](result<void>) { codes.put(code_of(direct.wait(direct.logout()))); }));
    codes.wait("refused to wait", [](std::int32_t code) { return code == US_CODE_INVALID_OPERATION; });
}
