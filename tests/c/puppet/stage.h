/* What a puppet does inside its callbacks: nothing, unless it was told beforehand to wait there or to call something. */
#ifndef PUPPET_STAGE_H
#define PUPPET_STAGE_H

/* Kinds of callback: "comm" or a listener's name. Called by each callback after it has reported itself. */
void stage_enter(const char* kind);

/* The next callback of `kind` waits inside until stage_release. */
void stage_hold(const char* kind);
void stage_release(void);

/* The next callback of `kind` carries out `line` inside. */
void stage_plan(const char* kind, const char* line);

/* How a line is carried out. */
void stage_open(void (*perform)(char* line));

#endif
