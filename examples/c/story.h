/* How the demo tells its story: who called what, what came back, and when. */
#ifndef STORY_H
#define STORY_H

#include <stdint.h>

enum story_direction { STORY_CALL, STORY_CALLBACK, STORY_BLOW };

/* Begins; colour and pauses only where somebody is looking. */
void story_open(void);

/* Microseconds of a clock that all processes of the machine share. */
int64_t story_now_us(void);

/* A new chapter, after a pause for the eye. */
void story_chapter(const char* title);

/* A line of explanation. */
void story_say(const char* format, ...) __attribute__((format(printf, 1, 2)));

/* Something a player did, was told, or suffered. */
void story_tell(const char* player, enum story_direction direction, int64_t at_us, const char* text);

/* More about the line before: small print. */
void story_detail(const char* text);

/* One line of the summary. */
void story_verdict(int is_fine, const char* text);

#endif
