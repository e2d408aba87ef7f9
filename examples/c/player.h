/* A player: a game process of its own that uses libuserstatus. `make demo` starts two, `make demo-everywhere` one
   on each of three platforms. */
#ifndef PLAYER_H
#define PLAYER_H

/* Does what the lines on standard input say, and reports on standard output; returns the exit code.

   Commands, a word and its arguments:  init SERVER APP_ID · login USER USERSIG · get USER · subscribe USER... · set TEXT · logout
   Reports, fields divided by tabs:     TIME_US call TEXT
                                        TIME_US done FUNCTION CODE DESC JSON
                                        TIME_US status JSON
                                        TIME_US network STATUS DESC */
int player_main(void);

#endif
