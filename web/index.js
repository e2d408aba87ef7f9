// The userstatus client for web pages and node: the driver around userstatus.wasm, which decides what a client does. Here are only the
// things a module without imports lacks: sockets, a clock, timers and randomness. What the module's functions do stands in
// crates/web/src/exports.rs, the API for people in index.d.ts.

const MODULE_VERSION = 1;
const SUBPROTOCOL = 'userstatus.v1';
const SERVERS_MAX = 8;
const CONNECT_TIMEOUT_MS = 10_000;
/** The server takes no message longer than 262,148 bytes; frames may be cut anywhere. */
const MESSAGE_BYTES_MAX = 64 * 1024;
/** Handed to the module at once; it takes 1 MiB. */
const INPUT_BYTES_MAX = 256 * 1024;
/** A longer timer fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const RANDOM_BYTES = 24;

const ACTION_CONNECT = 1;
const NETWORK_CHANGES = { gone: 0, changed: 1, back: 2 };
const LOGIN_STATUSES = { 1: 'loggedIn', 2: 'loggingIn', 3: 'loggedOut', 4: 'loggingOut' };

const CLOSED = [6013, 'the client is closed'];
const INVALID = [6017, 'an argument is not what the documentation asks for, or far too long'];
const TOO_MANY = [7008, 'there are too many clients in this page'];
/** What the C ABI calls US_ERR_INTERNAL. */
const BROKEN = -102;

export class UserStatusError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'UserStatusError';
    this.code = code;
  }
}

/** One instance of the module, which all clients of a page share. */
class Module {
  #exports;
  #encoder = new TextEncoder();
  #decoder = new TextDecoder();

  constructor(exports) {
    this.#exports = exports;
    if (exports.us_version?.() !== MODULE_VERSION) {
      throw new UserStatusError(BROKEN, 'userstatus.wasm is of another version than index.js; deploy the two together');
    }
  }

  isBroken = false;
  onBroken = () => {};

  /** Calls a function of the module; those that refuse return a code below 0. */
  call(name, ...values) {
    const result = this.#run(name, ...values);
    if (result < 0) {
      throw new UserStatusError(...({ [-6013]: CLOSED, [-6017]: INVALID, [-7008]: TOO_MANY }[result] ?? [-result, name]));
    }
    return result;
  }

