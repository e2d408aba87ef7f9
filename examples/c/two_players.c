/* The demo: two players, each a process of its own and linked to libuserstatus, and a real server between them.

   two_players USERSTATUSD

   This file is the story; what a game does with the library is in player.c. Exit code 0 only if everything that was to be seen was
   seen. */
#include "json.h"
#include "player.h"
#include "stage.h"
#include "story.h"

#include <userstatus.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hundred times longer than anything here takes. */
#define PATIENCE_US 10000000

/* What a chapter waits for. Texts that are NULL and types that are -1 are not looked at. */
struct expectation {
    int player;
    const char* kind;     /* "done" or "status" */
    const char* function; /* of "done" */
    const char* user;     /* somebody in the statuses that come with it … */
    int type;             /* … with this status */
    const char* custom;
    const char* summary; /* what the reader saw, once it was seen */
    int is_seen;
    int64_t at_us;
};

static struct expectation seen[32];
static size_t seen_count;

static const char* type_name(int type) {
    switch (type) {
    case kTIMUserStatusType_Online: return "ONLINE";
    case kTIMUserStatusType_Offline: return "OFFLINE";
    case kTIMUserStatusType_UnLogined: return "UNLOGINED";
    default: return "UNKNOWN";
    }
}

/* "bob is ONLINE on Linux, says “in a match”" */
static void describe(const char* json, char* text, size_t size) {
    struct user_status status;
    size_t length = 0;
    text[0] = 0;
    while ((json = json_next_status(json, &status)) != NULL && length < size) {
        length += (size_t)snprintf(text + length, size - length, "%s%s is %s%s%s%s%s%s", length > 0 ? "; " : "", status.user,
                                   type_name(status.type), status.devices[0] != 0 ? " on " : "", status.devices,
                                   status.custom[0] != 0 ? ", says “" : "", status.custom, status.custom[0] != 0 ? "”" : "");
    }
}

static void tell(const struct report* report) {
    static int is_json_shown;
    const char* player = stage_player_name(report->player);
    char statuses[512], text[1024];
    if (strcmp(report->kind, "call") == 0) {
        story_tell(player, STORY_CALL, report->at_us, report->fields[0]);
    } else if (strcmp(report->kind, "done") == 0) {
        describe(report->fields[3], statuses, sizeof statuses);
        snprintf(text, sizeof text, "on_done           %s: %s %s%s%s", report->fields[0], report->fields[1], report->fields[2],
                 statuses[0] != 0 ? ": " : "", statuses);
        story_tell(player, STORY_CALLBACK, report->at_us, text);
    } else if (strcmp(report->kind, "status") == 0) {
        describe(report->fields[0], statuses, sizeof statuses);
        snprintf(text, sizeof text, "on_status_changed %s", statuses);
        story_tell(player, STORY_CALLBACK, report->at_us, text);
        if (!is_json_shown) story_detail(report->fields[0]);
        is_json_shown = 1;
    } else if (strcmp(report->kind, "network") == 0) {
        int status = atoi(report->fields[0]);
        const char* word = status == kTIMConnected ? "connected" : status == kTIMConnecting ? "connecting" : "disconnected";
        snprintf(text, sizeof text, "on_network        %s", word);
        story_tell(player, STORY_CALLBACK, report->at_us, text);
    }
}

static int names(const struct expectation* expected, const char* json) {
    struct user_status status;
    if (expected->user == NULL) return 1;
    while ((json = json_next_status(json, &status)) != NULL) {
        if (strcmp(status.user, expected->user) == 0 && status.type == expected->type &&
            strcmp(status.custom, expected->custom) == 0)
            return 1;
    }
    return 0;
}

static int fulfils(const struct report* report, const struct expectation* expected) {
    if (report->player != expected->player || strcmp(report->kind, expected->kind) != 0) return 0;
    if (strcmp(report->kind, "status") == 0) return names(expected, report->fields[0]);
    return strcmp(report->fields[0], expected->function) == 0 && strcmp(report->fields[1], "0") == 0 &&
           names(expected, report->fields[3]);
}

