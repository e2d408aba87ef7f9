/* The player of make demo, as a program of its own: the same source on Linux, Windows and Android. */
#include "../c/player.h"

int main(void) {
    return player_main();
}
