// A client and all that it was told, so that a test can wait for what it expects. Runs in node and in a page.

import { createClient } from '../index.js';

/** Far more than anything here takes, on a slow machine that others use as well. */
const PATIENCE_MS = 30_000;

export class Player {
  heard = [];
  #waiting = new Set();

  /** Closes all that were opened: what a test that failed left behind would go on for ever. */
  static closeAll() {
    for (const client of Player.#opened) {
      client.close();
    }
    Player.#opened.clear();
  }

  static #opened = new Set();

  static async open(env, user, options = {}) {
    const client = await createClient({ server: env.server, appId: env.appId, WebSocket: env.WebSocket, ...options });
    return new Player(env, user, client);
  }

  static async loggedIn(env, user, options) {
    const player = await Player.open(env, user, options);
    await player.login();
    return player;
  }

  constructor(env, user, client) {
    Player.#opened.add(client);
    this.user = user;
    this.client = client;
    this.env = env;
    for (const event of ['statusChanged', 'connectionChanged', 'kickedOffline', 'userSigExpired', 'userSigExpiring', 'friendsChanged']) {
      client.on(event, (value) => this.#hear({ event, value }));
    }
  }

  async login() {
    await this.client.login(this.user, await this.env.mint(this.user));
  }

  /** Waits until something was heard, from the event at `since` on, for which `test` is true, and hands it back. */
  until(what, test, since = 0) {
    return new Promise((resolve, reject) => {
      const waiter = () => {
        const found = this.heard.slice(since).find(test);
        if (found) {
          clearTimeout(timer);
          this.#waiting.delete(waiter);
          resolve(found);
        }
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        reject(new Error(`${this.user} never heard ${what}; but: ${JSON.stringify(this.heard.slice(-20))}`));
      }, PATIENCE_MS);
      this.#waiting.add(waiter);
      waiter();
    });
  }

  untilStatus(userId, status, customStatus, since = 0) {
    return this.until(
      `that ${userId} is ${status} '${customStatus}'`,
      ({ event, value }) =>
        event === 'statusChanged' && value.some((each) => each.userId === userId && each.status === status && each.customStatus === customStatus),
      since,
    );
  }

  untilConnection(state, since = 0) {
    return this.until(`that the connection is ${state}`, ({ event, value }) => event === 'connectionChanged' && value.state === state, since);
  }

  /** The statuses told of a user, in order, as 'online: text'. */
  told(userId, since = 0) {
    return this.heard
      .slice(since)
      .filter(({ event }) => event === 'statusChanged')
      .flatMap(({ value }) => value)
      .filter((each) => each.userId === userId)
      .map(({ status, customStatus }) => `${status}: ${customStatus}`);
  }

  #hear(told) {
    this.heard.push(told);
    for (const waiter of [...this.#waiting]) {
      waiter();
    }
  }
}

export function assertEqual(actual, expected, what) {
  const [left, right] = [actual, expected].map((value) => JSON.stringify(value));
  if (left !== right) {
    throw new Error(`${what}: ${left}, and not ${right}`);
  }
}

export async function assertRefused(promise, code, what) {
  let answer;
  try {
    answer = await promise;
  } catch (error) {
    assertEqual([error.name, error.code], ['UserStatusError', code], `${what} (${error.message})`);
    return error;
  }
  throw new Error(`${what} succeeded with ${JSON.stringify(answer)}; it should be refused with ${code}`);
}
