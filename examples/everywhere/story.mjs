// The demo of all platforms: a page in Chromium and games on Linux, Windows and Android, and a real server between them.
//
//   node story.mjs USERSTATUSD CLIENT CHROMIUM LINUX WINDOWS ANDROID
//
// CLIENT is the folder of index.js and userstatus.wasm; the last three are player.c for each platform, as something this machine can run:
// scripts/demo-everywhere.sh makes all of it. This file is the story. Exit code 0 only if everything that was to be seen was seen.

import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger, describe } from './ledger.mjs';
import { Browser, Program, Server, Site } from './stage.mjs';

/** A hundred times longer than anything here takes on a machine that is not busy. */
const PATIENCE_MS = 60_000;
/** For the eye, between chapters; only where somebody is looking. */
const PAUSE_MS = 900;

const [userstatusd, client, chromium, linux, windows, android] = process.argv.slice(2);
if (!android) {
  console.error('usage: node story.mjs USERSTATUSD CLIENT CHROMIUM LINUX WINDOWS ANDROID    (make demo-everywhere does it)');
  process.exit(2);
}

// How it is told

const isWatched = process.stdout.isTTY;
const coloured = (code, text) => (isWatched && !process.env.NO_COLOR ? `\u001b[${code}m${text}\u001b[0m` : text);
const say = (text = '') => console.log(text);
const MARKS = { call: '──▶', blow: '─✗─' };
let chaptersCount = 0;

async function chapter(title) {
  if (chaptersCount > 0 && isWatched) {
    await sleep(PAUSE_MS);
  }
  chaptersCount += 1;
  say(coloured('1', `\n${chaptersCount}. ${title}`));
}

function tell(player, mark, text) {
  const time = coloured('2', `${(performance.now() / 1000).toFixed(3).padStart(8)} s  `);
  say(time + coloured(player.colour, `${player.place.padEnd(9)}${player.name.padEnd(7)}${mark} ${text}`));
}

// Who plays

const linus = { name: 'linus', place: 'Linux', platform: 'Linux', colour: '36' };
const winnie = { name: 'winnie', place: 'Windows', platform: 'Windows', colour: '35' };
const andy = { name: 'andy', place: 'Android', platform: 'Android', colour: '32' };
const paige = { name: 'paige', place: 'Chromium', platform: 'Web', colour: '33' };
const all = [linus, winnie, andy, paige];

const ledger = new Ledger(all.map(({ name }) => name));
const verdicts = [];
const others = (...missing) => all.filter((player) => !missing.includes(player));

/** Whatever happens ends the waiting, so that it looks again. */
let look = () => {};

class Missing extends Error {}

async function until(what, isTrue) {
  const isLate = sleep(PATIENCE_MS, 'late', { ref: false });
  while (!isTrue()) {
    const lost = all.find((player) => player.isLost);
    if (lost) {
      throw new Missing(`${lost.name}'s game on ${lost.place} ended by itself`);
    }
    const happened = new Promise((resolve) => {
      look = resolve;
    });
    if ((await Promise.race([happened, isLate])) === 'late') {
      throw new Missing(`${what} did not happen within ${PATIENCE_MS / 1000} s`);
    }
  }
}

function hear(player, report) {
  const statuses = (report.statuses ?? []).map((status) => `${status.userId} is ${describe(status)}`).join('; ');
  const isCall = report.kind === 'call';
  tell(player, isCall ? MARKS.call : '◀──', [report.text, statuses].filter(Boolean).join(report.kind === 'done' ? ': ' : ' '));
  player.heard.push(report);
  ledger.saw(player.name, report.statuses ?? [], report.kind === 'done', performance.now());
  look();
}

/** A game is started: `open` is handed what listens to it. */
async function start(player, open) {
  player.heard = [];
  player.isLost = false;
  const game = await open((report) => hear(player, report));
  player.game = game;
  game.ended.then(() => {
    player.isLost = player.game === game;
    look();
  });
}

/** It is about to end, and nobody wonders. */
function letGo(player) {
  const { game } = player;
  player.game = null;
  return game;
}

