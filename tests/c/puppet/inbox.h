/* What a puppet is told: lines on stdin, in order. */
#ifndef PUPPET_INBOX_H
#define PUPPET_INBOX_H

/* Starts the thread that reads stdin. A line for which `at_once` returns 1 is thereby dealt with and not queued: the main
   thread may be inside a call that this line is to end. The process ends when stdin does: nobody is left to play with. */
void inbox_open(int (*at_once)(const char* line));

/* The next line, without its end. To be freed by the caller. Waits for one. */
char* inbox_next(void);

#endif
