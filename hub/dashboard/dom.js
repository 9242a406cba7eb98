/* dom.js - makes elements.  Whatever a stranger supplied becomes a text node or the
 * value of an attribute that runs nothing; there is no markup anywhere else. */

import {keepFocus} from './focus.js';

const WIDE_FROM = 28; /* what is longer has a line of its own */

export function h(tag, props = {}, ...children) {
    const node = document.createElement(tag);

    for (const [name, value] of Object.entries(props)) {
        if (value === undefined || value === null || value === false)
            continue;
        if (name === 'on')
            for (const [event, run] of Object.entries(value))
                node.addEventListener(event, run);
        else if (name === 'value')
            node.value = value;
        else
            node.setAttribute(name, value === true ? '' : String(value));
    }
    node.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return node;
}

/* Long URLs break anywhere, and are shown whole. */
export function code(text) {
    return h('code', {}, text ?? '');
}

export function badge(kind, text) {
    return h('span', {class: `badge ${kind}`}, text);
}

export function count(number) {
    return number === null || number === undefined ? '–' : Number(number).toLocaleString('en');
}

export function plural(number, one, many = one + 's') {
    return `${count(number)} ${Number(number) === 1 ? one : many}`;
}

export function span(ms) {
    if (ms === null || ms === undefined)
        return '–';
    const steps = [[1000, 'ms', 1], [60000, 's', 1000], [3600000, 'min', 60000],
        [86400000, 'h', 3600000], [Infinity, 'd', 86400000]];
    const [, unit, size] = steps.find(([end]) => Math.abs(ms) < end);
    const value = ms / size;
    return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} ${unit}`;
}

function clock(date) {
    const two = (n) => String(n).padStart(2, '0');
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
        `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/* A time of this browser's zone. */
export function when(ms) {
    if (!ms)
        return '–';
    const date = new Date(ms);
    return Number.isNaN(date.getTime()) ? '–'
        : h('time', {datetime: date.toISOString()}, clock(date));
}

export function button(text, run, props = {}) {
    return h('button', {type: 'button', ...props, on: {click: run}}, text);
}

export function link(text, to) {
    return h('a', {href: to}, text);
}

/* A place in the page: #PANEL?NAME=VALUE */
export function place(panel, values = {}) {
    const given = Object.entries(values).filter(([, value]) => value !== '' && value !== null &&
        value !== undefined);
    const query = new URLSearchParams(given).toString();
    return `#${panel}${query ? '?' + query : ''}`;
}

export function field(label, input, hint) {
    return h('label', {class: 'field'}, h('span', {}, label), input,
        hint ? h('small', {}, hint) : null);
}

/* Names and what they are. */
export function facts(pairs) {
    return h('dl', {class: 'facts'}, pairs.map(([name, value]) =>
        h('div', {class: value?.textContent?.length > WIDE_FROM ? 'wide' : null}, h('dt', {}, name),
            h('dd', {}, value ?? '–'))));
}

export function section(title, ...children) {
    return h('section', {}, h('h3', {}, title), ...children);
}

/* Some text of it is selected: to be copied, say. */
function isSelected(row) {
    const chosen = getSelection();
    return !chosen.isCollapsed && (row.contains(chosen.anchorNode) || row.contains(chosen.focusNode));
}

/* A table whose rows are made anew only where what they show has changed, and nothing
 * is selected.
 * `columns`: {title, cell(item), number}; `key(item)` tells rows apart, `seen(item)` is
 * what of it is shown. */
export function table(caption, columns, key, nothing, seen = (item) => item) {
    const body = h('tbody', {role: 'rowgroup'});
    const empty = h('p', {class: 'empty'}, nothing);
    const head = h('tr', {role: 'row'}, columns.map((column) =>
        h('th', {scope: 'col', role: 'columnheader', class: column.number ? 'number' : null},
            column.title)));
    const frame = h('table', {role: 'table', 'aria-label': caption},
        h('thead', {role: 'rowgroup'}, head), body);
    const node = h('div', {class: 'table', 'data-list': caption}, frame, empty);
    const known = new Map();

    function made(item) {
        return h('tr', {role: 'row', 'data-row': key(item)}, columns.map((column) =>
            h('td', {role: 'cell', 'data-title': column.title,
                class: column.number ? 'number' : null}, column.cell(item))));
    }

    function fill(items) {
        const wanted = new Set();
        let before = null;
        for (const item of items) {
            const name = key(item), text = JSON.stringify(seen(item));
            let entry = known.get(name);
            wanted.add(name);
            if (!entry || (entry.text !== text && !isSelected(entry.row))) {
                const row = made(item);
                entry?.row.replaceWith(row);
                entry = {row, text};
                known.set(name, entry);
            }
            const follows = before ? before.nextSibling : body.firstChild;
            if (follows !== entry.row)
                body.insertBefore(entry.row, follows);
            before = entry.row;
        }
        for (const [name, entry] of known)
            if (!wanted.has(name)) {
                entry.row.remove();
                known.delete(name);
            }
        frame.hidden = items.length === 0;
        empty.hidden = items.length > 0;
    }
    fill([]);
    empty.hidden = true;
    return {node, show: (items) => keepFocus(() => fill(items))};
}
