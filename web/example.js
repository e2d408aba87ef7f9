import { createClient } from './index.js';

let client;

function tell(text) {
  const line = document.createElement('li');
  line.textContent = text;
  document.querySelector('#told').append(line);
}

function show(statuses) {
  for (const { userId, status, customStatus } of statuses) {
    tell(`${userId}: ${status} ${customStatus}`);
  }
}

/** What a form was filled in with, handed to `use`; a refusal is shown. */
function onSubmit(form, use) {
  document.querySelector(form).addEventListener('submit', (event) => {
    event.preventDefault();
    const filledIn = Object.fromEntries(new FormData(event.target));
    use(filledIn).catch((error) => tell(`${error.code}: ${error.message}`));
  });
}

onSubmit('#login', async ({ server, app, user, sig, watched }) => {
  client?.close();
  client = await createClient({ server, appId: Number(app) });
  client.on('statusChanged', show);
  client.on('connectionChanged', ({ state, reason }) => tell(`connection: ${state} ${reason}`));
  client.on('kickedOffline', ({ message }) => tell(`kicked: ${message}`));
  // In a real game your own server hands out the UserSig, once it knows who this is.
  await client.login(user, sig);
  if (watched) {
    show(await client.subscribe([watched]));
  }
});

onSubmit('#say', async ({ status }) => client.setSelfStatus(status));
