// Plays one scenario against the C++ wrapper: SCENARIO SERVER SILENT_SERVER APP_ID SIG_OF_ALICE SIG_OF_BOB
#include "check.hpp"

#include <cstring>

int main(int argc, char** argv) {
    static constexpr struct {
        const char* name;
        void (*play)(const stage&);
    } scenarios[] = {
        {"json", json},     {"alice", alice},           {"bob", bob},       {"refusals", refusals},     {"pending", pending},
        {"pump", pump},     {"exceptions", exceptions}, {"inside", inside}, {"dispatcher", dispatcher},
        {"separate", separate},
    };
    CHECK(argc == 7);
    const stage given{argv[2], argv[3], std::strtoull(argv[4], nullptr, 10), argv[5], argv[6]};
    for (const auto& scenario : scenarios) {
        if (std::strcmp(scenario.name, argv[1]) != 0) continue;
        scenario.play(given);
        std::printf("%s: fine\n", argv[1]);
        return EXIT_SUCCESS;
    }
    failed(__FILE__, __LINE__, std::string("no such scenario: ") + argv[1]);
}
