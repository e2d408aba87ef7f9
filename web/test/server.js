// A real userstatusd, a relay before it, and UserSigs.

import { execFileSync, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import tls from 'node:tls';
import { deflateSync } from 'node:zlib';

const BINARY = process.env.USERSTATUSD ?? new URL('../../target/debug/userstatusd', import.meta.url).pathname;

export class Server {
  #process;
  #folder;
  #listen = '127.0.0.1:0';
  #secretKey = randomBytes(32).toString('hex');

  static async start() {
    const server = new Server();
    server.#folder = await mkdtemp(path.join(tmpdir(), 'userstatus-web-'));
    await server.#run();
    return server;
  }

  async #run() {
    this.#process = spawn(
      BINARY,
      ['dev', '--json', '--log-level', 'warn', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--websocket-listen', this.#listen]
        .concat(['--data-dir', this.#folder, '--secret-key', this.#secretKey]),
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    this.exited = new Promise((resolve) => this.#process.once('exit', resolve));
    const lines = createInterface({ input: this.#process.stdout });
    const line = await Promise.race([
      new Promise((resolve) => lines.once('line', resolve)),
      this.exited.then((code) => Promise.reject(new Error(`userstatusd ended with ${code} before it was ready`))),
    ]);
    const { websocket, app_id: appId } = JSON.parse(line);
    this.url = websocket;
    this.appId = appId;
    this.#listen = new URL(websocket).host;
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  /** As a crash does it: no goodbye to anybody. */
  async restart() {
    this.#process.kill('SIGKILL');
    await this.exited;
    await this.#run();
  }

  async stop() {
    this.#process.kill('SIGKILL');
    await this.exited;
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A UserSig of a user, as docs/usersig.md has it. */
  mint(userId) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { 'TLS.identifier': userId, 'TLS.sdkappid': this.appId, 'TLS.time': now, 'TLS.expire': 86_400 };
    const text = Object.entries(claims).map(([name, value]) => `${name}:${value}\n`).join('');
    const signature = createHmac('sha256', this.#secretKey).update(text).digest('base64');
    const json = JSON.stringify({ 'TLS.ver': '2.0', ...claims, 'TLS.sig': signature });
    const escapes = { '+': '*', '/': '-', '=': '_' };
    return deflateSync(json).toString('base64').replace(/[+/=]/g, (each) => escapes[each]);
  }
}

/** What lies between a client and the server, and can be cut. */
export class Relay {
  #listener;
  #sockets = new Set();
  #isCut = false;

  static before(port) {
    return new Relay().#listen('ws', (relayed) => net.createServer(relayed), port);
  }

  /** As a balancer that ends TLS. */
  static secureBefore(port, certificate) {
    return new Relay().#listen('wss', (relayed) => tls.createServer(certificate, relayed), port);
  }

  async #listen(scheme, createServer, port) {
    this.#listener = createServer((socket) => this.#relay(socket, port));
    await new Promise((resolve) => this.#listener.listen(0, '127.0.0.1', resolve));
    this.url = `${scheme}://127.0.0.1:${this.#listener.address().port}`;
    return this;
  }

  #relay(socket, port) {
    if (this.#isCut) {
      socket.destroy();
      return;
    }
    const other = net.connect(port, '127.0.0.1');
    for (const [one, another] of [[socket, other], [other, socket]]) {
      this.#sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        this.#sockets.delete(one);
        another.destroy();
      });
      one.pipe(another);
    }
  }

  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  restore() {
    this.#isCut = false;
  }

  stop() {
    this.cut();
    this.#listener.close();
  }
}

/** A key and a certificate of this machine, which nobody else trusts. */
export function certificate() {
  const folder = mkdtempSync(path.join(tmpdir(), 'userstatus-web-'));
  try {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=test'];
    execFileSync('openssl', made.concat(['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert]), { stdio: 'pipe' });
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A port of this machine at which nobody answers. */
export async function nowhere() {
  const listener = net.createServer();
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address();
  await new Promise((resolve) => listener.close(resolve));
  return `ws://127.0.0.1:${port}`;
}
