/* content.js - what an event holds, as text, JSON or bytes. */

import {h, button, count} from './dom.js';
import {indented} from './json.js';

const HEX_MOST = 4096;
const TEXT_MOST = 4096; /* at first: text takes a while to lay out, accents most of all */

function bytesOf(base64) {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function hex(bytes) {
    const lines = [];
    for (let at = 0; at < Math.min(bytes.length, HEX_MOST); at += 16) {
        const part = [...bytes.slice(at, at + 16)];
        const left = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
        const right = part.map((byte) => byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.').join('');
        lines.push(`${at.toString(16).padStart(6, '0')}  ${left.padEnd(47)}  ${right}`);
    }
    if (bytes.length > HEX_MOST)
        lines.push(`... ${bytes.length - HEX_MOST} bytes more`);
    return lines.join('\n');
}

/* {text, why}: why it stays as it is. */
function json(text, isCut) {
    if (isCut)
        return {text, why: 'Not indented, as its end is not here.'};
    try {
        return {text: indented(text)};
    } catch (error) {
        return {text, why: `This is no JSON: ${error.message}`};
    }
}

/* `event` is one of /admin/topic-events/ID. */
export function content(event) {
    const bytes = bytesOf(event.content), text = new TextDecoder().decode(bytes);
    const shown = h('pre', {tabindex: '0', role: 'region', 'aria-label': 'Content'}, '');
    const note = h('p', {class: 'empty', hidden: true}, '');
    const ways = [['Text', () => ({text})], ['JSON', () => json(text, event.truncated)],
        ['Hex', () => ({text: hex(bytes)})]];
    const buttons = ways.map(([name], i) => button(name, () => choose(i), {'data-act': name}));
    let whole = '';
    const more = button('Show all', () => {
        more.hidden = true;
        shown.textContent = whole;
        shown.focus();
    });

    function choose(chosen) {
        const way = ways[chosen][1]();
        buttons.forEach((each, i) => each.setAttribute('aria-pressed', String(i === chosen)));
        whole = way.text || '(empty)';
        shown.textContent = whole.slice(0, TEXT_MOST);
        more.hidden = whole.length <= TEXT_MOST;
        more.textContent = `Show all ${count(whole.length)} characters`;
        note.textContent = way.why ?? '';
        note.hidden = !way.why;
    }
    choose(/json/i.test(event.content_type) && !event.truncated ? 1 : 0);
    return h('div', {}, h('div', {class: 'buttons', role: 'group', 'aria-label': 'How to show the content'},
        buttons), note, h('br'), shown, more,
    event.truncated ? h('p', {}, 'Only the first 64 KiB are here.') : null);
}
