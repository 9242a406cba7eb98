/* publish.js - a test event to a topic, and how its deliveries arrive. */

import {h, badge, code, count, facts, field, link, place, plural, section, span, table} from './dom.js';
import {get, ping, push} from './api.js';
import {keepFocus} from './focus.js';
import {action} from './ui.js';

const SUBSCRIPTIONS_MOST = 10; /* that are watched one by one */

/* The topics whose subscriptions get an event of this one. */
function levels(topic) {
    if (topic.includes(':'))
        return [topic];
    const labels = topic.toLowerCase().split('.');
    return [...labels.map((label, i) => labels.slice(0, labels.length - i).join('.')), '*'];
}

/* The first of them, and whether these are all. */
async function subscriptionsOf(topic, signal) {
    const found = [];
    for (const level of levels(topic)) {
        const page = await get('subscriptions', {'hub.topic': level, limit: SUBSCRIPTIONS_MOST + 1}, signal);
        found.push(...page.subscriptions);
        if (found.length > SUBSCRIPTIONS_MOST)
            break;
    }
    return {rows: found.slice(0, SUBSCRIPTIONS_MOST), isWhole: found.length <= SUBSCRIPTIONS_MOST};
}

function row(subscription, event) {
    const attempt = subscription.attempts.find((each) => each.event === event);
    return {topic: subscription.topic, callback: subscription.callback, attempt: attempt ?? null,
        state: subscription.state};
}

export function publish(params) {
    const topic = h('input', {type: 'text', value: params.get('topic') ?? '', required: true, spellcheck: 'false'});
    const type = h('input', {type: 'text', value: 'application/json', spellcheck: 'false'});
    const body = h('textarea', {class: 'code', spellcheck: 'false',
        value: JSON.stringify({test: true, sent_by: 'dashboard'}, null, 2)});
    const result = h('div', {hidden: true, role: 'status'}, ''), stand = h('div', {}, '');
    const note = h('p', {class: 'empty', hidden: true}, `The first ${SUBSCRIPTIONS_MOST} subscriptions are shown; ` +
        'there are more. The numbers above are of all.');
    const list = table('Subscriptions that get it', [
        {title: 'Topic', cell: (each) => code(each.topic)},
        {title: 'Callback', cell: (each) => link(code(each.callback), place('subscriptions',
            {topic: each.topic, callback: each.callback}))},
        {title: 'State', cell: (each) => badge(each.state === 'active' ? 'good' : 'warn', each.state)},
        {title: 'Attempt', cell: (each) => !each.attempt ? 'no failure'
            : badge(each.attempt.status >= 200 && each.attempt.status < 300 ? 'good' : 'bad',
                each.attempt.status ? `status ${each.attempt.status}` : each.attempt.error ?? 'no response')},
        {title: 'Took', number: true, cell: (each) => each.attempt ? span(each.attempt.duration_ms) : '–'},
    ], (each) => `${each.topic}\n${each.callback}`, 'Nobody has subscribed to this topic.');
    let sent = null; /* {id, topic} */

    async function send() {
        if (!form.reportValidity())
            return null;
        const named = topic.value.trim();
        const {id} = await push(named, body.value, type.value.trim() || 'application/octet-stream');
        sent = {id, topic: named};
        result.hidden = false;
        return `The event ${id} is stored.`;
    }

    async function watch(signal) {
        const event = await get(`topic-events/${sent.id}`, {}, signal);
        const found = await subscriptionsOf(sent.topic, signal);
        const each = await Promise.all(found.rows.map((known) => get('subscription',
            {'hub.topic': known.topic, 'hub.callback': known.callback}, signal).catch(() => null)));
        const sums = event.deliveries;
        note.hidden = found.isWhole;
        keepFocus(() => stand.replaceChildren(facts([['Event', link(sent.id, place('events', {id: sent.id}))],
            ['Topic', code(event.topic)], ['Fanned out', event.fanned_out ? 'yes' : 'not yet'],
            ...(!sums ? [] : [['Posted for', plural(sums.posted, 'subscription')],
                ['Delivered', count(sums.delivered)], ['Waiting', count(sums.waiting)],
                ['Dead letters', count(sums.dead)], ['Ended', count(sums.ended)]])])));
        list.show(each.filter(Boolean).map((known) => row(known, sent.id)));
    }
    result.append(section('Its deliveries', stand, list.node, note, h('p', {class: 'empty'},
        'The numbers are of now. Failures of a subscription show within a second, mere successes within a minute.')));
    const form = h('form', {on: {submit: (event) => event.preventDefault()}},
        field('Topic', topic, 'a dotted topic such as orders.created, or a URL; everybody who has subscribed gets it'),
        field('Content type', type), field('Content', body),
        h('div', {class: 'buttons'}, action('Publish', send, {class: 'main', type: 'submit'})));
    return {
        node: h('div', {}, h('section', {}, form), result),
        update: (signal) => sent ? watch(signal) : ping(signal),
    };
}
