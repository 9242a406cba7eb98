/* trouble.js - what does not do well, and the way to it. */

import {h, badge, code, count, link, place, plural, section, span, table, when} from './dom.js';
import {all, hubNow, send} from './api.js';
import {action, agreed, listing} from './ui.js';
import {subscriptionLink} from './subscriptions.js';

const EVERY_MS = 4000;
const DAY_MS = 86400000;
const LETTERS_MOST = 1000; /* of which the reasons are counted */
const REASONS_MOST = 20;
const NOTICES_PAGES = 5; /* of 200 */

function alerts() {
    const active = table('Alerts that last', [
        {title: 'Kind', cell: (row) => badge('bad', row.kind)},
        {title: 'About', cell: (row) => row.subject ? code(row.subject) : '–'},
        {title: 'Detail', cell: (row) => row.detail}, {title: 'Since', cell: (row) => when(row.since_ms)},
    ], (row) => `${row.kind} ${row.subject}`, 'Nothing is wrong that an alert tells.');
    const past = table('Alerts of the last day', [
        {title: 'At', cell: (row) => when(row.at_ms)},
        {title: 'State', cell: (row) => badge(row.state === 'raised' ? 'bad' : 'good', row.state)},
        {title: 'Kind', cell: (row) => row.kind}, {title: 'Detail', cell: (row) => row.detail},
    ], (row) => row.id, 'No alert within the last day.');
    const note = h('p', {class: 'empty', hidden: true}, 'These are the newest; there are more.');
    return {nodes: [section('Alerts', active.node), section('Alerts of the last day', past.node, note)],
        async update(signal) {
            const found = await all('alerts', 'notices', {}, signal, NOTICES_PAGES);
            const rows = found.rows.filter((row) => row.at_ms > hubNow() - DAY_MS);
            active.show(found.first.active);
            past.show(rows);
            note.hidden = found.isWhole || rows.length < found.rows.length;
        }};
}

function breakerOrder(host) {
    return h('div', {class: 'buttons'},
        action('Close breaker', async () => {
            await send('POST', 'hosts/close', {host});
            return `All processes close the breaker of ${host}; what waits for it goes on within a minute.`;
        }),
        action('Open for an hour', async () => {
            if (!await agreed('Open the breaker?', `Nothing is sent to ${host} for an hour; jobs for it wait.`,
                'Open for an hour'))
                return null;
            await send('POST', 'hosts/open', {host, seconds: 3600});
            return `Nothing is sent to ${host} for an hour.`;
        }));
}

/* Those that see it fail. */
const processes = (row) => row.processes.filter((each) => each.breaker !== 'closed' || each.failing_endpoints ||
    each.failing_ms !== null);

function why(row, each) {
    if (row.order)
        return 'an operator opened it';
    if (each.asked)
        return 'the server asked for a pause';
    if (!each.failing_endpoints && (each.breaker === 'closed' || !each.failures))
        return each.breaker === 'closed' ? 'its last request failed' : 'its requests have failed';
    return `failures: ${count(each.failures)}, callbacks that fail: ${count(each.failing_endpoints)}`;
}

function hosts() {
    const list = listing({path: 'hosts', name: 'hosts', caption: 'Failing hosts', limit: 100,
        nothing: 'No host fails.', key: (row) => row.host, keep: (row) => processes(row).length > 0, columns: [
            {title: 'Host', cell: (row) => code(row.host)},
            {title: 'Breaker', cell: (row) => processes(row).map((each) =>
                h('div', {}, badge(each.breaker === 'closed' ? 'warn' : 'bad', each.breaker), ` ${each.instance}`))},
            {title: 'Why', cell: (row) => processes(row).map((each) => h('div', {}, why(row, each)))},
            {title: 'Last failure', cell: (row) => processes(row).map((each) => h('div', {}, each.last_failure ?? '–'))},
            {title: 'Fails for', number: true, cell: (row) => {
                const failing = row.processes.map((each) => each.failing_ms).filter((ms) => ms !== null);
                return failing.length ? span(Math.max(...failing)) : '–';
            }},
            {title: 'Next try in', number: true, cell: (row) => span(Math.max(...row.processes.map((each) =>
                each.closed_ms)))},
            {title: 'Last good', number: true, cell: (row) => {
                const good = row.processes.map((each) => each.good_ms).filter((ms) => ms !== null);
                return good.length ? `${span(Math.min(...good))} ago` : '–';
            }},
            {title: 'Waiting', number: true, cell: (row) => count(row.processes.reduce((sum, each) =>
                sum + each.waiting, 0))},
            {title: 'Action', cell: (row) => h('div', {}, link('its subscriptions', place('subscriptions',
                {host: new URL(row.host).hostname.replace(/^\[|\]$/g, '')})), breakerOrder(row.host))},
        ]});
    return {nodes: [section('Failing hosts and callbacks', list.node)], update: list.update};
}

/* Reasons that differ in an address, a time or a size are of one kind. */
function kindOf(why) {
    return why.replace(/ to \S+ port \d+/, ' to …').replace(/(host:?) \S+$/, '$1 …')
        .replace(/(?<!status )\b\d+\b/g, '…');
}

function commonStart(one, other) {
    let length = 0;
    while (length < one.length && one[length] === other[length])
        length++;
    return one.slice(0, length);
}

