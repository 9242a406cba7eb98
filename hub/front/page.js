/* page.js - the page for people: lines that can be copied, how the hub does, and a
 * subscription that is tried out.  What others said becomes text, never markup. */

const EVERY_MS = 1000;
const STATUS_MS = 10000;
const LOOKS_MOST = 60; /* then the page stops to look */
const byId = (id) => document.getElementById(id);

function addCopyButtons() {
    for (const block of document.querySelectorAll('pre')) {
        const text = block.textContent, button = document.createElement('button');
        button.type = 'button';
        button.className = 'copy';
        button.textContent = 'Copy';
        button.addEventListener('click', async () => {
            try {
                await navigator.clipboard.writeText(text);
                button.textContent = 'Copied';
            } catch {
                getSelection().selectAllChildren(block);
                button.textContent = 'Selected';
            }
        });
        block.after(button);
    }
}

async function showStatus() {
    const line = byId('status'), said = line.dataset.version ??= line.textContent;
    try {
        const found = await (await fetch('healthz?verbose=1')).json();
        line.className = `status ${found.status}`;
        line.textContent = `${said} It is ${found.status}.`;
    } catch {
        line.className = 'status';
        line.textContent = `${said} How it does is not known now.`;
    }
    setTimeout(showStatus, STATUS_MS);
}

const sentences = {
    waiting: 'The request is stored. The hub asks your callback now ...',
    confirmed: 'Your callback has confirmed it: the subscription is active.',
    kept: 'Your callback did not confirm it: the subscription that was there stays as it was.',
    none: 'There is no subscription: your callback did not confirm it, or the request was denied. ' +
        'It must respond to the GET with status 200 and exactly the value of hub.challenge.',
};
const kinds = {confirmed: 'healthy', kept: 'unhealthy', none: 'unhealthy'};

function tell(kind, text) {
    byId('outcome').className = kind;
    byId('outcome').textContent = text;
}

async function look(query, headers) {
    const response = await fetch(`verification?${query}`, {headers});
    return response.ok ? response.json() : {state: 'waiting'};
}

/* `before` is what there was; a later request ends the watch. */
async function watch(query, headers, before, mine) {
    for (let looked = 0; looked < LOOKS_MOST; looked++) {
        const found = await look(query, headers);
        if (mine !== sent)
            return;
        const outcome = found.state !== 'active' ? found.state
            : found.confirmed === before.confirmed ? 'kept' : 'confirmed';
        tell(kinds[outcome] ?? '', sentences[outcome]);
        if (outcome !== 'waiting')
            return;
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    tell('', 'The hub still tries to reach your callback, and goes on without this page.');
}

let sent = 0;

async function subscribe() {
    const mine = ++sent, token = byId('token').value.trim();
    const headers = token ? {Authorization: `Bearer ${token}`} : {};
    const query = new URLSearchParams({'hub.topic': byId('topic').value.trim(),
        'hub.callback': byId('callback').value.trim()});
    const body = new URLSearchParams(query), before = await look(query, headers);
    body.set('hub.mode', 'subscribe');
    const response = await fetch('subscriptions', {method: 'POST', body, headers});
    if (mine !== sent)
        return;
    if (response.status !== 202) {
        tell('unhealthy', (await response.text()).trim() || `The hub responded with status ${response.status}.`);
        return;
    }
    tell('', sentences.waiting);
    await watch(query, headers, before, mine);
}

addCopyButtons();
showStatus();
byId('subscribe').addEventListener('submit', (event) => {
    event.preventDefault();
    subscribe().catch(() => tell('unhealthy', 'The hub does not respond. Is it running?'));
});
