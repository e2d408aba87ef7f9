import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { scenarios } from './scenarios.js';
import { Relay, Server, certificate, nowhere } from './server.js';

const ROOT = new URL('..', import.meta.url).pathname;
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
/** What a page of a strict site allows: the module has to be compiled, nothing has to be evaluated. */
const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws://127.0.0.1:* wss://127.0.0.1:*";
/** Chromium has no more than 255 sockets for WebSockets. */
const PLAYERS = 200;

let server;
let relay;
let secure;
let pages;
let browser;
let settings;

before(async () => {
  server = await Server.start();
  relay = await Relay.before(server.port);
  secure = await Relay.secureBefore(server.port, certificate());
  pages = createServer(async (request, response) => {
    const name = new URL(request.url, 'http://x').pathname;
    try {
      const body = await readFile(path.join(ROOT, path.normalize(name)));
      response.writeHead(200, { 'content-type': TYPES[path.extname(name)], 'content-security-policy': POLICY }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--ignore-certificate-errors'],
  });
  settings = { server: server.url, appId: server.appId, relay: relay.url, secure: secure.url, nowhere: await nowhere(), playersCount: PLAYERS };
});

after(async () => {
  await browser?.close();
  pages?.close();
  relay?.stop();
  secure?.stop();
  await server?.stop();
});

const site = () => `http://127.0.0.1:${pages.address().port}`;

/** A page of the test's own, in which `env` and `Player` stand. */
async function open(context) {
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`the page: ${error}`));
  const control = { cut: () => relay.cut(), restore: () => relay.restore(), restart: () => server.restart() };
  await page.exposeFunction('control', async (what) => control[what]());
  await page.exposeFunction('mint', (user) => server.mint(user));
  await page.goto(`${site()}/test/page.html`);
  await page.waitForFunction(() => globalThis.begin);
  await page.evaluate((given) => globalThis.begin(given), settings);
  return page;
}

for (const name of Object.keys(scenarios)) {
  test(`Chromium: ${name}`, { timeout: 120_000 }, async (t) => {
    const context = await browser.newContext();
    const page = await open(context);
    const figures = await page.evaluate((name) => globalThis.run(name), name);
    if (figures) {
      t.diagnostic(figures);
    }
    await context.close();
  });
}

/** Watches bob from a page, and hands back how to wait for what it is told of him. */
async function watch(context, alice, bob) {
  const page = await open(context);
  await page.evaluate(async ([alice, bob]) => {
    globalThis.watcher = await globalThis.Player.loggedIn(globalThis.env, alice);
    await globalThis.watcher.client.subscribe([bob]);
  }, [alice, bob]);
  return (status, text) => page.evaluate(([bob, status, text]) => globalThis.watcher.untilStatus(bob, status, text).then(() => {}), [bob, status, text]);
}

async function play(context, user, text) {
  const page = await open(context);
  await page.evaluate(async ([user, text]) => {
    globalThis.player = await globalThis.Player.loggedIn(globalThis.env, user);
    await globalThis.player.client.setSelfStatus(text);
  }, [user, text]);
  return page;
}

test('Chromium: a tab that is closed is a player who is offline', { timeout: 120_000 }, async () => {
  const context = await browser.newContext();
  const told = await watch(context, 'alice20', 'bob20');
  const page = await play(context, 'bob20', 'in a tab');
  await told('online', 'in a tab');
  await page.close();
  await told('offline', '');
  await context.close();
});

test('Chromium: a page that is left and returned to', { timeout: 120_000 }, async () => {
  const context = await browser.newContext();
  const told = await watch(context, 'alice21', 'bob21');
  const page = await play(context, 'bob21', 'on a page');
  await told('online', 'on a page');
  await page.goto('about:blank');
  await told('offline', '');
  await context.close();
});

test('Chromium: a browser that says that its network is gone, and back', { timeout: 120_000 }, async () => {
  const context = await browser.newContext();
  const told = await watch(context, 'alice22', 'bob22');
  const away = await browser.newContext();
  const page = await play(away, 'bob22', 'on the train');
  await told('online', 'on the train');
  await page.evaluate(() => {
    globalThis.since = globalThis.player.heard.length;
  });
  await away.setOffline(true);
  await told('offline', '');
  await page.evaluate(() => globalThis.player.untilConnection('disconnected', globalThis.since).then(() => {}));
  await away.setOffline(false);
  await page.evaluate(() => globalThis.player.untilConnection('connected', globalThis.since).then(() => {}));
  await page.evaluate(async () => {
    const [status] = await globalThis.player.client.getUserStatus(['bob22']);
    if (status.customStatus !== 'on the train') {
      throw new Error(`the text is ${status.customStatus}`);
    }
  });
  await context.close();
  await away.close();
});

test('Chromium: a worker, which has no document', { timeout: 120_000 }, async () => {
  const context = await browser.newContext();
  const page = await open(context);
  const given = { server: server.url, appId: server.appId, userSig: server.mint('alice23') };
  const told = await page.evaluate(
    (given) =>
      new Promise((resolve, reject) => {
        const worker = new Worker('worker.js', { type: 'module' });
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.postMessage(given);
      }),
    given,
  );
  assert.equal(told, 'online in a worker');
  await context.close();
});

test('Chromium: the example shows two players to each other', { timeout: 120_000 }, async () => {
  const context = await browser.newContext();
  const pages = [];
  for (const [user, watched] of [['alice24', 'bob24'], ['bob24', 'alice24']]) {
    const page = await context.newPage();
    await page.goto(`${site()}/example.html`);
    for (const [name, value] of Object.entries({ server: server.url, app: String(server.appId), user, sig: server.mint(user), watched })) {
      await page.fill(`[name=${name}]`, value);
    }
    await page.click('text=Log in');
    pages.push(page);
  }
  const [alice, bob] = pages;
  await alice.waitForSelector('text=bob24: online');
  await bob.fill('[name=status]', '对战中');
  await bob.click('text=Say');
  await alice.waitForSelector('text=bob24: online 对战中');
  await bob.close();
  await alice.waitForSelector('text=bob24: offline');
  await context.close();
});