  #run(name, ...values) {
    try {
      return this.#exports[name](...values);
    } catch (error) {
      // It ended in the middle of something, or has no memory left: nothing in it can be relied on any more.
      this.isBroken = true;
      this.onBroken();
      throw new UserStatusError(BROKEN, `the module failed: ${error}`);
    }
  }

  give(bytes) {
    // Places in the upper half of the memory come as numbers below 0.
    const at = this.#run('us_input', bytes.length) >>> 0;
    if (at === 0) {
      throw new UserStatusError(...INVALID);
    }
    // Memory that grew is another buffer.
    new Uint8Array(this.#exports.memory.buffer, at, bytes.length).set(bytes);
  }

  giveText(text) {
    this.give(this.#encoder.encode(text));
  }

  /** A view that holds until the next call. */
  taken(bytes) {
    const at = this.#run('us_output_at') >>> 0;
    return new Uint8Array(this.#exports.memory.buffer, at, bytes);
  }

  takenText(bytes) {
    return this.#decoder.decode(this.taken(bytes));
  }
}

const loadedByUrl = new Map();
const loadedBySource = new WeakMap();

/** The instance of a source: a URL, bytes, a Response, or a WebAssembly.Module. */
function load(source) {
  const isUrl = typeof source === 'string' || source instanceof URL;
  const [cache, key] = isUrl ? [loadedByUrl, String(source)] : [loadedBySource, source];
  let loading = cache.get(key);
  if (!loading) {
    loading = isUrl ? fetched(source).then(instantiate) : instantiate(source);
    cache.set(key, loading);
    const forget = () => cache.delete(key);
    loading.then((module) => {
      module.onBroken = forget;
    }, forget);
  }
  return loading;
}

async function fetched(url) {
  const absolute = new URL(url, globalThis.location?.href ?? import.meta.url);
  if (absolute.protocol === 'file:') {
    // node's fetch reads no files.
    const { readFile } = await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:fs/promises');
    return readFile(absolute);
  }
  return fetch(absolute);
}

async function instantiate(source) {
  if (typeof Response === 'function' && source instanceof Response) {
    if (!source.ok) {
      throw new UserStatusError(BROKEN, `cannot load the module from ${source.url}: HTTP ${source.status}`);
    }
    // Compiling while it arrives wants the right Content-Type of the server, and saves little with a module this small.
    source = await source.arrayBuffer();
  }
  const result = await WebAssembly.instantiate(source, {});
  return new Module((result.instance ?? result).exports);
}

async function randomBytes() {
  // Node 18 has it in a module only.
  const crypto = globalThis.crypto ?? (await import(/* webpackIgnore: true */ /* @vite-ignore */ 'node:crypto')).webcrypto;
  return crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
}

/** Makes a client. It connects at the first login. */
export async function createClient(options) {
  const { server, appId, heartbeatIntervalMs, module: source } = options;
  const servers = (Array.isArray(server) ? server : [server]).map(String);
  if (servers.length < 1 || servers.length > SERVERS_MAX || !servers.every((each) => /^wss?:\/\/./i.test(each))) {
    throw new UserStatusError(6017, `server: 1 to ${SERVERS_MAX} addresses, as wss://host:port or ws://host:port`);
  }
  if (!Number.isSafeInteger(appId) || appId <= 0) {
    throw new UserStatusError(6017, 'appId: a whole number above 0');
  }
  const Socket = options.WebSocket ?? globalThis.WebSocket;
  if (typeof Socket !== 'function') {
    throw new UserStatusError(6017, 'there is no WebSocket here: hand one in as the option WebSocket, such as that of the package ws');
  }
  const module = await load(source ?? new URL('./userstatus.wasm', import.meta.url));
  const random = [...(await randomBytes())];
  module.giveText(JSON.stringify({ appId, random, heartbeatIntervalMs }));
  return new Client(module, module.call('us_new'), servers, Socket);
}

class Client {
  #module;
  /** 0: closed. */
  #handle;
  #servers;
  #serverAt = 0;
  #Socket;
  #socket = null;
  #isOpen = false;
  /** Whether the server of the latest connection said something. */
  #isHeard = true;
  #connectTimer;
  #timer;
  #pending = new Map();
  #listeners = new Map();
  #isPumping = false;
  #stopListening;

  constructor(module, handle, servers, Socket) {
    this.#module = module;
    this.#handle = handle;
    this.#servers = servers;
    this.#Socket = Socket;
    this.#stopListening = whenThePageSays({
      gone: () => this.networkChanged('gone'),
      back: () => this.networkChanged('back'),
      visible: () => this.probe(),
    });
  }

  login(userId, userSig) {
    return this.#ask({ login: { userId, userSig } });
  }

  logout() {
    return this.#ask('logout');
  }

  setSelfStatus(customStatus) {
    return this.#ask({ setSelfStatus: customStatus });
  }

  getUserStatus(userIds) {
    return this.#ask({ getUserStatus: userIds });
  }

  subscribe(userIds) {
    return this.#ask({ subscribe: userIds });
  }

  async unsubscribe(userIds) {
    if (userIds?.length === 0) {
      // On the wire this means everybody, and who computed an empty list did not mean that.
      throw new UserStatusError(6017, 'nobody to unsubscribe from; unsubscribeAll() is for everybody');
    }
    return this.#ask({ unsubscribe: userIds });
  }

  unsubscribeAll() {
    return this.#ask({ unsubscribe: [] });
  }

  async addFriend(userId, options = {}) {
    const [result] = await this.#ask({ addFriend: { ...options, userId } });
    return result;
  }

  deleteFriends(userIds, { both = false } = {}) {
    return this.#ask({ deleteFriends: { userIds, both } });
  }

  listFriends() {
    return this.#ask('listFriends');
  }

  block(userIds) {
    return this.#ask({ block: userIds });
  }

  unblock(userIds) {
    return this.#ask({ unblock: userIds });
  }

  listBlocked() {
    return this.#ask('listBlocked');
  }

  setUserDefinedData(data) {
    return this.#ask({ setUserDefinedData: data });
  }

  get loginStatus() {
    return this.#handle === 0 ? 'loggedOut' : LOGIN_STATUSES[this.#module.call('us_login_status', this.#handle)];
  }

  get loginUser() {
    const bytes = this.#handle === 0 ? 0 : this.#module.call('us_login_user', this.#handle);
    return bytes === 0 ? null : this.#module.takenText(bytes);
  }

  get serverTimeMs() {
    const at = this.#handle === 0 ? 0 : this.#module.call('us_server_time_ms', this.#handle, performance.now());
    return at === 0 ? null : at;
  }

  on(event, listener) {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  probe() {
    this.#tellModule('us_probe');
  }

  networkChanged(change) {
    if (!Object.hasOwn(NETWORK_CHANGES, change)) {
      throw new UserStatusError(6017, `a network is ${Object.keys(NETWORK_CHANGES).join(', ')}; not ${change}`);
    }
    this.#tellModule('us_network_changed', NETWORK_CHANGES[change]);
  }

  close() {
    if (this.#handle === 0) {
      return;
    }
    this.#guard(() => {
      this.#module.call('us_shut_down', this.#handle);
      this.#drain();
      this.#module.call('us_free', this.#handle);
      this.#end();
    });
  }

  #ask(request) {
    return new Promise((resolve, reject) => {
      if (this.#handle === 0) {
        throw new UserStatusError(...CLOSED);
      }
      this.#guard(() => {
        this.#module.giveText(JSON.stringify(request) ?? '');
        const id = this.#module.call('us_submit', this.#handle, performance.now());
        this.#pending.set(id, { resolve, reject });
      });
      this.#pump();
    });
  }

  /** Something happened that the module has to know of. */
  #tellModule(name, ...values) {
    if (this.#handle === 0) {
      return;
    }
    this.#guard(() => this.#module.call(name, this.#handle, ...values, performance.now()));
    this.#pump();
  }

  /** When the module breaks, all that waits for it ends. */
  #guard(action) {
    try {
      action();
    } catch (error) {
      if (this.#module.isBroken) {
        this.#end(error);
      }
      throw error;
    }
  }

  /** Hands out what the module has to say and does what it wants done, until there is nothing more. */
  #pump() {
    if (this.#isPumping) {
      return; // A listener called: the loop around it goes on.
    }
    this.#isPumping = true;
    try {
      this.#guard(() => this.#drain());
    } finally {
      this.#isPumping = false;
    }
  }

  #drain() {
    // Each may bring more of the others. A listener may close the client.
    for (let isBusy = true; isBusy && this.#handle !== 0; ) {
      isBusy = this.#tell() || this.#act() || this.#send();
    }
    if (this.#handle !== 0) {
      this.#setTimer();
    }
  }

  #tell() {
    const bytes = this.#module.call('us_output', this.#handle);
    if (bytes === 0) {
      return false;
    }
    this.#told(JSON.parse(this.#module.takenText(bytes)));
    return true;
  }

  #act() {
    const action = this.#module.call('us_action', this.#handle);
    if (action === 0) {
      return false;
    }
    // Both mean that the socket there was is not wanted any more.
    this.#drop();
    if (action === ACTION_CONNECT) {
      this.#connect();
    }
    return true;
  }

  #send() {
    const length = this.#isOpen ? this.#module.call('us_transmit', this.#handle, performance.now()) : 0;
    if (length === 0) {
      return false;
    }
    // The socket keeps what it is given, and the view holds only until the next call.
    const bytes = this.#module.taken(length).slice();
    for (let at = 0; at < bytes.length; at += MESSAGE_BYTES_MAX) {
      this.#socket.send(bytes.subarray(at, at + MESSAGE_BYTES_MAX));
    }
    return true;
  }

  #told({ done, answer, error, event, value }) {
    if (event !== undefined) {
      for (const listener of [...(this.#listeners.get(event) ?? [])]) {
        try {
          listener(value);
        } catch (thrown) {
          // It is the page's, and shows where the page's errors show.
          queueMicrotask(() => {
            throw thrown;
          });
        }
      }
      return;
    }
    const { resolve, reject } = this.#pending.get(done);
    this.#pending.delete(done);
    if (error) {
      reject(new UserStatusError(error.code, error.message));
    } else {
      resolve(answer ?? undefined);
    }
  }

  #setTimer() {
    clearTimeout(this.#timer);
    const at = this.#module.call('us_next_timeout', this.#handle);
    if (at === Infinity) {
      return;
    }
    const delayMs = Math.min(Math.max(Math.ceil(at - performance.now()), 0), TIMER_MS_MAX);
    this.#timer = setTimeout(() => this.#tellModule('us_timeout'), delayMs);
  }

  #connect() {
    if (!this.#isHeard) {
      // After a server that said nothing another is tried.
      this.#serverAt = (this.#serverAt + 1) % this.#servers.length;
    }
    this.#isHeard = false;
    let socket;
    try {
      socket = new this.#Socket(this.#servers[this.#serverAt], SUBPROTOCOL);
    } catch (error) {
      // No address, or none that this page may connect to.
      this.#disconnected(String(error));
      return;
    }
    let trouble;
    const isCurrent = () => this.#socket === socket;
    const lost = (reason) => {
      if (isCurrent()) {
        this.#drop();
        this.#guard(() => this.#disconnected(reason));
        this.#pump();
      }
    };
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      if (isCurrent()) {
        clearTimeout(this.#connectTimer);
        this.#isOpen = true;
        this.#tellModule('us_connected');
      }
    };
    socket.onmessage = ({ data }) => {
      if (isCurrent()) {
        if (typeof data === 'string') {
          lost('what answers there sends text, so it is no userstatusd');
        } else {
          this.#received(new Uint8Array(data));
        }
      }
    };
    socket.onerror = (event) => {
      trouble = event?.message; // Browsers do not tell pages.
    };
    socket.onclose = ({ code, reason }) => {
      const why = trouble || reason;
      lost(`the connection ${this.#isOpen ? 'was closed' : 'could not be made'} (${code})${why ? `: ${why}` : ''}`);
    };
    this.#socket = socket;
    this.#connectTimer = setTimeout(() => lost(`no answer in ${CONNECT_TIMEOUT_MS} ms`), CONNECT_TIMEOUT_MS);
  }

  #disconnected(reason) {
    this.#module.giveText(reason);
    this.#module.call('us_disconnected', this.#handle, performance.now());
  }

  #received(bytes) {
    this.#isHeard = true;
    this.#guard(() => {
      for (let at = 0; at < bytes.length; at += INPUT_BYTES_MAX) {
        this.#module.give(bytes.subarray(at, at + INPUT_BYTES_MAX));
        this.#module.call('us_received', this.#handle, performance.now());
      }
    });
    this.#pump();
  }

  /** Lets go of the socket, which still writes what it was given. Nothing is heard of it any more. */
  #drop() {
    clearTimeout(this.#connectTimer);
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    socket?.close();
  }

  #end(error = new UserStatusError(...CLOSED)) {
    this.#handle = 0;
    clearTimeout(this.#timer);
    this.#drop();
    this.#stopListening();
    for (const { reject } of this.#pending.values()) {
      reject(error);
    }
    this.#pending.clear();
    this.#listeners.clear();
  }
}

/** What a browser says of network and page. Returns how to stop listening. */
function whenThePageSays({ gone, back, visible }) {
  if (typeof globalThis.addEventListener !== 'function') {
    return () => {};
  }
  const page = globalThis.document;
  const onVisibility = () => {
    if (page.visibilityState === 'visible') {
      visible();
    }
  };
  globalThis.addEventListener('offline', gone);
  globalThis.addEventListener('online', back);
  page?.addEventListener('visibilitychange', onVisibility);
  return () => {
    globalThis.removeEventListener('offline', gone);
    globalThis.removeEventListener('online', back);
    page?.removeEventListener('visibilitychange', onVisibility);
  };
}
