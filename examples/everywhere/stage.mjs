// What plays: a server, native programs, and a page in Chromium. All of it ends when this process does, however that is.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const ROOT = new URL('../../', import.meta.url);
const { chromium } = createRequire(new URL('web/', ROOT))('playwright-core');

const running = new Set();
process.on('exit', () => running.forEach((each) => each.kill('SIGKILL')));
for (const [signal, number] of [['SIGINT', 2], ['SIGTERM', 15]]) {
  process.on(signal, () => process.exit(128 + number));
}

function start(file, args) {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {}); // one that died is noticed by its end
  running.add(child);
  // Once it has ended and all it said was read.
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code;
  });
  return { child, ended, lines: createInterface({ input: child.stdout }) };
}

export class Server {
  #process;

  /** `userstatusd dev`, with a UserSig for each of the users. */
  static async start(file, users) {
    const server = new Server();
    const anywhere = ['--listen', '--admin-listen', '--websocket-listen'].flatMap((option) => [option, '127.0.0.1:0']);
    server.#process = start(file, ['dev', '--json', '--log-level', 'error', ...anywhere, ...users.flatMap((user) => ['--user', user])]);
    const [line] = await Promise.race([
      once(server.#process.lines, 'line'),
      server.#process.ended.then((code) => Promise.reject(new Error(`${file} ended with ${code} before it listened`))),
    ]);
    const said = JSON.parse(line);
    server.address = said.server;
    server.websocket = said.websocket;
    server.appId = said.app_id;
    server.sigs = Object.fromEntries(said.users.map(({ user_id, user_sig }) => [user_id, user_sig]));
    return server;
  }

  get pid() {
    return this.#process.child.pid;
  }

  /** Whether it stopped when it was asked to. */
  async end() {
    this.#process.child.kill('SIGTERM');
    return (await this.#process.ended) === 0;
  }
}

const COMMANDS = { TIMLogin: 'login', TIMSubscribeUserStatus: 'subscribe', TIMSetSelfStatus: 'set', TIMLogout: 'logout' };
const STATES = ['connected', 'disconnected', 'connecting', 'connectFailed'];
const STATUSES = ['unknown', 'online', 'offline', 'unlogined'];

function statusesOf(json) {
  return (json.startsWith('[') ? JSON.parse(json) : []).map((each) => ({
    userId: each.user_status_identifier,
    status: STATUSES[each.user_status_status_type],
    customStatus: each.user_status_custom_status ?? '',
    platforms: each.user_status_online_devices ?? [],
  }));
}

/** What examples/c/player.h says it reports, as the page does it. Times are those at which it was heard: not every platform has this one's clock. */
function readReport(line) {
  const [, kind, ...fields] = line.replace(/\r$/, '').split('\t');
  switch (kind) {
    case 'call':
      return { kind, text: fields[0] };
    case 'done': {
      const [name, code, message, json] = fields;
      return { kind, command: COMMANDS[name], code: Number(code), text: `on_done           ${name}: ${code} ${message}`, statuses: statusesOf(json) };
    }
    case 'status':
      return { kind, text: 'on_status_changed', statuses: statusesOf(fields[0]) };
    case 'network':
      return { kind, state: STATES[fields[0]], text: `on_network        ${STATES[fields[0]]}` };
    default:
      throw new Error(`a player says what nobody understands: ${line}`);
  }
}

/** A game that is a program: that of Linux, or what stands for one of another platform. */
export class Program {
  #process;

  constructor(file, onReport) {
    this.#process = start(file, []);
    this.#process.lines.on('line', (line) => onReport(readReport(line)));
    this.ended = this.#process.ended;
  }

  async command(line) {
    this.#process.child.stdin.write(`${line}\n`);
  }

  /** As the system does it to an app that it wants no more, or that crashes. */
  async kill() {
    this.#process.child.kill('SIGKILL');
    await this.ended;
  }

  /** Whether it ended well, once nobody had anything more to say to it. */
  async end() {
    this.#process.child.stdin.end();
    return (await this.ended) === 0;
  }
}

/** A site: the page of this folder, and the client as it is deployed. */
export class Site {
  #listener;

  /** `client` is the folder of index.js and userstatus.wasm. */
  static async open(client) {
    const files = {
      '/': [new URL('page.html', import.meta.url), 'text/html'],
      '/page.js': [new URL('page.js', import.meta.url), 'text/javascript'],
      '/userstatus/index.js': [`${client}/index.js`, 'text/javascript'],
      '/userstatus/userstatus.wasm': [`${client}/userstatus.wasm`, 'application/wasm'],
    };
    const site = new Site();
    site.#listener = createServer(async (request, response) => {
      const [file, type] = files[request.url] ?? [];
      if (file) {
        response.writeHead(200, { 'content-type': type }).end(await readFile(file));
      } else {
        response.writeHead(404).end();
      }
    });
    site.#listener.listen(0, '127.0.0.1');
    await once(site.#listener, 'listening');
    site.url = `http://127.0.0.1:${site.#listener.address().port}/`;
    return site;
  }

  close() {
    this.#listener.close();
    this.#listener.closeAllConnections();
  }
}

export class Browser {
  #browser;

  static async start(file) {
    const browser = new Browser();
    const quiet = ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
    browser.#browser = await chromium.launch({ executablePath: file, args: quiet, timeout: 120_000 });
    browser.version = browser.#browser.version();
    return browser;
  }

  async open(url, onReport) {
    const page = await (await this.#browser.newContext()).newPage();
    page.on('pageerror', (error) => console.error(`demo-everywhere: the page: ${error}`));
    await page.exposeFunction('report', onReport);
    await page.goto(url);
    await page.waitForFunction(() => globalThis.command);
    return new Page(page);
  }

  close() {
    return this.#browser.close();
  }
}

/** A game that is a page. */
class Page {
  #page;

  constructor(page) {
    this.#page = page;
    this.ended = once(page, 'close');
  }

  command(line) {
    return this.#page.evaluate((line) => globalThis.command(line), line);
  }

  /** As the switch in the browser's developer tools does it. */
  setOffline(isOffline) {
    return this.#page.context().setOffline(isOffline);
  }

  closeTab() {
    return this.#page.close();
  }
}
