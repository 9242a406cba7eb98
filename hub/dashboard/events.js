/* events.js - topics, the events of one, and one event: its content, its deliveries,
 * and to deliver it again. */

import {h, code, count, facts, field, link, place, plural, section, when} from './dom.js';
import {find, get, send} from './api.js';
import {action, agreed, form, listing, progress} from './ui.js';
import {content} from './content.js';
import {keepFocus} from './focus.js';

export function deliveriesText(event) {
    if (!event.deliveries)
        return 'It has left the log: its deliveries are no longer counted';
    const {posted, delivered, waiting, dead, ended} = event.deliveries;
    return `${count(delivered)} of ${count(posted)} delivered` + (waiting ? `, ${count(waiting)} waiting` : '') +
        (dead ? `, ${count(dead)} dead` : '') + (ended ? `, ${count(ended)} ended` : '') +
        (event.fanned_out ? '' : ', still being fanned out');
}

function topics(params) {
    const prefix = h('input', {type: 'text', value: params.get('prefix') ?? '', spellcheck: 'false'});
    const topic = h('input', {type: 'text', spellcheck: 'false'});
    const found = listing({path: 'topics', name: 'topics', query: {topic_prefix: params.get('prefix') ?? ''},
        caption: 'Topics with subscriptions', key: (row) => row.topic,
        nothing: 'No topic here has a subscription. Events of any topic can be looked for above.', columns: [
            {title: 'Topic', cell: (row) => row.topic ? link(code(row.topic), place('events', {topic: row.topic})) : '–'},
            {title: 'Subscriptions', number: true, cell: (row) => count(row.subscriptions)},
        ]});
    const look = form({topic}, 'Show its events', (values) => {
        location.hash = place('events', values);
    }, {class: 'filter', fields: [field('Topic', topic)]});
    const narrow = form({prefix}, 'Search', (values) => {
        location.hash = place('events', values);
    }, {class: 'filter', fields: [field('Topics that begin with', prefix)]});
    return {node: h('div', {}, h('section', {}, look, narrow), found.node), update: found.update};
}

function ofTopic(params) {
    const topic = params.get('topic'), about = h('div', {}, '');
    const found = listing({path: 'topic-events', name: 'events', query: {'hub.topic': topic}, limit: 20,
        caption: 'Events, the newest first', key: (row) => row.id,
        nothing: 'The log has no event of this topic on this page.', columns: [
            {title: 'Event', cell: (row) => link(row.id, place('events', {id: row.id}))},
            {title: 'At', cell: (row) => when(row.at_ms)},
            {title: 'Topic', cell: (row) => code(row.topic)},
            {title: 'Content type', cell: (row) => code(row.content_type)},
            {title: 'Bytes', number: true, cell: (row) => count(row.size)},
            {title: 'Deliveries', cell: deliveriesText},
        ]});
    return {
        node: h('div', {}, h('p', {}, link('All topics', '#events')), about, found.node),
        async update(signal) {
            const row = await get('topic', {'hub.topic': topic}, signal);
            keepFocus(() => about.replaceChildren(h('section', {}, facts([['Topic', code(row.topic)],
                ['Subscriptions', link(count(row.subscriptions), place('subscriptions', {'hub.topic': topic}))],
                ['Events in the log', count(row.events.kept)],
                ['Last minute', count(row.events.last_minute)], ['Last hour', count(row.events.last_hour)],
                ['Not fanned out', count(row.backlog.events)], ['Jobs not settled', count(row.backlog.jobs)],
                ['Last fetch', row.fetch ? `${row.fetch.status || 'no response'} ${row.fetch.error ?? ''}` : '–']]))));
            await found.update(signal);
        },
    };
}

function one(params) {
    const id = params.get('id'), body = h('div', {}, ''), stands = h('p', {class: 'lead', role: 'status'}, '');
    const far = progress('Progress of the replay'), callback = h('input', {type: 'text', spellcheck: 'false'});
    let isThere = false, replay = null;

    async function again() {
        const to = callback.value.trim(), event = await get(`topic-events/${id}`);
        if (!await agreed('Deliver it again?', to ? `The event goes to ${to} once more.`
            : `The event goes once more to all who have subscribed to ${event.topic} by now; when it came it was ` +
            `posted for ${plural(event.deliveries.posted, 'subscription')}.`, 'Deliver again'))
            return null;
        replay = (await send('POST', `topic-events/${id}/deliver`, to ? {callback: to} : {})).id;
        return `The replay ${replay} has begun.`;
    }

    function show(event) {
        body.replaceChildren(
            h('section', {}, facts([['Event', code(event.id)], ['Topic', link(event.topic,
                place('events', {topic: event.topic}))], ['At', when(event.at_ms)],
            ['Content type', code(event.content_type)], ['Content coding', event.content_encoding ?? '–'],
            ['Bytes', count(event.size)]]), stands, event.deliveries ? h('div', {class: 'filter'},
                field('Only to this callback (all when empty)', callback),
                h('div', {class: 'buttons'}, action('Deliver again', again, {class: 'main'}))) : null, far.node),
            section('Content', content(event)));
    }

    return {
        node: h('div', {}, h('p', {}, link('All topics', '#events')), body),
        async update(signal) {
            const event = await find(`topic-events/${encodeURIComponent(id)}`, {}, signal);
            if (event) {
                if (!isThere)
                    show(event);
                stands.textContent = `${deliveriesText(event)}.`;
            } else {
                body.replaceChildren(h('p', {class: 'notice'},
                    'The log does not have this event: it is older than the retention, or a test event.'));
            }
            isThere = event !== null;
            if (replay) {
                const row = await get(`replay/${replay}`, {}, signal);
                far.show(row.percent, `Replay ${row.state}: ${plural(row.deliveries, 'delivery', 'deliveries')} posted.`);
            }
        },
    };
}

export function events(params) {
    if (params.get('id'))
        return one(params);
    return params.get('topic') ? ofTopic(params) : topics(params);
}