/** Has a player do something and waits for the answer. Hands back when it was asked. */
async function ask(player, line) {
  const [command] = line.split(' ');
  const before = player.heard.length;
  const atMs = performance.now();
  await player.game.command(line);
  const answer = () => player.heard.slice(before).find(({ kind, command: done }) => kind === 'done' && done === command);
  await until(`an answer to ${player.name}'s ${command}`, answer);
  if (answer().code !== 0) {
    throw new Missing(`${player.name}'s ${command} was refused: ${answer().text}`);
  }
  return atMs;
}

async function untilSeen() {
  await until('what is missing', () => ledger.isComplete);
}

/** Waits until these have seen it. */
async function seen(row, watchers) {
  ledger.expect(row, watchers.map(({ name }) => name));
  await untilSeen();
  return row;
}

function verdict(text, isFine) {
  verdicts.push({ text, isFine });
}

// The story

const names = (players) => players.map(({ name }) => name).join(' ');

async function play(server, open) {
  const rows = new Map();
  const comeOnline = (player, title, atMs) => ledger.happened(title, atMs, player.name, 'online', { platform: player.platform });
  const logIn = async (player) => {
    await start(player, open[player.name]);
    await player.game.command(`init ${player === paige ? server.websocket : server.address} ${server.appId}`);
    // How long a platform takes to start a program is not what the times are about.
    await until(`the start of ${player.name}'s game`, () => player.heard.length > 0);
    return ask(player, `login ${player.name} ${server.sigs[player.name]}`);
  };

  for (const [player, title] of [
    [linus, 'Linus starts his game on Linux, and asks to be told of the others, of whom none was ever here'],
    [winnie, 'Winnie starts hers on Windows'],
    [andy, 'Andy opens the app on Android'],
    [paige, 'Paige opens a web page'],
  ]) {
    await chapter(title);
    const row = comeOnline(player, `${player.name} comes ONLINE on ${player.platform}`, await logIn(player));
    rows.set(player, row);
    const here = [...rows.keys()];
    await seen(row, here);
    // Those who were here before are told in the answer.
    for (const before of here.filter((each) => each !== player)) {
      ledger.expect(rows.get(before), [player.name]);
    }
    await ask(player, `subscribe ${names(others(player))}`);
    await untilSeen();
  }

  const sayOf = async (player, customStatus, watchers) => {
    const atMs = performance.now();
    const row = ledger.happened(`${player.name} says “${customStatus}”`, atMs, player.name, 'online', { platform: player.platform, customStatus });
    ledger.expect(row, watchers.map(({ name }) => name));
    await ask(player, `set ${customStatus}`);
    await untilSeen();
    return row;
  };

  await chapter('Winnie is in a match');
  await sayOf(winnie, 'in a match', all);

  await chapter("Andy's app is killed: no goodbye");
  const killedAtMs = performance.now();
  tell(andy, MARKS.blow, 'killed');
  const andyGone = ledger.happened("andy's app is killed: OFFLINE", killedAtMs, 'andy', 'offline');
  await letGo(andy).kill();
  await seen(andyGone, others(andy));

  await chapter('Andy opens it again, and asks how the others are');
  const back = comeOnline(andy, 'andy is back, ONLINE', await logIn(andy));
  await seen(back, all);
  const asked = performance.now();
  for (const other of others(andy)) {
    const customStatus = other === winnie ? 'in a match' : '';
    const title = `${other.name} as before, to andy who is back`;
    ledger.expect(ledger.happened(title, asked, other.name, 'online', { platform: other.platform, customStatus }), ['andy']);
  }
  await ask(andy, `subscribe ${names(others(andy))}`);
  await untilSeen();

  await chapter('Paige gets on a train');
  await sayOf(paige, 'on a train', all);

  await chapter("The train is in a tunnel: Paige's browser has no network, and Winnie leaves the match");
  const tunnelAtMs = performance.now();
  tell(paige, MARKS.blow, 'the network is gone');
  await paige.game.setOffline(true);
  await seen(ledger.happened("paige's network is gone: OFFLINE", tunnelAtMs, 'paige', 'offline'), others(paige));
  await until("paige's connection to end", () => paige.heard.findLast(({ kind }) => kind === 'network')?.state === 'disconnected');
  const missed = await sayOf(winnie, 'in the lobby', others(paige));

  await chapter('It comes out: Paige says again what she said, and is told what she missed');
  const outAtMs = performance.now();
  tell(paige, MARKS.blow, 'the network is back');
  await paige.game.setOffline(false);
  ledger.expect(missed, ['paige']);
  const again = { platform: paige.platform, customStatus: 'on a train' };
  await seen(ledger.happened("paige's network is back: ONLINE as before", outAtMs, 'paige', 'online', again), all);

  await chapter('Paige closes the tab');
  const closedAtMs = performance.now();
  tell(paige, MARKS.blow, 'the tab is closed');
  const tabGone = ledger.happened("paige's tab is closed: OFFLINE", closedAtMs, 'paige', 'offline');
  await letGo(paige).closeTab();
  await seen(tabGone, others(paige));

  await chapter('Everybody goes home: they log out, and their statuses go with them');
  const home = [winnie, andy, linus];
  while (home.length > 0) {
    const player = home.shift();
    const row = ledger.happened(`${player.name} logs out: UNLOGINED`, performance.now(), player.name, 'unlogined');
    await ask(player, 'logout');
    await seen(row, home);
  }
  for (const player of [linus, winnie, andy]) {
    verdict(`${player.name}'s game on ${player.place} ended well`, await letGo(player).end());
  }
}

