/* now.js - what goes on, from the sums that the processes keep. */

import {h, count, link, span} from './dom.js';
import {get} from './api.js';

function tile(name) {
    const value = h('b', {}, '–'), note = h('small', {}, '');
    return {node: h('div', {class: 'tile'}, h('span', {}, name), value, note),
        show(text, more) {
            value.textContent = text;
            note.replaceChildren(more ?? '');
        }};
}

async function queues(signal) {
    const sum = {waiting: 0, oldest: null, dead: 0, suspended: 0, paused: 0};
    let from;
    do {
        const page = await get('queues', {limit: 200, from}, signal);
        for (const row of page.queues) {
            for (const name of ['log', 'open', 'outbox', 'bulk', 'verify', 'retry_due', 'retry_later',
                'parked', 'held', 'pings', 'fetches', 'validations'])
                sum.waiting += row[name].entries;
            for (const name of ['log', 'open', 'outbox', 'bulk'])
                if (row[name].oldest_ms !== null)
                    sum.oldest = Math.max(sum.oldest ?? 0, row[name].oldest_ms);
            for (const name of ['dead', 'suspended', 'paused'])
                sum[name] += row[name].entries;
        }
        from = page.next;
    } while (from);
    return sum;
}

export function now() {
    const waiting = tile('Waiting'), dead = tile('Dead letters'), away = tile('Suspended or paused');
    return {
        node: h('div', {class: 'tiles'}, waiting.node, dead.node, away.node),
        async update(signal) {
            const sum = await queues(signal);
            waiting.show(count(sum.waiting), sum.oldest === null ? 'nothing is late'
                : `the oldest for ${span(sum.oldest)}`);
            dead.show(count(sum.dead), link('look', '#letters'));
            away.show(count(sum.suspended + sum.paused), link('look', '#trouble'));
        },
    };
}