/* Rows of kind, number, at_ms and how all their reasons begin, the most frequent first. */
function sumsOf(letters) {
    const sums = new Map();
    for (const {why, at_ms: at} of letters) {
        const kind = kindOf(why), sum = sums.get(kind);
        sums.set(kind, {kind, number: (sum?.number ?? 0) + 1, at_ms: Math.max(sum?.at_ms ?? 0, at),
            start: sum ? commonStart(sum.start, why) : why});
    }
    return [...sums.values()].sort((a, b) => b.number - a.number);
}

function reasons() {
    const list = table('Dead letters by reason', [
        {title: 'Reason', cell: (row) => h('span', {}, row.kind)},
        {title: 'Dead letters', number: true, cell: (row) => count(row.number)},
        {title: 'Newest', cell: (row) => when(row.at_ms)},
        {title: 'Open', cell: (row) => link('look', place('letters', {why: row.start}))},
    ], (row) => row.kind, 'There are no dead letters.');
    const note = h('p', {class: 'empty', hidden: true}, '');
    return {nodes: [section('Dead letters by reason', list.node, note)],
        async update(signal) {
            const found = await all('dead-letters', 'dead_letters', {}, signal, LETTERS_MOST / 200);
            const sums = sumsOf(found.rows);
            list.show(sums.slice(0, REASONS_MOST));
            note.hidden = found.isWhole && sums.length <= REASONS_MOST;
            note.textContent = `Of ${found.isWhole ? 'all' : 'the first'} ${plural(found.rows.length, 'dead letter')}` +
                (sums.length > REASONS_MOST ? `, the ${REASONS_MOST} most frequent of ${plural(sums.length, 'reason')}.`
                    : '; there are more.');
        }};
}

/* One of the lists of the admin API. */
function listed(title, options) {
    const list = listing({caption: title, limit: 10, ...options});
    return {nodes: [section(title, list.node)], update: list.update};
}

const topicAndCallback = [
    {title: 'Topic', cell: (row) => row.topic === null ? 'any' : code(row.topic)},
    {title: 'Callback', cell: (row) => row.callback === null ? '–' : code(row.callback)},
];
const pairKey = (row) => `${row.topic}\n${row.callback}\n${row.at_ms ?? ''}`;

function lists() {
    return [
        listed('Suspended subscriptions', {path: 'suspended', name: 'subscriptions', key: pairKey,
            nothing: 'No subscription is suspended.', columns: [...topicAndCallback,
                {title: 'Since', cell: (row) => when(row.since_ms)},
                {title: 'Missed', number: true, cell: (row) => count(row.missed)},
                {title: 'Open', cell: subscriptionLink}]}),
        listed('Paused subscriptions', {path: 'subscriptions', name: 'subscriptions', query: {state: 'paused'},
            key: pairKey, nothing: 'No subscription on this page is paused.', columns: [...topicAndCallback,
                {title: 'Since', cell: (row) => when(row.since_ms)},
                {title: 'Missed', number: true, cell: (row) => count(row.missed)},
                {title: 'Open', cell: subscriptionLink}]}),
        reasons(),
        listed('Failed verifications of the last hour', {path: 'verifications', name: 'verifications',
            key: pairKey, nothing: 'No verification failed.', columns: [
                {title: 'At', cell: (row) => when(row.at_ms)}, {title: 'Mode', cell: (row) => row.mode},
                ...topicAndCallback, {title: 'Why', cell: (row) => h('span', {}, row.why)},
                {title: 'Again', cell: (row) => row.again ? 'yes' : 'no'}]}),
        listed('Gaps', {path: 'gaps', name: 'gaps', key: (row) => `${pairKey(row)} ${row.from}`,
            nothing: 'No event left before it was delivered.', columns: [
                {title: 'At', cell: (row) => when(row.at_ms)}, ...topicAndCallback,
                {title: 'Events', number: true, cell: (row) => count(row.count)}]}),
        listed('Rejected entries', {path: 'rejected', name: 'rejected', key: (row) => `${row.shard} ${row.entry}`,
            nothing: 'No entry of a producer was rejected.', columns: [
                {title: 'At', cell: (row) => when(row.at_ms)}, {title: 'Shard', number: true, cell: (row) => String(row.shard)},
                {title: 'Stream', cell: (row) => code(row.from)},
                {title: 'Topic', cell: (row) => code(row.topic)},
                {title: 'Why', cell: (row) => h('span', {}, row.why)}]}),
        listed('Damage found in Redis', {path: 'damaged', name: 'damaged', key: (row) => `${row.shard} ${row.key} ${row.at_ms}`,
            nothing: 'Nothing was found damaged.', columns: [
                {title: 'At', cell: (row) => when(row.at_ms)}, {title: 'Shard', number: true, cell: (row) => String(row.shard)},
                {title: 'Key', cell: (row) => code(row.key)}, {title: 'Why', cell: (row) => row.why}]}),
    ];
}

export function trouble() {
    const parts = [alerts(), hosts(), ...lists()];
    let asked = -Infinity;
    document.addEventListener('changed', again);
    function again() {
        asked = -Infinity;
    }
    return {
        node: h('div', {}, parts.flatMap((part) => part.nodes)),
        async update(signal) {
            if (performance.now() - asked < EVERY_MS)
                return;
            for (const part of parts)
                await part.update(signal);
            asked = performance.now();
        },
        close: () => document.removeEventListener('changed', again),
    };
}
