/* subscriptions.js - search them; one with its attempts, and what can be done to it. */

import {h, badge, code, count, facts, field, link, place, plural, section, span, when} from './dom.js';
import {find, send} from './api.js';
import {keepFocus} from './focus.js';
import {action, form, listing, sure} from './ui.js';

const kinds = {active: 'good', paused: 'warn', suspended: 'bad', backfill: 'warn', ordered: 'good'};

export function subscriptionLink(row) {
    return link('open', place('subscriptions', {topic: row.topic, callback: row.callback}));
}

function until(row) {
    return row.lease_ends_at >= 9999999999 ? 'for ever' : when(row.lease_ends_at * 1000);
}

function search(params) {
    const names = ['hub.topic', 'topic_prefix', 'hub.callback', 'host', 'state'];
    const titles = ['Topic', 'Topic begins with', 'Callback', 'Host of the callback', 'State'];
    const states = ['', 'active', 'paused', 'suspended', 'backfill', 'ordered'];
    const inputs = Object.fromEntries(names.map((name) => [name, name === 'state'
        ? h('select', {}, states.map((state) => h('option', {value: state,
            selected: params.get('state') === state}, state || 'any')))
        : h('input', {type: 'text', value: params.get(name) ?? '', spellcheck: 'false'})]));
    return form(inputs, 'Search', (values) => {
        location.hash = place('subscriptions', values);
    }, {class: 'filter', fields: names.map((name, i) => field(titles[i], inputs[name]))});
}

function list(params) {
    const query = Object.fromEntries(['hub.topic', 'topic_prefix', 'hub.callback', 'host', 'state']
        .map((name) => [name, params.get(name) ?? '']));
    const found = listing({path: 'subscriptions', name: 'subscriptions', query, caption: 'Subscriptions',
        key: (row) => `${row.topic}\n${row.callback}`,
        nothing: Object.values(query).some(Boolean)
            ? 'No subscription on this page matches. Where there is a next page, the search goes on there.'
            : 'Nobody has subscribed yet. The page of the hub at / shows how.', columns: [
            {title: 'Topic', cell: (row) => code(row.topic)},
            {title: 'Callback', cell: (row) => code(row.callback)},
            {title: 'State', cell: (row) => badge(kinds[row.state] ?? '', row.state)},
            {title: 'Ordered', cell: (row) => row.ordered ? 'yes' : 'no'},
            {title: 'Missed', number: true, cell: (row) => count(row.missed)},
            {title: 'Lease ends', cell: until},
            {title: 'Open', cell: subscriptionLink},
        ]});
    return {node: h('div', {}, h('section', {}, search(params)), found.node), update: found.update};
}

function attempt(row) {
    const isGood = row.status >= 200 && row.status < 300;
    return h('li', {class: isGood ? 'good' : 'bad'}, when(row.at_ms), ' ',
        badge(isGood ? 'good' : 'bad', row.status ? `status ${row.status}` : row.error ?? 'no response'),
        ` attempt ${row.attempt}, ${span(row.duration_ms)}, ${plural(row.bytes, 'byte')}, event `,
        link(row.event, place('events', {id: row.event})),
        row.body ? h('pre', {}, row.body) : null,
        row.body_base64 ? h('pre', {}, `base64: ${row.body_base64}`) : null);
}

function orders(topic, callback, state) {
    const order = (what, more = {}) => send('POST', `subscriptions/${what}`, {topic, callback, ...more});
    return h('div', {class: 'buttons'},
        state === 'paused'
            ? action('Resume', async () => {
                await order('resume');
                return 'It goes on with what it has missed, in order.';
            })
            : action('Pause', async () => {
                await order('pause');
                return 'Nothing is delivered to it until it is resumed; nothing is lost within the retention.';
            }),
        action('Try now', async () => {
            const {due} = await order('due');
            return due ? `${plural(due, 'job')} that waited ${due === 1 ? 'is' : 'are'} tried now.`
                : 'Nothing waited for another attempt.';
        }),
        action('Send a test event', async () =>
            `The test event ${(await order('test')).event} is on its way to it, and to nobody else.`),
        action('Delete', async () => {
            if (!await sure('Delete this subscription?', `1 subscription ends: ${callback} gets nothing ` +
                `more of ${topic}, and is told so.`, 'Delete 1 subscription'))
                return null;
            await order('delete', {reason: 'deleted by an operator'});
            return 'The subscription has ended.';
        }, {class: 'danger'}));
}

function one(params) {
    const topic = params.get('topic'), callback = params.get('callback');
    const body = h('div', {}, '');
    let shown = '';

    function show(row) {
        const pairs = [['Topic', code(row.topic)], ['Callback', code(row.callback)],
            ['State', badge(kinds[row.state] ?? '', row.state)],
            ['Since', row.since_ms ? when(row.since_ms) : '–'],
            ['Lease ends', until(row)], ['In order', row.ordered ? 'yes' : 'no'],
            ['Secret', row.has_secret ? 'yes' : 'no'],
            ['Delivered', count(row.delivered)], ['Failed attempts', count(row.failed)],
            ['Bytes', count(row.bytes)], ['Jobs waiting', count(row.waiting)],
            ['Missed', count(row.missed)],
            ['Next attempt', row.next_attempt_at_ms ? when(row.next_attempt_at_ms) : '–'],
            ['Cursor', row.cursor ? code(row.cursor) : '–'],
            ['Last gap', row.gap ? `${plural(row.gap.count, 'event')} left before it got them` : '–']];
        body.replaceChildren(
            h('section', {}, facts(pairs), orders(topic, callback, row.state)),
            section('Attempts, the newest first', row.attempts.length
                ? h('ol', {class: 'line'}, row.attempts.map(attempt))
                : h('p', {class: 'empty'}, 'No attempt is noted. Failures show within a second, mere successes within a minute.')));
    }

    return {
        node: h('div', {}, h('p', {}, link('All subscriptions', '#subscriptions')), body),
        async update(signal) {
            const row = await find('subscription', {'hub.topic': topic, 'hub.callback': callback}, signal);
            const text = JSON.stringify(row);
            if (text === shown)
                return;
            shown = text;
            keepFocus(() => row ? show(row) : body.replaceChildren(h('p', {class: 'notice'},
                'There is no such subscription: it ended, or its lease did.')));
        },
    };
}

export function subscriptions(params) {
    return params.get('topic') && params.get('callback') ? one(params) : list(params);
}
