// A friend list that keeps itself current, until Enter: friend_list APP_ID USER USERSIG FRIEND...
//
// Makes each FRIEND a friend if need be, watches them and prints each change. Try it as examples/c/minimal.c: `make examples-cpp`, then
// `target/debug/userstatusd dev` in another terminal, which prints an app id and UserSigs for alice and bob, and in two more:
//
//     export USERSTATUS_SERVER=127.0.0.1:7700
//     target/examples/friend_list APP_ID alice UserSig_of_alice bob
//     target/examples/friend_list APP_ID bob   UserSig_of_bob   alice
#include <cstdlib>
#include <iostream>
#include <string>
#include <userstatus.hpp>

static const char* word(userstatus::normal_status status) {
    switch (status) {
        case userstatus::normal_status::online: return "online";
        case userstatus::normal_status::offline: return "connection lost";
        case userstatus::normal_status::unlogined: return "not here";
        case userstatus::normal_status::unknown: break;
    }
    return "never heard of";
}

static void print(const userstatus::user_statuses& users) {
    for (const userstatus::user_status& user : users) {
        std::cout << user.user_id << ": " << word(user.status);
        if (!user.custom_status.empty()) std::cout << ", " << user.custom_status;
        for (const std::string& device : user.online_devices) std::cout << " [" << device << ']';
        std::cout << std::endl;
    }
}

static int complain(const char* what, const userstatus::error& why) {
    std::cerr << what << ": " << why.name() << ": " << why.desc << std::endl;
    return EXIT_FAILURE;
}

int main(int argc, char** argv) {
    if (argc < 5) {
        std::cerr << "usage: friend_list APP_ID USER USERSIG FRIEND...\n";
        return EXIT_FAILURE;
    }
    userstatus::options options;  // where the server is, USERSTATUS_SERVER says
    options.app_id = std::strtoull(argv[1], nullptr, 10);

    userstatus::listeners listeners;  // called on a thread of the library's
    listeners.status_changed = print;
    listeners.friends_added = [](const userstatus::user_ids& users) {
        for (const std::string& user : users) std::cout << user << " is a friend now" << std::endl;
    };
    listeners.kicked_offline = [] { std::cout << "logged in elsewhere" << std::endl; };

    userstatus::result<userstatus::client> opened = userstatus::client::open(options, listeners);
    if (!opened) return complain("open", opened.error());
    userstatus::client client = std::move(*opened);  // its end closes the library

    if (auto entered = client.login(argv[2], argv[3]).get(); !entered) return complain("login", entered.error());
    for (int i = 4; i < argc; ++i) {
        userstatus::friend_request request;
        request.user_id = argv[i];
        request.type = userstatus::friend_type::both;
        auto added = client.add_friend(request).get();
        if (!added) return complain("add_friend", added.error());
        if (added->code != US_CODE_OK && added->code != US_CODE_ALREADY_FRIENDS) std::cerr << argv[i] << ": " << added->desc << std::endl;
    }

    auto asked = client.subscribe(userstatus::user_ids(argv + 4, argv + argc), [](userstatus::result<userstatus::user_statuses> now) {
        if (now) print(*now);
        else complain("subscribe", now.error());
    });
    if (!asked) return complain("subscribe", asked.error());

    auto said = client.set_self_status("looking at friends").get();
    if (!said) return complain("set_self_status", said.error());
    std::cin.get();
    if (auto left = client.logout().get(); !left) return complain("logout", left.error());
    return EXIT_SUCCESS;
}