/** The end: the table, and what is missing. */
function sum() {
  const { cells, surplus } = ledger;
  if (cells.length === 0) {
    return false;
  }
  const missing = cells.filter(({ sighting }) => !sighting);
  say(coloured('1', '\nWho saw what of whom\n'));
  for (const line of ledger.table(Object.fromEntries(all.map(({ name, place }) => [name, place])), coloured)) {
    say(line);
  }
  say('\n  ms: told, so long after it happened     asked: came later, and was answered so when subscribing     –: not there\n');
  for (const { text, isFine } of verdicts) {
    say(`  ${isFine ? coloured('32', '✓') : coloured('31', '✗ not so:')} ${text}`);
  }
  for (const { row, watcher } of missing) {
    say(`  ${coloured('31', '✗')} ${watcher} did not see: ${row.title}. The last ${watcher} heard of ${row.user}: ${ledger.last(watcher, row.user)}`);
  }
  for (const { watcher, sighting } of surplus) {
    say(`  ${coloured('31', '✗')} ${watcher} saw what did not happen: ${sighting.userId} is ${describe(sighting)}`);
  }
  say(`\nExpected ${cells.length}, seen ${cells.length - missing.length}.`);
  return missing.length === 0 && surplus.length === 0 && verdicts.every(({ isFine }) => isFine);
}

say('userstatus: four players on four platforms, and a server\n');
say('Linus, Winnie and Andy are the same C program, on Linux, for Windows and for Android; Paige is a web page. Each is linked to');
say('the library for that platform, or loads the module. Between them is a real server: TCP for games, WebSocket for pages.');
say('   ──▶ a call the game makes      ◀── a callback it gets      ─✗─ what befalls it      seconds since the start on the left');

let isFine = false;
try {
  const server = await Server.start(userstatusd, all.map(({ name }) => name));
  const site = await Site.open(client);
  const browser = await Browser.start(chromium);
  say(`\nserver:  userstatusd dev, process ${server.pid}, listens on ${server.address} and ${server.websocket}, app ${server.appId}`);
  say(`page:    ${site.url} in Chromium ${browser.version}`);
  await play(server, {
    linus: (listener) => new Program(linux, listener),
    winnie: (listener) => new Program(windows, listener),
    andy: (listener) => new Program(android, listener),
    paige: (listener) => browser.open(site.url, listener),
  });
  await browser.close();
  site.close();
  verdict('the server stopped when it was asked to', await server.end());
  isFine = sum();
} catch (error) {
  sum();
  say(`\nThe story ends here: ${error instanceof Missing ? error.message : error.stack}.`);
}
if (isFine) {
  say('All four platforms saw each other.');
}
process.exit(isFine ? 0 : 1);
