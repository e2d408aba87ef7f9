/* The processes of the demo: a server and players, and the pipes to them. They end when the demo ends, however it ends. */
#ifndef STAGE_H
#define STAGE_H

#include <stdint.h>
#include <sys/types.h>

enum { PLAYERS_MAX = 4 };

/* A line a player reported, in its fields. */
struct report {
    int player;
    int64_t at_us;
    char kind[16];
    char* fields[5];
    char line[4096];
};

/* Starts `userstatusd dev` and reads the line of JSON it prints once it listens. Ends the demo if it does not. */
void stage_start_server(const char* userstatusd, char* announcement, size_t size);
pid_t stage_server_pid(void);

/* Starts this very program once more, as a player. */
int stage_start_player(const char* name);
const char* stage_player_name(int player);
pid_t stage_player_pid(int player);

/* Hands a player a command. */
void stage_command(int player, const char* format, ...) __attribute__((format(printf, 2, 3)));

/* Waits for the next report of any player: 1, or 0 after the deadline. */
int stage_next_report(struct report* report, int64_t deadline_us);

/* As the system does it to a process that crashes. Returns when it was. */
int64_t stage_kill_9(int player);

/* Lets a player, or the server, end by itself. Whether it ended well. */
int stage_end_player(int player);
int stage_end_server(void);

#endif
