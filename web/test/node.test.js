import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { lastExports } from './instances.js';
import { Player } from './player.js';
import { scenarios } from './scenarios.js';
import { Relay, Server, certificate, nowhere } from './server.js';

let server;
let relay;
let secure;
let env;

before(async () => {
  server = await Server.start();
  relay = await Relay.before(server.port);
  const ours = certificate();
  secure = await Relay.secureBefore(server.port, ours);
  env = {
    server: server.url,
    appId: server.appId,
    relay: relay.url,
    secure: secure.url,
    nowhere: await nowhere(),
    // Trusts the certificate of this test, which a browser is told to.
    WebSocket: class extends WebSocket {
      constructor(url, protocols) {
        super(url, protocols, { ca: ours.cert });
      }
    },
    playersCount: 1_000,
    mint: (user) => server.mint(user),
    moduleBytes: () => readFile(new URL('../userstatus.wasm', import.meta.url)),
    lastExports: () => lastExports,
    control: (what) => ({ cut: () => relay.cut(), restore: () => relay.restore(), restart: () => server.restart() })[what](),
  };
});

after(async () => {
  relay.stop();
  secure.stop();
  await server.stop();
});

for (const [name, run] of Object.entries(scenarios)) {
  test(`node: ${name}`, { timeout: 120_000 }, async (context) => {
    try {
      const figures = await run(env);
      if (figures) {
        context.diagnostic(figures);
      }
    } finally {
      Player.closeAll();
    }
  });
}