/* The summary: all that was to be seen until now. */
static int all_was_seen(void) {
    size_t missing = 0;
    story_say("\nWhat you saw");
    for (size_t i = 0; i < seen_count; i++) {
        story_verdict(seen[i].is_seen, seen[i].summary);
        missing += !seen[i].is_seen;
    }
    if (missing == 0) return 1;
    story_say("\nWhat is missing did not happen within %d s, and the story ends here.", PATIENCE_US / 1000000);
    return 0;
}

/* Tells what happens until everything expected was seen. If patience ends first, so does the demo. */
static void expect(const struct expectation* expected, size_t count) {
    struct expectation* wanted = seen + seen_count;
    size_t missing = count;
    struct report report;
    int64_t deadline_us = story_now_us() + PATIENCE_US;
    memcpy(wanted, expected, count * sizeof *expected);
    seen_count += count;
    while (missing > 0 && stage_next_report(&report, deadline_us)) {
        for (size_t i = 0; i < count; i++) {
            if (wanted[i].is_seen || !fulfils(&report, &wanted[i])) continue;
            wanted[i].is_seen = 1;
            wanted[i].at_us = report.at_us;
            missing--;
            break; /* a report is one thing seen */
        }
        tell(&report);
    }
    if (missing > 0) {
        all_was_seen();
        exit(EXIT_FAILURE);
    }
}

#define DONE(who, what, why) ((struct expectation){.player = who, .kind = "done", .function = what, .summary = why})
#define ANSWER(who, what, whom, how, says, why) \
    ((struct expectation){.player = who, .kind = "done", .function = what, .user = whom, .type = how, .custom = says, .summary = why})
#define TOLD(who, whom, how, says, why) \
    ((struct expectation){.player = who, .kind = "status", .user = whom, .type = how, .custom = says, .summary = why})
#define EXPECT(...) \
    do { \
        const struct expectation all[] = {__VA_ARGS__}; \
        expect(all, sizeof all / sizeof all[0]); \
    } while (0)

struct server {
    char address[64];
    long long app_id;
    char sig_of_alice[1024];
    char sig_of_bob[1024];
};

static struct server start_server(const char* userstatusd) {
    char json[8192];
    struct server server = {.app_id = -1};
    stage_start_server(userstatusd, json, sizeof json);
    server.app_id = json_number(json, "app_id");
    const char* alice = strstr(json, "\"user_id\":\"alice\"");
    const char* bob = strstr(json, "\"user_id\":\"bob\"");
    if (json_text(json, "server", server.address, sizeof server.address) == NULL || server.app_id <= 0 || alice == NULL ||
        bob == NULL || json_text(alice, "user_sig", server.sig_of_alice, sizeof server.sig_of_alice) == NULL ||
        json_text(bob, "user_sig", server.sig_of_bob, sizeof server.sig_of_bob) == NULL) {
        fprintf(stderr, "two_players: cannot make sense of what userstatusd dev said: %s\n", json);
        exit(EXIT_FAILURE);
    }
    return server;
}

