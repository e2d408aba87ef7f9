#include "stage.h"

#include "story.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define READY_TIMEOUT_MS 20000
#define END_TIMEOUT_MS 20000

struct process {
    const char* name;
    pid_t pid;
    int in; /* its standard input, -1 if it has none */
    int out; /* its standard output, -1 once that has ended */
    char unread[8192];
    size_t unread_length;
};

static struct process server;
static struct process players[PLAYERS_MAX];
static int players_count;

static void give_up(const char* what) {
    fprintf(stderr, "two_players: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void kill_all(void) {
    if (server.pid > 0) kill(server.pid, SIGKILL);
    for (int i = 0; i < players_count; i++) {
        if (players[i].pid > 0) kill(players[i].pid, SIGKILL);
    }
}

static void on_signal(int signal_number) {
    kill_all();
    _exit(128 + signal_number);
}

static void watch_the_end(void) {
    static int is_watched;
    if (is_watched) return;
    is_watched = 1;
    atexit(kill_all);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGPIPE, SIG_IGN); /* a player that died is noticed by what it does not report */
}

static void open_pipe(int ends[2]) {
    if (pipe(ends) != 0) give_up("pipe");
    /* Not inherited by programs started later: a pipe ends when its one reader or writer does. */
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
}

static void start(struct process* process, const char* name, char* const arguments[]) {
    int in[2], out[2];
    watch_the_end();
    open_pipe(in);
    open_pipe(out);
    pid_t pid = fork();
    if (pid < 0) give_up("fork");
    if (pid == 0) {
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
        signal(SIGPIPE, SIG_DFL);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        execv(arguments[0], arguments);
        fprintf(stderr, "two_players: cannot run %s: %s\n", arguments[0], strerror(errno));
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    *process = (struct process){.name = name, .pid = pid, .in = in[1], .out = out[0]};
}

/* Takes a whole line out of what was read; 0 if there is none yet. */
static int take_line(struct process* process, char* line, size_t size) {
    char* end = memchr(process->unread, '\n', process->unread_length);
    if (end == NULL) return 0;
    size_t length = (size_t)(end - process->unread);
    snprintf(line, size, "%.*s", (int)length, process->unread);
    process->unread_length -= length + 1;
    memmove(process->unread, end + 1, process->unread_length);
    return 1;
}

/* Reads what there is. 0: it closed its output. */
static int read_more(struct process* process) {
    size_t room = sizeof process->unread - process->unread_length;
    ssize_t count = read(process->out, process->unread + process->unread_length, room);
    if (count <= 0) return 0;
    process->unread_length += (size_t)count;
    return 1;
}

/* It died, or was killed: nothing more comes. poll leaves out what is -1. */
static void silence(struct process* process) {
    close(process->out);
    process->out = -1;
}

static int ms_until(int64_t deadline_us) {
    int64_t left_us = deadline_us - story_now_us();
    return left_us <= 0 ? 0 : (int)(left_us / 1000) + 1;
}

/* Waits for its end, and asks whether it was a good one. */
static int end(struct process* process) {
    int64_t deadline_us = story_now_us() + (int64_t)END_TIMEOUT_MS * 1000;
    struct pollfd output = {process->out, POLLIN, 0};
    char scraps[4096];
    int status = 1;
    /* Its output ends when it does. */
    while (process->out >= 0 && poll(&output, 1, ms_until(deadline_us)) > 0 && read(process->out, scraps, sizeof scraps) > 0)
        continue;
    if (story_now_us() >= deadline_us) kill(process->pid, SIGKILL);
    waitpid(process->pid, &status, 0);
    process->pid = 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void stage_start_server(const char* userstatusd, char* announcement, size_t size) {
    char* const arguments[] = {(char*)userstatusd, "dev",         "--json", "--listen", "127.0.0.1:0", "--admin-listen",
                               "127.0.0.1:0",      "--log-level", "error",  NULL};
    int64_t deadline_us = story_now_us() + (int64_t)READY_TIMEOUT_MS * 1000;
    start(&server, "server", arguments);
    while (!take_line(&server, announcement, size)) {
        struct pollfd output = {server.out, POLLIN, 0};
        if (poll(&output, 1, ms_until(deadline_us)) <= 0 || !read_more(&server)) {
            fprintf(stderr, "two_players: %s did not say that it listens\n", userstatusd);
            exit(EXIT_FAILURE);
        }
    }
}

pid_t stage_server_pid(void) {
    return server.pid;
}

int stage_start_player(const char* name) {
    char* const arguments[] = {"/proc/self/exe", "--player", (char*)name, NULL};
    int player = players_count++;
    start(&players[player], name, arguments);
    return player;
}

const char* stage_player_name(int player) {
    return players[player].name;
}

pid_t stage_player_pid(int player) {
    return players[player].pid;
}

void stage_command(int player, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vdprintf(players[player].in, format, arguments);
    va_end(arguments);
    if (write(players[player].in, "\n", 1) != 1) give_up(players[player].name);
}

static void split(struct report* report) {
    char* rest = report->line;
    char* fields[sizeof report->fields / sizeof report->fields[0] + 2];
    size_t count = sizeof fields / sizeof fields[0];
    for (size_t i = 0; i < count; i++) {
        fields[i] = rest;
        char* tab = i + 1 < count ? strchr(rest, '\t') : NULL;
        rest = tab == NULL ? rest + strlen(rest) : tab + 1;
        if (tab != NULL) *tab = 0;
    }
    report->at_us = strtoll(fields[0], NULL, 10);
    snprintf(report->kind, sizeof report->kind, "%s", fields[1]);
    memcpy(report->fields, fields + 2, sizeof report->fields);
}

int stage_next_report(struct report* report, int64_t deadline_us) {
    for (;;) {
        struct pollfd outputs[PLAYERS_MAX];
        for (int i = 0; i < players_count; i++) {
            if (take_line(&players[i], report->line, sizeof report->line)) {
                report->player = i;
                split(report);
                return 1;
            }
            outputs[i] = (struct pollfd){players[i].out, POLLIN, 0};
        }
        if (poll(outputs, (nfds_t)players_count, ms_until(deadline_us)) <= 0) return 0;
        for (int i = 0; i < players_count; i++) {
            if (outputs[i].revents != 0 && !read_more(&players[i])) silence(&players[i]);
        }
    }
}

int64_t stage_kill_9(int player) {
    int64_t at_us = story_now_us();
    kill(players[player].pid, SIGKILL);
    waitpid(players[player].pid, NULL, 0);
    players[player].pid = 0;
    return at_us;
}

int stage_end_player(int player) {
    close(players[player].in);
    return end(&players[player]);
}

int stage_end_server(void) {
    kill(server.pid, SIGTERM);
    return end(&server);
}
