import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';
import { lastExports } from './instances.js';
import { Player } from './player.js';
import { scenarios } from './scenarios.js';
import { Relay, Server, nowhere } from './server.js';

let server;
let relay;
let env;

before(async () => {
  server = await Server.start();
  relay = await Relay.before(server.port);
  env = {
    server: server.url,
    appId: server.appId,
    relay: relay.url,
    nowhere: await nowhere(),
    WebSocket,
    playersCount: 1_000,
    mint: (user) => server.mint(user),
    moduleBytes: () => readFile(new URL('../userstatus.wasm', import.meta.url)),
    lastExports: () => lastExports,
    control: (what) => ({ cut: () => relay.cut(), restore: () => relay.restore(), restart: () => server.restart() })[what](),
  };
});

after(async () => {
  relay.stop();
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
