// Never run: what a program may write, and what the compiler has to refuse.

import { createClient, UserStatusError, type Client, type UserStatus } from '../index.js';

async function program(sig: string): Promise<UserStatus[]> {
  const client: Client = await createClient({ server: ['wss://play.example:7703'], appId: 1400000001, WebSocket, heartbeatIntervalMs: 30_000 });
  const off: () => void = client.on('statusChanged', (statuses) => statuses.map(({ userId, customStatus }) => userId + customStatus));
  client.on('connectionChanged', ({ state, reason }) => console.log(state === 'connected' ? '' : reason));
  client.on('kickedOffline', ({ code, message }) => console.log(code.toFixed(), message));
  client.on('userSigExpiring', ({ expiresInMs }) => console.log(expiresInMs / 1000));
  client.on('friendsChanged', ({ added, deleted }) => console.log(added.concat(deleted)));
  try {
    await client.login('alice', sig);
  } catch (error) {
    if (error instanceof UserStatusError && error.code === 70001) {
      console.log(error.message);
    }
  }
  const result = await client.addFriend('bob', { both: true, remark: 'r' });
  console.log(result.code, client.loginStatus === 'loggedIn', client.serverTimeMs?.toFixed());
  // @ts-expect-error: there is no such event
  client.on('statusChange', () => {});
  // @ts-expect-error: several users
  await client.subscribe('bob');
  // @ts-expect-error: there is no such state
  client.networkChanged('slow');
  off();
  client.close();
  return client.getUserStatus(['bob']);
}

void program;
