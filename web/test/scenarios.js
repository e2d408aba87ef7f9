// What a client must do, in node and in a page alike. `env` says where the server is, mints UserSigs, and moves what lies between.

import { createClient } from '../index.js';
import { Player, assertEqual, assertRefused } from './player.js';

/** Each scenario has users of its own: all run against one server. */
export const scenarios = {
  async 'two players see each other come, speak and leave'(env) {
    const alice = await Player.loggedIn(env, 'alice1');
    const [before] = await alice.client.subscribe(['bob1']);
    assertEqual([before.userId, before.status, before.customStatus, before.platforms], ['bob1', 'unknown', '', []], 'bob before he came');

    const bob = await Player.loggedIn(env, 'bob1');
    await alice.untilStatus('bob1', 'online', '');
    await bob.client.setSelfStatus('在打游戏 🎮 "quoted"');
    await alice.untilStatus('bob1', 'online', '在打游戏 🎮 "quoted"');
    await bob.untilStatus('bob1', 'online', '在打游戏 🎮 "quoted"'); // N2

    const statuses = await alice.client.getUserStatus(['bob1', 'nobody', 'alice1']);
    assertEqual(
      statuses.map(({ userId, status, customStatus, platforms }) => [userId, status, customStatus, platforms]),
      [
        ['bob1', 'online', '在打游戏 🎮 "quoted"', ['Web']],
        ['nobody', 'unknown', '', []],
        ['alice1', 'online', '', ['Web']],
      ],
      'what alice is answered',
    );

    await bob.client.setSelfStatus('');
    await alice.untilStatus('bob1', 'online', '', alice.heard.length);
    await alice.client.unsubscribe(['bob1']);
    await bob.client.setSelfStatus('unseen');
    await alice.client.subscribe(['bob1']);
    const since = alice.heard.length;
    await bob.client.logout();
    assertEqual([bob.client.loginStatus, bob.client.loginUser], ['loggedOut', null], 'bob after his logout');
    await alice.untilStatus('bob1', 'unlogined', '', since); // C4
    assertEqual(alice.told('bob1').filter((told) => told.endsWith('unseen')), [], 'what alice heard unsubscribed');

    assertEqual([alice.client.loginStatus, alice.client.loginUser], ['loggedIn', 'alice1'], 'alice');
    const difference = Math.abs(alice.client.serverTimeMs - Date.now());
    assertEqual(difference < 10_000, true, `the server's clock, ${difference} ms from this one's`);
    alice.client.close();
    bob.client.close();
  },

  async 'a login elsewhere kicks'(env) {
    const first = await Player.loggedIn(env, 'alice2');
    const second = await Player.loggedIn(env, 'alice2');
    const { value } = await first.until('that it is kicked', ({ event }) => event === 'kickedOffline');
    assertEqual([value.code, first.client.loginStatus], [6208, 'loggedOut'], 'the first device');
    const since = first.heard.length;
    await second.client.setSelfStatus('here');
    assertEqual([second.client.loginStatus, first.heard.length], ['loggedIn', since], 'it stays away');
    await assertRefused(first.client.setSelfStatus('there'), 6014, 'a kicked client');
    // The application's own next login succeeds, and kicks the other.
    await first.login();
    await second.until('that it is kicked', ({ event }) => event === 'kickedOffline');
    first.client.close();
    second.client.close();
  },

  async 'who closes without a logout is offline'(env) {
    const alice = await Player.loggedIn(env, 'alice3');
    const bob = await Player.loggedIn(env, 'bob3');
    await bob.client.setSelfStatus('soon gone');
    const [now] = await alice.client.subscribe(['bob3']);
    assertEqual([now.status, now.customStatus], ['online', 'soon gone'], 'what subscribing answers');
    const pending = bob.client.getUserStatus(['alice3']);
    bob.client.close();
    await assertRefused(pending, 7009, 'what was pending');
    await alice.untilStatus('bob3', 'offline', '');
    await assertRefused(bob.client.getUserStatus(['alice3']), 6013, 'a closed client');
    assertEqual([bob.client.loginStatus, bob.client.loginUser, bob.client.serverTimeMs], ['loggedOut', null, null], 'a closed client');
    bob.client.close();
    alice.client.close();
  },

  async 'what is wrong is refused with a code'(env) {
    const alice = await Player.open(env, 'alice4');
    await assertRefused(alice.client.setSelfStatus('early'), 6014, 'before the login');
    await assertRefused(alice.client.login('alice4', 'no UserSig'), 70003, 'a malformed UserSig');
    await assertRefused(alice.client.login('alice4', await env.mint('mallory')), 70013, "another user's UserSig");
    await assertRefused(alice.client.login('alice4'), 6017, 'no UserSig');
    await alice.login();
    await alice.login(); // A renewal.
    await assertRefused(alice.client.login('bob4', await env.mint('bob4')), 7014, 'another user');
    await assertRefused(alice.client.setSelfStatus('x'.repeat(101)), 6017, 'a long status');
    await assertRefused(alice.client.setSelfStatus('x'.repeat(2_000_000)), 6017, 'a huge status');
    await assertRefused(alice.client.setSelfStatus('half a \ud83c'), 6017, 'half a character');
    await assertRefused(alice.client.setSelfStatus(7), 6017, 'a status that is no text');
    await assertRefused(alice.client.subscribe('bob4'), 6017, 'a user instead of users');
    await assertRefused(alice.client.subscribe(['alice4']), 7014, 'oneself');
    await assertRefused(alice.client.unsubscribe([]), 6017, 'nobody');
    await assertRefused(alice.client.addFriend('bob4', { colour: 'red' }), 6017, 'an unknown option');
    await alice.client.unsubscribeAll();
    await alice.client.setSelfStatus('still here');
    for (const options of [{ server: 'http://x' }, { server: [] }, { appId: 0 }, { appId: 1.5 }, { heartbeatIntervalMs: 10 }]) {
      await assertRefused(Player.open(env, 'alice4', options), 6017, JSON.stringify(options));
    }
    alice.client.close();
  },

  async 'friends are made, told of, blocked and unmade'(env) {
    const [alice, bob] = [await Player.loggedIn(env, 'alice5'), await Player.loggedIn(env, 'bob5')];
    const added = await alice.client.addFriend('bob5', { both: true, remark: '老朋友', groupName: 'g', addWording: 'hi' });
    assertEqual([added.userId, added.code], ['bob5', 0], 'what became of bob');
    await bob.until('of a new friend', ({ event, value }) => event === 'friendsChanged' && value.added.includes('alice5'));
    const [friend] = await alice.client.listFriends();
    assertEqual([friend.userId, friend.remark, friend.groupName, friend.addWording], ['bob5', '老朋友', 'g', 'hi'], "alice's friend");
    assertEqual(Math.abs(friend.addTimeS - Date.now() / 1000) < 60, true, 'when');
    await bob.client.setSelfStatus('seen by friends');
    await alice.untilStatus('bob5', 'online', 'seen by friends'); // N3, without a subscription

    assertEqual((await bob.client.block(['alice5'])).map(({ code }) => code), [0], 'blocking');
    assertEqual(await bob.client.listBlocked(), ['alice5'], 'who is blocked');
    await alice.untilStatus('bob5', 'offline', '');
    assertEqual((await bob.client.unblock(['alice5'])).map(({ code }) => code), [0], 'unblocking');
    const deleted = await alice.client.deleteFriends(['bob5', 'nobody'], { both: true });
    assertEqual(deleted.map(({ userId, code }) => [userId, code]), [['bob5', 0], ['nobody', 31704]], 'deleting');
    await bob.until('of a friend lost', ({ event, value }) => event === 'friendsChanged' && value.deleted.includes('alice5'));
    alice.client.close();
    bob.client.close();
  },

  async 'listeners may do anything'(env) {
    const alice = await Player.open(env, 'alice6');
    const order = [];
    let asked;
    const off = alice.client.on('connectionChanged', () => order.push('never'));
    off();
    // A call from within a listener, and a close.
    alice.client.on('connectionChanged', ({ state }) => {
      order.push(state);
      if (state === 'connecting') {
        order.push('asks');
        asked = alice.client.getUserStatus(['alice6']).catch((error) => order.push(error.code));
      }
    });
    await alice.login();
    await asked;
    assertEqual(order, ['connecting', 'asks', 6014, 'connected'], 'what happened');
    alice.client.on('statusChanged', () => alice.client.close());
    await alice.client.setSelfStatus('the end').catch((error) => assertEqual(error.code, 7009, 'closed before its answer'));
    await alice.until('its own status', ({ event }) => event === 'statusChanged');
    assertEqual(alice.client.loginStatus, 'loggedOut', 'a client closed by a listener');
  },

  async 'a network that goes away and comes back'(env) {
    const bob = await Player.loggedIn(env, 'bob7');
    await bob.client.subscribe(['alice7']);
    const alice = await Player.loggedIn(env, 'alice7', { server: env.relay });
    await alice.client.subscribe(['bob7']);
    await alice.client.setSelfStatus('对战中');
    await bob.untilStatus('alice7', 'online', '对战中');

    const [ofAlice, ofBob] = [alice.heard.length, bob.heard.length];
    await env.control('cut');
    await alice.untilConnection('disconnected', ofAlice);
    await bob.untilStatus('alice7', 'offline', '', ofBob); // S4, C4
    assertEqual([alice.client.loginStatus, alice.client.loginUser], ['loggedIn', 'alice7'], 'alice meanwhile');
    const waits = alice.client.getUserStatus(['bob7']);
    await bob.client.setSelfStatus('missed');
    await alice.untilConnection('connectFailed', ofAlice);
    const away = bob.heard.length;
    await env.control('restore');
    await alice.untilConnection('connected', ofAlice);
    assertEqual((await waits).map(({ customStatus }) => customStatus), ['missed'], 'what waited');
    await alice.untilStatus('bob7', 'online', 'missed', ofAlice); // N7
    await bob.untilStatus('alice7', 'online', '对战中', away);
    assertEqual(bob.told('alice7', away), ['online: 对战中'], 'one notification brings her back with her text'); // S9
    alice.client.close();
    bob.client.close();
  },

  async 'a server that is killed and started again'(env) {
    const [alice, bob] = [await Player.loggedIn(env, 'alice8'), await Player.loggedIn(env, 'bob8')];
    await alice.client.subscribe(['bob8']);
    await bob.client.setSelfStatus('kept');
    await alice.untilStatus('bob8', 'online', 'kept');
    // A friendship is on disk before it is answered, and the accounts with it: a crash must not take that there is a bob.
    await bob.client.addFriend('alice8', { both: true });
    const [ofAlice, ofBob] = [alice.heard.length, bob.heard.length];
    await env.control('restart');
    await Promise.all([alice.untilConnection('connected', ofAlice), bob.untilConnection('connected', ofBob)]);
    const [status] = await alice.client.getUserStatus(['bob8']);
    assertEqual([status.status, status.customStatus], ['online', 'kept'], 'bob after the restart');
    await bob.client.setSelfStatus('and on');
    await alice.untilStatus('bob8', 'online', 'and on', ofAlice);
    assertEqual(alice.told('bob8', ofAlice).filter((told) => !told.startsWith('online')), [], 'alice never saw him away'); // S6
    alice.client.close();
    bob.client.close();
  },

  async 'of several servers the one that answers is used'(env) {
    const alice = await Player.loggedIn(env, 'alice9', { server: [env.nowhere, env.server] });
    assertEqual(alice.client.loginStatus, 'loggedIn', 'alice');
    await alice.untilConnection('connectFailed');
    alice.client.close();
    const nobody = await Player.open(env, 'alice9', { server: env.nowhere });
    const login = nobody.login();
    await nobody.untilConnection('connectFailed');
    await nobody.client.logout();
    await assertRefused(login, 7009, 'a login that was given up');
    nobody.client.close();
  },

  async 'a connection over TLS'(env) {
    const [alice, bob] = [await Player.loggedIn(env, 'alice12', { server: env.secure }), await Player.loggedIn(env, 'bob12')];
    await alice.client.subscribe(['bob12']);
    await bob.client.setSelfStatus('加密');
    await alice.untilStatus('bob12', 'online', '加密');
    alice.client.close();
    bob.client.close();
  },

  /** Each watches the next, in a circle, and says something. */
  async 'a page full of players'(env) {
    const { playersCount: count } = env;
    const begin = performance.now();
    const module = await WebAssembly.compile(await env.moduleBytes());
    const name = (place) => `crowd${place % count}`;
    const places = Array.from({ length: count }, (_, place) => place);
    const players = await Promise.all(places.map((place) => Player.loggedIn(env, name(place), { module })));
    const loggedIn = performance.now();
    await Promise.all(players.map(({ client }, place) => client.subscribe([name(place + 1)])));
    await Promise.all(players.map(({ client }, place) => client.setSelfStatus(`第${place}`)));
    await Promise.all(players.map((player, place) => player.untilStatus(name(place + 1), 'online', `第${(place + 1) % count}`)));
    const end = performance.now();
    const memoryKib = env.lastExports().memory.buffer.byteLength / 1024;
    for (const { client } of players) {
      client.close();
    }
    const [inMs, endMs] = [loggedIn, end].map((at) => Math.round(at - begin));
    return `${count} players: logged in after ${inMs} ms, all seen after ${endMs} ms, memory of the module ${memoryKib} KiB`;
  },

  async 'a module with more than half of all memory'(env) {
    const module = await WebAssembly.compile(await env.moduleBytes());
    const alice = await Player.loggedIn(env, 'alice11', { module });
    env.lastExports().memory.grow(33_000);
    // What does not fit below is put above, at places that are numbers below 0 for who does not look.
    const error = await assertRefused(alice.client.setSelfStatus('x'.repeat(900_000)), 6017, 'a huge status');
    assertEqual(/900\d\d\d bytes/.test(error.message), true, error.message);
    await alice.client.setSelfStatus('well');
    alice.client.close();
  },

  async 'a module that breaks ends its clients and no others'(env) {
    const healthy = await Player.loggedIn(env, 'alice10');
    const module = await WebAssembly.compile(await env.moduleBytes());
    const broken = await Player.loggedIn(env, 'bob10', { module });
    const exports = env.lastExports();
    exports.us_submit = trap;
    const error = await assertRefused(broken.client.setSelfStatus('x'), -102, 'a call that traps');
    assertEqual(/module failed/.test(error.message), true, error.message);
    await assertRefused(broken.client.setSelfStatus('x'), 6013, 'the client after that');
    await healthy.client.setSelfStatus('fine');
    const again = await createClient({ server: env.server, appId: env.appId, WebSocket: env.WebSocket, module });
    again.close();
    healthy.client.close();
  },
};

/** A function that traps, as a panic does. */
const { trap } = new WebAssembly.Instance(
  new WebAssembly.Module(
    new Uint8Array([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
      ...[7, 8, 1, 4, 0x74, 0x72, 0x61, 0x70, 0, 0, 10, 5, 1, 3, 0, 0, 0x0b],
    ]),
  ),
).exports;
