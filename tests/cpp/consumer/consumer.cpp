// Somebody else's program, in C++: logs in, says something, and ends when it is told of that: consumer SERVER APP_ID USER USERSIG
#include <cstdlib>
#include <iostream>
#include <userstatus.hpp>

int main(int argc, char** argv) {
    if (argc != 5) return EXIT_FAILURE;
    userstatus::options options;
    options.server_address = argv[1];
    options.app_id = std::strtoull(argv[2], nullptr, 10);
    std::promise<void> heard;
    userstatus::listeners listeners;
    listeners.status_changed = [&](const userstatus::user_statuses& changed) {
        for (const userstatus::user_status& user : changed) {
            if (user.custom_status == "said by a consumer") heard.set_value();
        }
    };
    userstatus::result<userstatus::client> opened = userstatus::client::open(options, listeners);
    if (!opened) return EXIT_FAILURE;
    userstatus::client client = std::move(*opened);
    if (!client.login(argv[3], argv[4]).get() || !client.set_self_status("said by a consumer").get()) return EXIT_FAILURE;
    heard.get_future().wait();
    std::cout << "heard, by " << userstatus::version() << std::endl;
    return EXIT_SUCCESS;
}
