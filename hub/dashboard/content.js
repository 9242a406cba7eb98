/* content.js - what an event holds, as text, JSON or bytes. */

import {h, button} from './dom.js';

const HEX_MOST = 4096;

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

function json(text) {
    try {
        return JSON.stringify(JSON.parse(text), null, 2);
    } catch (error) {
        return `This is no JSON: ${error.message}`;
    }
}

/* `event` is one of /admin/topic-events/ID. */
export function content(event) {
    const bytes = bytesOf(event.content), text = new TextDecoder().decode(bytes);
    const shown = h('pre', {tabindex: '0', role: 'region', 'aria-label': 'Content'}, '');
    const ways = [['Text', () => text], ['JSON', () => json(text)], ['Hex', () => hex(bytes)]];
    const buttons = ways.map(([name], i) => button(name, () => choose(i), {'data-act': name}));

    function choose(chosen) {
        buttons.forEach((each, i) => each.setAttribute('aria-pressed', String(i === chosen)));
        shown.textContent = ways[chosen][1]() || '(empty)';
    }
    choose(/json/i.test(event.content_type) ? 1 : 0);
    return h('div', {}, h('div', {class: 'buttons', role: 'group', 'aria-label': 'How to show the content'},
        buttons), h('br'), shown,
    event.truncated ? h('p', {}, 'Only the first 64 KiB are shown.') : null);
}
