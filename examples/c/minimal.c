/* Logs in, watches one player and prints every change, until Enter: minimal APP_ID USER USERSIG WATCHED
   Where the server is, the environment says: USERSTATUS_SERVER=127.0.0.1:7700 */
#include <stdio.h>
#include <stdlib.h>
#include <userstatus.h>

static char watched[80];

static void on_change(const char* json_statuses, const void* user_data) {
    (void)user_data;
    printf("changed: %s\n", json_statuses);
}

static void on_subscribe(int32_t code, const char* desc, const char* json_statuses, const void* user_data) {
    (void)user_data;
    printf("subscribed: %d %s, now: %s\n", (int)code, desc, json_statuses);
}

static void on_login(int32_t code, const char* desc, const char* json, const void* user_data) {
    (void)json, (void)user_data;
    printf("logged in: %d %s\n", (int)code, desc);
    if (code == ERR_SUCC) TIMSubscribeUserStatus(watched, on_subscribe, NULL);
}

int main(int argc, char** argv) {
    if (argc != 5) return fprintf(stderr, "usage: minimal APP_ID USER USERSIG WATCHED\n"), 2;
    snprintf(watched, sizeof watched, "[\"%s\"]", argv[4]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    TIMSetUserStatusChangedCallback(on_change, NULL); /* callbacks come on a thread of the library's */
    int refused = TIMInit(strtoull(argv[1], NULL, 10), NULL);
    if (!refused) refused = TIMLogin(argv[2], argv[3], on_login, NULL);
    if (refused) return fprintf(stderr, "refused: %d, which TIMResult explains\n", refused), 1;
    getchar();
    return TIMUninit();
}
