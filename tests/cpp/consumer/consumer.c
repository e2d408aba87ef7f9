/* Somebody else's program, in C: logs in, says something, and ends when it is told of that: consumer SERVER APP_ID USER USERSIG */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <userstatus.h>

#define SAID "said by a consumer"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static int is_heard, is_set;

static void done(int* what) {
    pthread_mutex_lock(&lock);
    *what = 1;
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
}

static void need(int32_t code, const char* desc) {
    if (code == ERR_SUCC) return;
    fprintf(stderr, "%d %s\n", (int)code, desc);
    exit(EXIT_FAILURE);
}

static void on_change(const char* json_statuses, const void* user_data) {
    (void)user_data;
    if (strstr(json_statuses, SAID)) done(&is_heard);
}

static void on_set(int32_t code, const char* desc, const char* json, const void* user_data) {
    (void)json, (void)user_data;
    need(code, desc);
    done(&is_set);
}

static void on_login(int32_t code, const char* desc, const char* json, const void* user_data) {
    (void)json, (void)user_data;
    need(code, desc);
    need(TIMSetSelfStatus("{\"" kTIMUserStatusCustomStatus "\": \"" SAID "\"}", on_set, NULL), "refused");
}

int main(int argc, char** argv) {
    char config[256];
    if (argc != 5) return EXIT_FAILURE;
    snprintf(config, sizeof config, "{\"" kUSSdkConfigServerAddress "\": \"%s\"}", argv[1]);
    TIMSetUserStatusChangedCallback(on_change, NULL);
    need(TIMInit(strtoull(argv[2], NULL, 10), config), "refused");
    need(TIMLogin(argv[3], argv[4], on_login, NULL), "refused");
    pthread_mutex_lock(&lock);
    while (!is_heard || !is_set) pthread_cond_wait(&more, &lock);
    pthread_mutex_unlock(&lock);
    printf("heard, by %s\n", USGetVersion());
#ifdef WITH_OTHER
    {
        extern int other_catches_a_panic(void);
        printf("other: %d\n", other_catches_a_panic());
    }
#endif
    return TIMUninit();
}
