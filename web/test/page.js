// Brings the scenarios into a page: `begin` is handed what they need, `run` runs one.

import { lastExports } from './instances.js';
import { Player } from './player.js';
import { scenarios } from './scenarios.js';

globalThis.Player = Player;
globalThis.begin = (settings) => {
  globalThis.env = {
    ...settings,
    mint: globalThis.mint,
    control: globalThis.control,
    moduleBytes: async () => (await fetch('../userstatus.wasm')).arrayBuffer(),
    lastExports: () => lastExports,
  };
};
globalThis.run = (name) => scenarios[name](globalThis.env);
