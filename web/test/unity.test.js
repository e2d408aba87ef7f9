// The C ABI of a WebGL player, linked by emscripten as Unity links it, against a real server. The test is the page: it loads scripts, and
// calls `frame` as Unity's loop does.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { Player } from './player.js';
import { Server } from './server.js';

const HERE = new URL('.', import.meta.url).pathname;
const JSLIB = path.join(HERE, '../../unity-bindings/Runtime/Plugins/WebGL/userstatus.jslib');
const EXPORTED = ['start', 'frame', 'stop', 'login_status', 'server_time', 'login', 'login_user', 'ask', 'subscriptions_max', 'network_changed', 'malloc', 'free']
  .concat(['rows_run', 'rows_owed', 'rows_check']);
const ASK = ['logout', 'set', 'get', 'subscribe', 'unsubscribe', 'friends', 'addFriend', 'deleteFriends', 'block', 'unblock', 'blocked']
  .concat(['background', 'foreground', 'experimental', 'config']);
/** As a game draws. */
const FRAME_MS = 16;
const PATIENCE_MS = 30_000;

let server;
let env;
let folder;
let createPlayer;
let wasmBinary;
const games = new Set();

before(async () => {
  server = await Server.start();
  env = { server: server.url, appId: server.appId, WebSocket, mint: (user) => server.mint(user) };
  folder = mkdtempSync(path.join(tmpdir(), 'userstatus-unity-'));
  const program = path.join(folder, 'player.cjs');
  execFileSync('emcc', [
    ...['-O2', '-Wall', '-Werror', path.join(HERE, 'unity/player.c'), path.join(HERE, 'unity/rows.c'), '--js-library', JSLIB, '-o', program],
    ...['-D_GNU_SOURCE', '-I', path.join(HERE, '../../include'), '-I', path.join(HERE, '../../tests/c/abi')],
    ...['-sMODULARIZE', '-sALLOW_MEMORY_GROWTH', '-sENVIRONMENT=node,web', '-sEXPORTED_RUNTIME_METHODS=ccall', '--no-entry'],
    `-sEXPORTED_FUNCTIONS=${EXPORTED.map((name) => `_${name}`)}`,
  ], { env: { ...process.env, NODE_PATH: path.join(HERE, '../node_modules') } }); // for acorn, which Debian's emscripten only recommends
  createPlayer = createRequire(import.meta.url)(program);
  wasmBinary = readFileSync(path.join(folder, 'player.wasm'));
  // What the script uses of a page.
  globalThis.WebSocket = WebSocket;
  globalThis.document = {
    baseURI: new URL('unity/', import.meta.url).href,
    createElement: () => ({}),
    head: { appendChild: (script) => import(script.src.replace(/StreamingAssets\/userstatus\/unity\.js$/, '../../unity.js')).then(script.onload, script.onerror) },
  };
});

after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A player as C sees it: its calls, and what it printed. */
class Game {
  lines = [];
  #module;
  #number = 0;
  #loop;

  static async start(config) {
    const game = new Game();
    games.add(game);
    game.#module = await createPlayer({ wasmBinary, print: (line) => game.lines.push(line) });
    game.result = game.begin(config);
    game.resume();
    return game;
  }

  begin(config = JSON.stringify({ sdk_config_server_address: server.url })) {
    return this.call('start', ['string', 'string'], [String(server.appId), config]);
  }

  resume() {
    this.#loop = setInterval(() => this.call('frame'), FRAME_MS);
  }

