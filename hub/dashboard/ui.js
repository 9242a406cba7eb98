/* ui.js - what all panels use: questions, outcomes, lists of pages. */

import {h, button, link, table} from './dom.js';
import {get} from './api.js';
import {focusTitle, placeOf, refocus} from './focus.js';

const SAID_MS = 12000;
const EMPTY_MOST = 64;
export const session = {token: '', readOnly: false, version: '', url: ''};

export function say(kind, text, more) {
    const line = h('p', {class: `said ${kind}`}, text, more ? [' ', more] : null,
        button('Close', () => {
            line.remove();
            focusTitle();
        }, {class: 'quiet'}));
    document.getElementById('said').append(line);
    setTimeout(() => line.remove(), SAID_MS);
}

export function sayError(error) {
    say('bad', error.remedy ? `${error.message} ${error.remedy}` : error.message);
}

function question(title, text, verb, isDangerous) {
    const box = document.getElementById('ask');
    return new Promise((resolve) => {
        let answer = false;
        const no = button('Cancel', () => box.close());
        const yes = button(verb, () => {
            answer = true;
            box.close();
        }, {class: isDangerous ? 'danger' : 'main'});
        box.replaceChildren(h('h2', {id: 'ask-title'}, title), h('p', {id: 'ask-text'}, text),
            h('div', {class: 'buttons'}, no, yes));
        box.addEventListener('close', () => resolve(answer), {once: true});
        box.showModal();
        no.focus();
    });
}

/* Asks twice before something is destroyed; `what` says what will be done to how
 * many. */
export async function sure(title, what, verb) {
    return await question(title, what, 'Go on', false) &&
        await question('Really?', `${what} This can't be undone.`, verb, true);
}

export async function agreed(title, what, verb) {
    return question(title, what, verb, false);
}

/* Does what a button is for, once at a time, and says what came of it.  `run`
 * returns a sentence, or null when it was called off. */
export function action(text, run, props = {}) {
    const act = button(text, async () => {
        const place = placeOf(act);
        act.disabled = true;
        try {
            const outcome = await run();
            if (outcome) {
                say('good', outcome, link('Audit log', '#audit'));
                document.dispatchEvent(new Event('changed'));
            }
        } catch (error) {
            sayError(error);
        }
        act.disabled = session.readOnly;
        refocus(place);
    }, {'data-act': text, disabled: session.readOnly, ...props});
    if (session.readOnly)
        act.title = 'Your token is for reading only.';
    return act;
}

/* A table of one page of a list of the admin API, with the way to the others.  `keep`
 * says which rows are shown. */
export function listing(options) {
    const {path, name, columns, key, caption, nothing, limit = 50, keep = () => true} = options;
    const shown = table(caption, columns, key, nothing, options.seen);
    const back = button('Previous page', () => go(-1)), on = button('Next page', () => go(1));
    const number = h('span', {}, '');
    const pager = h('div', {class: 'pager'}, back, number, on);
    const starts = [undefined];
    const query = options.query ?? {};
    let next = null, asked = 0;

    /* A search looks at a part at a time: a page without a row may have a next one. */
    async function load(signal) {
        let from = starts[starts.length - 1];
        for (let more = 0;; more++) {
            const page = await get(path, {...query, limit, from}, signal);
            const rows = page[name].filter(keep);
            from = page.next;
            if (rows.length > 0 || !from || more === EMPTY_MOST)
                return {rows, next: from ?? null};
        }
    }

    /* The last one that was asked for is shown, whichever comes last. */
    async function update(signal) {
        const mine = ++asked, page = await load(signal);
        if (mine !== asked)
            return;
        next = page.next;
        shown.show(page.rows);
        number.textContent = `Page ${starts.length}`;
        pager.hidden = starts.length === 1 && next === null;
        const focused = placeOf(document.activeElement);
        back.disabled = starts.length === 1;
        on.disabled = next === null;
        if (focused && document.activeElement.disabled)
            (back.disabled ? on : back).focus();
        refocus(focused);
    }

    function go(step) {
        if (step > 0 && next !== null)
            starts.push(next);
        else if (step < 0 && starts.length > 1)
            starts.pop();
        else
            return;
        next = null; /* until it is known anew */
        update().catch(sayError);
    }
    pager.hidden = true;
    return {node: h('div', {}, shown.node, pager), update};
}

/* A form whose fields are `inputs` by name; `run(values)` is called when it is sent. */
export function form(inputs, verb, run, props = {}) {
    const values = () => Object.fromEntries(Object.entries(inputs).map(([name, input]) =>
        [name, input.value.trim()]));
    return h('form', {class: props.class, on: {submit: (event) => {
        event.preventDefault();
        run(values());
    }}}, ...(props.fields ?? []), h('div', {class: 'buttons'}, h('button', {class: 'main'}, verb)));
}

/* How far something is that takes a while. */
export function progress(label) {
    const bar = h('progress', {max: 100, 'aria-label': label}), text = h('p', {role: 'status'}, '');
    const node = h('div', {hidden: true}, bar, text);
    return {node, show(percent, sentence) {
        node.hidden = false;
        if (percent === null)
            bar.removeAttribute('value');
        else
            bar.value = percent;
        if (text.textContent !== sentence)
            text.textContent = sentence;
    }};
}
