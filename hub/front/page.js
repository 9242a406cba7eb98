/* page.js - the page for people: lines that can be copied, how the hub does, and a
 * subscription that is tried out.  What others said becomes text, never markup. */

const EVERY_MS = 1000;
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
    try {
        const found = await (await fetch('healthz?verbose=1')).json();
        byId('status').className = `status ${found.status}`;
        byId('status').textContent += ` It is ${found.status}.`;
    } catch {
        byId('status').textContent += ' How it does is not known now.';
    }
}

const sentences = {
    waiting: 'The request is stored. The hub asks your callback now ...',
    active: 'Your callback has confirmed it: the subscription is active.',
    none: 'There is no subscription: your callback did not confirm it, or the request was denied. ' +
        'It must respond to the GET with status 200 and exactly the value of hub.challenge.',
};

function tell(kind, text) {
    byId('outcome').className = kind;
    byId('outcome').textContent = text;
}

async function watch(query, headers) {
    for (let looked = 0; looked < LOOKS_MOST; looked++) {
        const response = await fetch(`verification?${query}`, {headers});
        const state = response.ok ? (await response.json()).state : 'waiting';
        tell({active: 'healthy', none: 'unhealthy'}[state] ?? '', sentences[state]);
        if (state !== 'waiting')
            return;
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    tell('', 'The hub still tries to reach your callback, and goes on without this page.');
}

async function subscribe() {
    const token = byId('token').value.trim();
    const headers = token ? {Authorization: `Bearer ${token}`} : {};
    const query = new URLSearchParams({'hub.topic': byId('topic').value.trim(),
        'hub.callback': byId('callback').value.trim()});
    const body = new URLSearchParams(query);
    body.set('hub.mode', 'subscribe');
    const response = await fetch('subscriptions', {method: 'POST', body, headers});
    if (response.status !== 202) {
        tell('unhealthy', (await response.text()).trim() || `The hub responded with status ${response.status}.`);
        return;
    }
    tell('', sentences.waiting);
    await watch(query, headers);
}

addCopyButtons();
showStatus();
byId('subscribe').addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = event.target.querySelector('button');
    button.disabled = true;
    await subscribe().catch(() => tell('unhealthy', 'The hub does not respond. Is it running?'));
    button.disabled = false;
});