static int64_t play(const struct server* server) {
    story_chapter("Alice logs in");
    int alice = stage_start_player("alice");
    stage_command(alice, "init %s %lld", server->address, server->app_id);
    stage_command(alice, "login alice %s", server->sig_of_alice);
    EXPECT(DONE(alice, "TIMLogin", "Alice logged in, with a token (UserSig) that the server checked"),
           TOLD(alice, "alice", kTIMUserStatusType_Online, "", "she was told of her own status"));

    story_chapter("She asks about Bob, who was never here, and asks to be told when that changes");
    stage_command(alice, "get bob");
    EXPECT(ANSWER(alice, "TIMGetUserStatus", "bob", kTIMUserStatusType_Unkown, "",
                  "a question about somebody unknown is answered, and is no error"));
    stage_command(alice, "subscribe bob");
    EXPECT(ANSWER(alice, "TIMSubscribeUserStatus", "bob", kTIMUserStatusType_Unkown, "", "she subscribed to Bob"));

    story_chapter("Bob logs in, in another process");
    int bob = stage_start_player("bob");
    stage_command(bob, "init %s %lld", server->address, server->app_id);
    stage_command(bob, "login bob %s", server->sig_of_bob);
    EXPECT(DONE(bob, "TIMLogin", "Bob logged in"),
           TOLD(bob, "bob", kTIMUserStatusType_Online, "", "he was told of his own status"),
           TOLD(alice, "bob", kTIMUserStatusType_Online, "", "Alice saw him come ONLINE"));

    story_chapter("Bob says what he is doing");
    stage_command(bob, "set in a match");
    EXPECT(DONE(bob, "TIMSetSelfStatus", "Bob set a custom status"),
           TOLD(bob, "bob", kTIMUserStatusType_Online, "in a match", "his own callback told him, as on each of his devices"),
           TOLD(alice, "bob", kTIMUserStatusType_Online, "in a match", "Alice saw “in a match”"));
    stage_command(alice, "get bob");
    EXPECT(ANSWER(alice, "TIMGetUserStatus", "bob", kTIMUserStatusType_Online, "in a match", "and got the same when she asked"));

    story_chapter("Bob logs out: his custom status goes with him");
    stage_command(bob, "logout");
    EXPECT(DONE(bob, "TIMLogout", "Bob logged out"),
           TOLD(alice, "bob", kTIMUserStatusType_UnLogined, "", "Alice saw him UNLOGINED, his custom status cleared"));

    story_chapter("Bob comes back");
    stage_command(bob, "login bob %s", server->sig_of_bob);
    EXPECT(DONE(bob, "TIMLogin", "Bob logged in again"),
           TOLD(bob, "bob", kTIMUserStatusType_Online, "", "he was told of his own status again"),
           TOLD(alice, "bob", kTIMUserStatusType_Online, "", "Alice saw him come back"));
    stage_command(bob, "set looking for a party");
    EXPECT(DONE(bob, "TIMSetSelfStatus", "Bob set another custom status"),
           TOLD(bob, "bob", kTIMUserStatusType_Online, "looking for a party", "his own callback told him"),
           TOLD(alice, "bob", kTIMUserStatusType_Online, "looking for a party", "Alice saw that, too"));

    story_chapter("Bob's game crashes: kill -9, no goodbye");
    int64_t killed_at_us = stage_kill_9(bob);
    story_tell("bob", STORY_BLOW, killed_at_us, "killed");
    EXPECT(TOLD(alice, "bob", kTIMUserStatusType_Offline, "", "Alice saw him OFFLINE: gone without a logout"));
    int64_t seen_at_us = seen[seen_count - 1].at_us;

    story_chapter("Alice logs out and everybody goes home");
    stage_command(alice, "logout");
    EXPECT(DONE(alice, "TIMLogout", "Alice logged out"));
    seen[seen_count++] = (struct expectation){.summary = "her game ended well", .is_seen = stage_end_player(alice)};
    seen[seen_count++] = (struct expectation){.summary = "the server stopped when it was asked to", .is_seen = stage_end_server()};
    return seen_at_us - killed_at_us;
}

int main(int argc, char** argv) {
    if (argc == 3 && strcmp(argv[1], "--player") == 0) return player_main();
    if (argc != 2) {
        fprintf(stderr, "usage: two_players USERSTATUSD    (the server program: target/debug/userstatusd)\n");
        return 2;
    }
    story_open();
    story_say("userstatus: two players and a server\n");
    story_say("Alice and Bob are two C programs, each linked to libuserstatus. Between them is a real server, over TCP.");
    story_say("   ──▶ a call the game makes      ◀── a callback it gets      seconds since the start on the left");
    struct server server = start_server(argv[1]);
    story_say("\nserver: userstatusd dev, process %d, listens on %s, app %lld", (int)stage_server_pid(), server.address,
              server.app_id);

    int64_t crash_seen_after_us = play(&server);

    if (!all_was_seen()) return EXIT_FAILURE;
    story_say("\nAll %zu. Bob's crash was seen by Alice %.1f ms after it.", seen_count, (double)crash_seen_after_us / 1000);
    story_say("\nWhere to go next");
    story_say("   examples/c/minimal.c    the shortest program that logs in and watches somebody");
    story_say("   examples/c/player.c     the calls and callbacks above, as a game makes them");
    story_say("   include/userstatus.h    every function, with its threads, errors and limits");
    story_say("   %s dev    a server to try your own program against", argv[1]);
    story_say("   README.md               the rest");
    return EXIT_SUCCESS;
}
