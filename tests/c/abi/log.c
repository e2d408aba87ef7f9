/* The log: its file, its callback, its levels, and what is not in it. The first argument is a folder. */
#include "check.h"
#include <signal.h>

static int lines;
static char last_line[2048];
static enum TIMLogLevel last_level, least_level = kTIMLog_Assert;

static void on_line(enum TIMLogLevel level, const char *line, const void *data) {
    CHECK(data == &lines);
    CHECK(strlen(line) <= 1024 && strchr(line, '\n') == NULL && strstr(line, "top-secret") == NULL);
    pthread_mutex_lock(&check_lock);
    snprintf(last_line, sizeof last_line, "%s", line);
    last_level = level;
    if (level < least_level) least_level = level;
    lines++;
    pthread_cond_broadcast(&check_changed);
    pthread_mutex_unlock(&check_lock);
}

static void write_line(int level, const char *text) {
    char json[8192];
    snprintf(json, sizeof json,
             "{\"request_internal_operation\":\"internal_operation_write_log\",\"request_write_log_log_level_param\":%d,"
             "\"request_write_log_log_content_param\":\"%s\"}", level, text);
    CHECK_INT(callExperimentalAPI(json, NULL, NULL), TIM_SUCC);
}

static void config(const char *json) {
    Told done = {0};
    CHECK_INT(TIMSetConfig(json, told, &done), TIM_SUCC);
    WAIT_FOR(done.times, 1);
    CHECK_INT(done.code, 0);
}

static void read_file(const char *path, char *text, size_t size) {
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    text[fread(text, 1, size - 1, file)] = 0;
    fclose(file);
}

int main(int count, char **arguments) {
    static char init[2048], path[1024], text[65536], long_line[4097];
    CHECK_INT(count, 2);
    snprintf(init, sizeof init, "{\"sdk_config_log_file_path\":\"%s/logs\",\"sdk_config_server_address\":\"127.0.0.1:1\"}", arguments[1]);
    snprintf(path, sizeof path, "%s/logs/userstatus.log", arguments[1]);

    TIMSetLogCallback(on_line, &lines);
    config("{\"set_config_log_level\":5}");
    CHECK_INT(TIMInit(7, init), TIM_SUCC);
    WAIT_FOR(lines, 1);
    CHECK(strstr(last_line, "initialised"));
    CHECK_INT(last_level, kTIMLog_Info);

    /* Levels: the file has its own, the callback its own. */
    write_line(kTIMLog_Debug, "debug one");
    write_line(kTIMLog_Error, "error one");
    WAIT_FOR(lines, 2);
    CHECK_TEXT(last_line, "error one");
    CHECK_INT(last_level, kTIMLog_Error);
    CHECK_INT(least_level, kTIMLog_Info);
    config("{\"set_config_callback_log_level\":2}");
    write_line(kTIMLog_Verbose, "verbose two");
    WAIT_FOR(lines, 3);
    CHECK_TEXT(last_line, "verbose two");
    config("{\"set_config_callback_log_level\":0}");
    write_line(kTIMLog_Assert, "nobody is told");
    config("{\"set_config_callback_log_level\":4}");

    /* Where a line comes from is said in it. */
    Told written = {0};
    CHECK_INT(callExperimentalAPI("{\"request_internal_operation\":\"internal_operation_write_log\",\"request_write_log_log_level_param\":6,"
                                  "\"request_write_log_log_content_param\":\"error two\",\"request_write_log_file_name_param\":\"Login.cs\","
                                  "\"request_write_log_func_name_param\":\"LogIn\",\"request_write_log_line_number_param\":7}",
                                  told, &written), TIM_SUCC);
    WAIT_FOR(lines, 4);
    CHECK_TEXT(last_line, "Login.cs:7 LogIn: error two");

    /* Long lines are cut, several lines made one. */
    memset(long_line, 'x', sizeof long_line - 1);
    write_line(kTIMLog_Error, long_line);
    WAIT_FOR(lines, 5);
    CHECK_INT(strlen(last_line), 1024);
    write_line(kTIMLog_Error, "two\\nlines");
    WAIT_FOR(lines, 6);
    CHECK_TEXT(last_line, "two lines");

    /* A UserSig is in no line, at no level. */
    Told login = {0};
    config("{\"set_config_callback_log_level\":1,\"set_config_log_level\":1}");
    CHECK_INT(TIMLogin("alice", "top-secret", told, &login), TIM_SUCC);
    int before = check_get(&lines);
    WAIT_FOR(lines, before + 1);

    CHECK_INT(TIMUninit(), TIM_SUCC);
    CHECK_INT(login.code, 7009);
    int after = check_get(&lines);
    write_line(kTIMLog_Error, "after uninit");
    config("{}");
    CHECK_INT(check_get(&lines), after);

    read_file(path, text, sizeof text);
    CHECK(strstr(text, "Z ERROR error one\n"));
    CHECK(strstr(text, "Z ASSERT nobody is told\n"));
    CHECK(!strstr(text, "debug one") && !strstr(text, "verbose two") && !strstr(text, "after uninit"));
    CHECK(!strstr(text, "top-secret"));

    /* A folder that cannot be made is no reason not to run. */
    snprintf(init, sizeof init, "{\"sdk_config_log_file_path\":\"%s/no/folder\"}", path);
    CHECK_INT(TIMInit(7, init), TIM_SUCC);
    CHECK_INT(TIMUninit(), TIM_SUCC);
    /* A console whose reader is gone ends nobody, and what the host's own writes raise is raised as before. */
    int ends[2];
    CHECK_INT(signal(SIGPIPE, SIG_DFL) == SIG_ERR, 0);
    CHECK_INT(pipe(ends), 0);
    int console = dup(2);
    CHECK_INT(dup2(ends[1], 2), 2);
    close(ends[0]);
    config("{\"set_config_is_log_output_console\":true}");
    write_line(kTIMLog_Error, "nobody reads this");
    write_line(kTIMLog_Error, "nor this");
    CHECK_INT(dup2(console, 2), 2);
    sigset_t blocked, pending;
    CHECK_INT(pthread_sigmask(SIG_SETMASK, NULL, &blocked), 0);
    CHECK_INT(sigismember(&blocked, SIGPIPE), 0);
    CHECK_INT(sigpending(&pending), 0);
    CHECK_INT(sigismember(&pending, SIGPIPE), 0);
    puts("ok");
    return 0;
}
