/* app.js - the page: who looks, which panel is shown, how often it is made anew.
 *
 *   token -> whoami -> panel of location.hash -> update() as the hub's stream says,
 *                                                each 2 s while there is none
 *
 * A panel is a function (params) that returns {node, update(signal)}. */

import {h, field} from './dom.js';
import {get, hasToken, setToken} from './api.js';
import {listen} from './live.js';
import {focusTitle, placeOf, refocus} from './focus.js';
import {session, sayError} from './ui.js';
import {panels} from './panels.js';

const EVERY_MS = 2000;
const STREAMED_MS = 10000; /* where the stream should have said so before */
const byId = (id) => document.getElementById(id);
let shown = null;      /* {name, panel, abort} */
let timer = 0;
let live = null;       /* the stream */

/* Light, dark, or as the system has it. */
const themes = ['auto', 'light', 'dark'];

function setTheme(theme) {
    if (theme === 'auto')
        delete document.documentElement.dataset.theme;
    else
        document.documentElement.dataset.theme = theme;
    localStorage.setItem('websubd-theme', theme);
    byId('theme').textContent = `Theme: ${theme}`;
    document.dispatchEvent(new Event('themechange'));
}

function startTheme() {
    const kept = localStorage.getItem('websubd-theme');
    setTheme(themes.includes(kept) ? kept : 'auto');
    byId('theme').addEventListener('click', () => {
        const now = document.documentElement.dataset.theme ?? 'auto';
        setTheme(themes[(themes.indexOf(now) + 1) % themes.length]);
    });
}

function tellLink(kind, text) {
    const line = byId('link');
    line.className = kind;
    if (line.textContent !== text)
        line.textContent = text;
}

function tellConnected() {
    tellLink('good', session.readOnly ? 'Connected, for reading only' : 'Connected');
}

function tellTrouble(error) {
    if (error.kind === 'refused')
        tellConnected();
    else
        tellLink('bad', 'Not connected');
    let box = byId('problem');
    if (!box) {
        box = h('div', {id: 'problem', class: 'notice bad', role: 'alert'});
        byId('main').prepend(box);
    }
    const text = [error.message, error.remedy, error.kind === 'away' ? 'This page tries again.' : '']
        .filter(Boolean).join(' ');
    if (box.textContent !== text)
        box.textContent = text;
}

function fine() {
    byId('problem')?.remove();
    tellConnected();
}

function isTokenRefused(error) {
    if (error.kind !== 'token')
        return false;
    setToken('', false);
    showLogin(error);
    return true;
}

function later() {
    clearTimeout(timer);
    if (shown)
        timer = setTimeout(update, live?.isOpen() ? STREAMED_MS : EVERY_MS);
}

/* One update at a time; a hidden page asks for nothing. */
async function update() {
    const mine = shown;
    if (!mine || mine.isBusy)
        return;
    clearTimeout(timer);
    if (document.hidden) {
        later();
        return;
    }
    mine.isBusy = true;
    try {
        await mine.panel.update(mine.abort.signal);
        if (shown === mine)
            fine();
    } catch (error) {
        if (shown === mine && error.name !== 'AbortError' && !isTokenRefused(error))
            tellTrouble(error);
    }
    mine.isBusy = false;
    if (shown === mine)
        later();
}

function drop() {
    clearTimeout(timer);
    shown?.abort.abort();
    shown?.panel.close?.();
    shown = null;
    byId('ask').close();
}

function showPanel() {
    const [name, query] = location.hash.slice(1).split('?');
    const entry = panels.find((each) => each.name === name) ?? panels[0];
    const params = new URLSearchParams(query ?? '');

    if (name === 'main')
        return;
    const place = shown?.name === entry.name ? placeOf(document.activeElement) : null;
    drop();
    for (const to of byId('nav').querySelectorAll('a'))
        if (to.dataset.panel === entry.name) {
            to.setAttribute('aria-current', 'page');
            to.scrollIntoView({block: 'nearest', inline: 'nearest'});
        } else {
            to.removeAttribute('aria-current');
        }
    document.title = `${entry.title} - websubd`;
    shown = {name: entry.name, panel: entry.make(params), abort: new AbortController(), isBusy: false};
    byId('main').replaceChildren(h('h2', {tabindex: '-1'}, entry.title), shown.panel.node);
    refocus(place);
    if (!byId('main').contains(document.activeElement))
        focusTitle();
    update();
}

function startNav() {
    byId('nav').replaceChildren(h('ul', {}, panels.map((entry) =>
        h('li', {}, h('a', {href: `${location.pathname}#${entry.name}`, 'data-panel': entry.name}, entry.title)))));
}

async function enter() {
    const who = await get('whoami');
    Object.assign(session, {token: who.token, readOnly: who.read_only, version: who.version,
        url: who.public_url});
    byId('nav').hidden = false;
    byId('leave').hidden = false;
    live ??= listen(update);
    showPanel();
}

/* What to say beside the field when the token can't be tried. */
function whyNot(error) {
    return error.status === 404
        ? 'The admin API of this hub is off. Set admin_token, or admin_tokens_file, and come back.'
        : [error.message, error.remedy].filter(Boolean).join(' ');
}

function showLogin(error) {
    drop();
    live?.close();
    live = null;
    byId('nav').hidden = true;
    byId('leave').hidden = true;
    document.title = 'websubd';
    tellLink('', '');
    const input = h('input', {type: 'password', autocomplete: 'off', required: true, id: 'token',
        'aria-describedby': 'why'});
    const keep = h('input', {type: 'checkbox', id: 'keep'});
    const why = h('p', {id: 'why', class: 'bad', role: 'alert'}, error ? whyNot(error) : '');
    const form = h('form', {class: 'login', on: {submit: async (event) => {
        event.preventDefault();
        setToken(input.value.trim(), keep.checked);
        try {
            await enter();
        } catch (refused) {
            setToken('', false);
            why.textContent = whyNot(refused);
            input.select();
        }
    }}}, h('h2', {}, 'The dashboard of this hub'),
    h('p', {}, 'It shows and changes what the admin API does, with the same tokens. ' +
        'A token for reading sees everything and changes nothing.'),
    field('Token of the admin API', input),
    h('label', {class: 'tick'}, keep, ' Keep it until this tab is closed'), why,
    h('div', {class: 'buttons'}, h('button', {class: 'main'}, 'Look')));
    byId('main').replaceChildren(form);
    input.focus();
}

async function start() {
    startTheme();
    startNav();
    byId('leave').addEventListener('click', () => {
        setToken('', false);
        showLogin();
    });
    byId('skip').addEventListener('click', (event) => {
        event.preventDefault();
        byId('main').focus();
    });
    addEventListener('hashchange', () => shown && showPanel());
    document.addEventListener('visibilitychange', () => !document.hidden && update());
    document.addEventListener('changed', update);
    if (!hasToken()) {
        showLogin();
        return;
    }
    try {
        await enter();
    } catch (error) {
        showLogin(error);
    }
}

start().catch(sayError);
