/* publish.js - a test event to a topic, and how its deliveries arrive. */

import {h, badge, code, count, facts, field, link, place, plural, section, span, table} from './dom.js';
import {get, push} from './api.js';
import {action} from './ui.js';

const SUBSCRIPTIONS_MOST = 10; /* that are watched one by one */

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
    const list = table('Subscriptions to the topic', [
        {title: 'Callback', cell: (each) => link(each.callback, place('subscriptions', each))},
        {title: 'State', cell: (each) => badge(each.state === 'active' ? 'good' : 'warn', each.state)},
        {title: 'Attempt', cell: (each) => !each.attempt ? 'no failure'
            : badge(each.attempt.status >= 200 && each.attempt.status < 300 ? 'good' : 'bad',
                each.attempt.status ? `status ${each.attempt.status}` : each.attempt.error ?? 'no response')},
        {title: 'Took', number: true, cell: (each) => each.attempt ? span(each.attempt.duration_ms) : '–'},
    ], (each) => each.callback, 'Nobody has subscribed to this topic itself.');
    let sent = null; /* {id, topic} */

    async function send() {
        const named = topic.value.trim();
        const {id} = await push(named, body.value, type.value.trim() || 'application/octet-stream');
        sent = {id, topic: named};
        result.hidden = false;
        return `The event ${id} is stored.`;
    }

    async function watch(signal) {
        const event = await get(`topic-events/${sent.id}`, {}, signal);
        const page = await get('subscriptions', {'hub.topic': sent.topic, limit: SUBSCRIPTIONS_MOST}, signal);
        const each = await Promise.all(page.subscriptions.map((known) => get('subscription',
            {'hub.topic': known.topic, 'hub.callback': known.callback}, signal).catch(() => null)));
        const sums = event.deliveries;
        stand.replaceChildren(facts([['Event', link(sent.id, place('events', {id: sent.id}))],
            ['Topic', code(event.topic)], ['Fanned out', event.fanned_out ? 'yes' : 'not yet'],
            ...(!sums ? [] : [['Posted for', plural(sums.posted, 'subscription')],
                ['Delivered', count(sums.delivered)], ['Waiting', count(sums.waiting)],
                ['Dead letters', count(sums.dead)], ['Ended', count(sums.ended)]])]));
        list.show(each.filter(Boolean).map((known) => row(known, sent.id)));
    }
    result.append(section('Its deliveries', stand, list.node, h('p', {class: 'empty'},
        'The numbers are of now. Failures of a subscription show within a second, mere successes within a minute.')));
    return {
        node: h('div', {}, h('section', {}, h('form', {on: {submit: (event) => event.preventDefault()}},
            field('Topic', topic, 'a dotted topic such as orders.created, or a URL; everybody who has subscribed gets it'),
            field('Content type', type), field('Content', body),
            h('div', {class: 'buttons'}, action('Publish', send, {class: 'main', type: 'submit'})))), result),
        update: async (signal) => sent && watch(signal),
    };
}