  /** A hidden tab has no frames. */
  pause() {
    clearInterval(this.#loop);
  }

  call(name, types = [], values = []) {
    return this.#module.ccall(name, 'number', types, values);
  }

  async login(user, sig) {
    const number = (this.#number += 1);
    assert.equal(this.call('login', ['string', 'string', 'number'], [user, sig ?? server.mint(user), number]), 0);
    return this.#answer(number);
  }

  /** What its callback is called with, or what it returned. */
  async ask(what, argument = null) {
    const number = (this.#number += 1);
    const text = argument === null || typeof argument === 'string' ? argument : JSON.stringify(argument);
    const result = this.call('ask', ['number', 'string', 'number'], [ASK.indexOf(what), text, number]);
    return result === 0 ? this.#answer(number) : { refused: result };
  }

  async #answer(number) {
    const line = await this.until(new RegExp(`^done ${number} `));
    const [, code, description, json] = /^done \d+ (-?\d+) (.*?) \| (.*)$/.exec(line);
    return { code: Number(code), description, answer: json === '' ? null : JSON.parse(json) };
  }

  async until(pattern, since = 0) {
    return this.eventually(() => this.lines.slice(since).find((line) => pattern.test(line)), pattern);
  }

  /** The first value of `look` that is one. */
  async eventually(look, what) {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = look();
      if (found) {
        return found;
      }
      assert.ok(Date.now() < deadline, `${what} never came, but: ${this.lines.slice(-10).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, FRAME_MS));
    }
  }

  end() {
    this.pause();
    return this.call('stop');
  }
}

/** A test that leaves nothing behind, also when it fails. */
function check(name, run) {
  test(`Unity: ${name}`, { timeout: 120_000 }, async () => {
    try {
      await run();
    } finally {
      for (const game of games) {
        game.end();
      }
      games.clear();
      Player.closeAll();
    }
  });
}

const status = (user, type, text, devices) => ({
  user_status_identifier: user,
  user_status_status_type: type,
  user_status_custom_status: text,
  user_status_online_devices: devices,
});

check('two players see each other come, speak and leave', async () => {
  const bob = await Player.open(env, 'bob30');
  const game = await Game.start();
  assert.equal(game.result, 0);
  assert.equal(game.lines[0], 'version 8.6.0 0.1.0');
  assert.equal((await game.ask('set', { user_status_custom_status: 'early' })).code, 6014);
  const login = game.login('alice30');
  assert.equal(game.call('login_status'), 2, 'while the module is being loaded');
  assert.equal((await login).code, 0);
  assert.equal(game.call('login_status'), 1);
  assert.equal(game.call('login_user'), 0);
  assert.ok(game.lines.includes("user 'alice30'"));
  assert.ok(Math.abs(game.call('server_time') - Date.now() / 1000) < 10);
  assert.ok(game.lines.some((line) => line.startsWith('network 0 0 ')));

  const subscribed = await game.ask('subscribe', ['bob30']);
  assert.deepEqual(subscribed, { code: 0, description: 'ok', answer: [status('bob30', 0, '', [])] });
  await bob.login();
  await game.until(/^statuses -5 \[\{"user_status_identifier":"bob30","user_status_status_type":1,"user_status_custom_status":""/);
  await bob.client.setSelfStatus('对战中 🎮');
  await game.until(/^statuses -5 .*"user_status_custom_status":"对战中 🎮","user_status_online_devices":\["Web"\]/);
  assert.deepEqual((await game.ask('get', ['bob30', 'nobody'])).answer, [status('bob30', 1, '对战中 🎮', ['Web']), status('nobody', 0, '', [])]);

  await bob.client.subscribe(['alice30']);
  assert.equal((await game.ask('set', { user_status_custom_status: '在游戏里' })).code, 0);
  await bob.untilStatus('alice30', 'online', '在游戏里');
  assert.equal(game.call('subscriptions_max'), 200);
  assert.equal(game.call('network_changed', ['number'], [3]), -4);
  const before = game.lines.length;
  assert.equal(game.call('network_changed', ['number'], [0]), 0);
  await game.until(/^network 1 9508 /, before);
  await bob.untilStatus('alice30', 'offline', '');
  assert.equal(game.call('network_changed', ['number'], [2]), 0);
  await bob.untilStatus('alice30', 'online', '在游戏里', bob.heard.length - 1);
  for (const what of ['background', 'foreground']) {
    assert.equal((await game.ask(what)).code, 0);
  }
  assert.equal((await game.ask('unsubscribe', ['bob30'])).code, 0);
  assert.equal((await game.ask('unsubscribe')).code, 0);
  assert.equal((await game.ask('logout')).code, 0);
  await bob.untilStatus('alice30', 'unlogined', '');
  game.end();
  bob.client.close();
});

check('friends, blocks and what is wrong', async () => {
  const bob = await Player.loggedIn(env, 'bob31');
  const game = await Game.start();
  await game.login('alice31');
  const added = await game.ask('addFriend', {
    friendship_add_friend_param_identifier: 'bob31',
    friendship_add_friend_param_friend_type: 1,
    friendship_add_friend_param_remark: '老朋友',
    friendship_add_friend_param_group_name: 'g',
  });
  assert.deepEqual([added.code, added.answer.friend_result_code], [0, 0]);
  const [friend] = (await game.ask('friends')).answer;
  assert.deepEqual([friend.friend_profile_identifier, friend.friend_profile_remark, friend.friend_profile_group_name_array], ['bob31', '老朋友', ['g']]);
  assert.equal(friend.friend_profile_user_profile.user_profile_identifier, 'bob31');
  assert.deepEqual(friend.friend_profile_custom_string_array, []);
  assert.equal((await game.ask('block', ['bob31'])).answer[0].friend_result_code, 0);
  const [blocked] = (await game.ask('blocked')).answer;
  assert.deepEqual([blocked.friend_profile_identifier, Object.keys(blocked)], ['bob31', Object.keys(friend)]);
  assert.equal((await game.ask('unblock', ['bob31'])).answer[0].friend_result_code, 0);
  await bob.client.deleteFriends(['alice31'], { both: true });
  await game.until(/^deleted \["bob31"\]/);
  await bob.client.addFriend('alice31', { both: true });
  await game.until(/^added \["bob31"\]/);
  const param = { friendship_delete_friend_param_identifier_array: ['bob31', 'nobody'], friendship_delete_friend_param_friend_type: 1 };
  assert.deepEqual((await game.ask('deleteFriends', param)).answer.map((each) => each.friend_result_code), [0, 31704]);

  for (const what of ['get', 'subscribe', 'block', 'unblock']) {
    assert.deepEqual(await game.ask(what, []), { code: 0, description: 'ok', answer: [] }, `${what} nobody`);
  }
  assert.deepEqual((await game.ask('deleteFriends', {})).answer, []);
  assert.equal((await game.ask('set', { user_status_custom_status: 'x' })).code, 0);
  assert.equal((await game.ask('set', {})).code, 0);
  assert.equal((await game.ask('get', ['alice31'])).answer[0].user_status_custom_status, '', 'what is not said is cleared');
  assert.equal((await game.ask('subscribe', ['alice31'])).code, 7014);
  assert.deepEqual((await game.ask('set', { user_status_custom_status: 'x'.repeat(101) })).code, 6017);
  assert.deepEqual(await game.ask('config', { set_config_user_define_data: 'x' }), { code: 0, description: 'ok', answer: { set_config_user_define_data: 'x' } });
  const write = { request_internal_operation: 'internal_operation_write_log', request_write_log_func_name_param: 'Kick', request_write_log_log_content_param: 'lost the ball' };
  assert.equal((await game.ask('experimental', { ...write, request_write_log_log_level_param: 3 })).code, 0);
  assert.equal((await game.ask('experimental', { ...write, request_write_log_log_level_param: 6 })).code, 0);
  assert.deepEqual(game.lines.filter((line) => line.startsWith('log ')), ['log 6 Kick: lost the ball']);

  const since = game.lines.length;
  const other = await Player.loggedIn(env, 'alice31');
  await game.until(/^kicked$/, since);
  assert.equal(game.call('login_status'), 3);
  for (const player of [bob, other]) {
    player.client.close();
  }
  game.end();
});

check('bad input is answered as the library answers it', async () => {
  const game = await Game.start('{');
  assert.equal(game.result, -3);
  const play = async (isInitialised) => {
    const since = game.lines.length;
    game.call('rows_run', ['number'], [isInitialised]);
    await game.eventually(() => game.call('rows_owed') === 0, 'every row is told');
    game.call('rows_check');
    assert.deepEqual(game.lines.slice(since), []);
  };
  await play(0);
  assert.equal(game.begin('{"sdk_config_server_address":"127.0.0.1:1"}'), 0);
  await play(1);
  assert.equal(game.call('stop'), 0);
  await play(0);
});

check('a configuration is refused as the library refuses it', async () => {
  const game = await Game.start('{');
  for (const [config, result] of [
    ['{', -3], ['[]', -3], [' ', -3], ['7', -3], ['{"sdk_config_log_file_path":1}', -3], ['{"sdk_config_server_address":[]}', -3],
    ['{"sdk_config_tls_pins":"one"}', -3], ['{"sdk_config_heartbeat_interval_ms":-1}', -3], ['{"sdk_config_heartbeat_interval_ms":4999}', -4],
    ['{"sdk_config_heartbeat_interval_ms":3600001}', -4], ['{"sdk_config_platform":"Toaster"}', -4], ['{"sdk_config_callback_mode":"later"}', -4],
    [`{"x":"${'x'.repeat(1 << 20)}"}`, -4], [' null ', 0], ['', 0],
    ['{"sdk_config_log_file_path":null,"sdk_config_server_address":null,"sdk_config_platform":null,"sdk_config_callback_mode":null}', 0],
    ['{"sdk_config_platform":"Windows","sdk_config_callback_mode":"pump","sdk_config_heartbeat_interval_ms":5000}', 0],
  ]) {
    assert.equal(game.begin(config), result, config.slice(0, 80));
    game.call('stop');
  }
});

check('the end answers everything at once, and a new beginning is another client', async () => {
  const game = await Game.start();
  await game.login('alice32');
  game.pause();
  const pending = game.ask('get', ['bob32']);
  assert.equal(game.end(), 0);
  assert.ok(game.lines.some((line) => line.includes(' 7009 ')), 'within the call');
  assert.equal((await pending).code, 7009);
  assert.equal(game.call('login_status'), 3);
  game.resume();
  assert.equal((await game.ask('get', ['bob32'])).code, 6013);

  assert.equal(game.begin(), 0);
  assert.equal(game.begin(), 0, 'the same again');
  assert.equal(game.begin('{}'), -4, 'another configuration');
  assert.equal((await game.login('alice32')).code, 0);
  assert.equal((await game.ask('get', ['alice32'])).answer[0].user_status_status_type, 1);
});

check('a logout that the end comes right behind reaches the server', async () => {
  const bob = await Player.loggedIn(env, 'bob35');
  const game = await Game.start();
  await game.login('alice35');
  await bob.client.subscribe(['alice35']);
  game.pause();
  const leaving = game.ask('logout');
  game.end();
  assert.equal((await leaving).code, 7009);
  await bob.untilStatus('alice35', 'unlogined', '');
});

check('nobody draws while a tab is hidden, and the newest status waits', async () => {
  const bob = await Player.loggedIn(env, 'bob33');
  const game = await Game.start();
  await game.login('alice33');
  await game.ask('subscribe', ['bob33']);
  game.pause();
  const since = game.lines.length;
  for (let each = 0; each < 50; each += 1) {
    await bob.client.setSelfStatus(`n${each}`);
  }
  // The watcher's own page has no word of when it was told; another one's that watches too has.
  const watcher = await Player.loggedIn(env, 'carol33');
  await watcher.client.subscribe(['bob33']);
  await bob.client.setSelfStatus('last');
  await watcher.untilStatus('bob33', 'online', 'last');
  game.resume();
  await game.until(/"last"/, since);
  const told = game.lines.slice(since).filter((line) => line.startsWith('statuses'));
  assert.ok(told.length <= 2, `told ${told.length} times`);
  for (const player of [bob, watcher]) {
    player.client.close();
  }
  game.end();
});

check('what a browser cannot do is said at the login', async () => {
  for (const [config, why] of [
    [{ sdk_config_server_address: server.url, sdk_config_ca_pem: 'x' }, /certificates/],
    [{ sdk_config_server_address: server.url, sdk_config_tls_pins: ['x'] }, /certificates/],
    [{}, /no server/],
  ]) {
    const game = await Game.start(JSON.stringify(config));
    assert.equal(game.result, 0);
    const { code, description } = await game.login('alice34');
    assert.equal(code, 9508);
    assert.match(description, why);
    assert.equal(game.call('login_status'), 3);
    game.end();
  }
  for (const [config, result] of [['{', -3], ['{"sdk_config_tls_pins":7}', -3]]) {
    const game = await Game.start(config);
    assert.equal(game.result, result);
    game.end();
  }
});
