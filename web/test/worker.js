import { createClient } from '../index.js';

onmessage = async ({ data: { server, appId, userSig } }) => {
  const client = await createClient({ server, appId });
  client.on('statusChanged', ([{ status, customStatus }]) => {
    if (customStatus) {
      postMessage(`${status} ${customStatus}`);
    }
  });
  await client.login('alice23', userSig);
  await client.setSelfStatus('in a worker');
};
