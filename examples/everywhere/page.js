// What a web page does with the client. It does what the story says by `command`, in the words of examples/c/player.h, shows what it is told,
// and tells the story by `report`.

import { createClient } from './userstatus/index.js';

let client;

function tell(report) {
  const line = document.createElement('li');
  line.textContent = JSON.stringify(report);
  document.querySelector('#told').append(line);
  globalThis.report(report);
}

/** Calls a function of the client, whose promise tells how it went. */
function call(command, text, promise) {
  tell({ kind: 'call', text });
  promise.then(
    (statuses) => tell({ kind: 'done', command, code: 0, text: `promise           ${command}: fulfilled`, statuses: statuses ?? [] }),
    ({ code, message }) => tell({ kind: 'done', command, code, text: `promise           ${command}: rejected, ${code} ${message}`, statuses: [] }),
  );
}

const commands = {
  async init(server, appId) {
    tell({ kind: 'call', text: `createClient({ server: '${server}', appId: ${appId} })` });
    client = await createClient({ server, appId: Number(appId) });
    client.on('statusChanged', (statuses) => tell({ kind: 'status', text: 'statusChanged    ', statuses }));
    client.on('connectionChanged', ({ state }) => tell({ kind: 'network', state, text: `connectionChanged ${state}` }));
  },
  login(user, userSig) {
    call('login', `client.login('${user}', '${userSig.slice(0, 6)}…')`, client.login(user, userSig));
  },
  subscribe(...users) {
    call('subscribe', `client.subscribe(${JSON.stringify(users)})`, client.subscribe(users));
  },
  set(...words) {
    const text = words.join(' ');
    call('set', `client.setSelfStatus('${text}')`, client.setSelfStatus(text));
  },
  logout() {
    call('logout', 'client.logout()', client.logout());
  },
};

globalThis.command = (line) => {
  const [name, ...rest] = line.split(' ');
  return commands[name](...rest);
};
