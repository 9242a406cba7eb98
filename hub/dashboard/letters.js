/* letters.js - dead letters: look, replay, purge. */

import {h, code, count, field, link, place, plural, when} from './dom.js';
import {get, sendForm} from './api.js';
import {action, agreed, form, listing, progress, sure} from './ui.js';

const EVERY_MS = 500;

function choiceOf(topic, callback) {
    if (topic)
        return [{'hub.topic': topic}, `of the topic ${topic}`];
    return callback ? [{'hub.callback': callback}, `of the callback ${callback}`] : [{all: 'true'}, 'of all topics'];
}

/* Orders it, and tells how many are left meanwhile. */
async function carryOut(what, choice, all, far) {
    const query = choice.all ? {} : choice;
    const timer = setInterval(async () => {
        const left = await get('dead-letters/count', query).catch(() => null);
        if (left)
            far.show(100 * (1 - Math.min(1, left.count / all)), `${plural(left.count, 'dead letter')} left.`);
    }, EVERY_MS);
    far.show(0, `${plural(all, 'dead letter')} to go.`);
    try {
        const done = await sendForm(`dead-letters/${what}`, choice);
        const number = done.replayed ?? done.purged;
        far.show(100, `${plural(number, 'dead letter')} ${what === 'replay' ? 'replayed' : 'purged'}.`);
        return number;
    } finally {
        clearInterval(timer);
    }
}

function bulk(topic, callback, why, far) {
    const [choice, said] = choiceOf(topic, callback);
    const number = async () => (await get('dead-letters/count', choice.all ? {} : choice)).count;
    if (why || (topic && callback))
        return h('p', {class: 'empty'}, 'All that match can be replayed or purged by topic or by callback, ' +
            'not by both, nor by reason.');
    return h('div', {class: 'buttons'},
        action('Replay all that match', async () => {
            const all = await number();
            if (!all)
                return 'There is nothing to replay.';
            if (!await agreed('Replay dead letters?', `${plural(all, 'dead letter')} ${said} ` +
                `${all === 1 ? 'is' : 'are'} delivered again, with all attempts before them.`,
            `Replay ${plural(all, 'dead letter')}`))
                return null;
            return `${plural(await carryOut('replay', choice, all, far), 'dead letter')} ${said} replayed.`;
        }),
        action('Purge all that match', async () => {
            const all = await number();
            if (!all)
                return 'There is nothing to purge.';
            if (!await sure('Purge dead letters?', `${plural(all, 'dead letter')} ${said} ` +
                `${all === 1 ? 'is' : 'are'} forgotten, and will never be delivered.`,
            `Purge ${plural(all, 'dead letter')}`))
                return null;
            return `${plural(await carryOut('purge', choice, all, far), 'dead letter')} ${said} purged.`;
        }, {class: 'danger'}));
}

function actions(row) {
    return h('div', {class: 'buttons'},
        action('Replay', async () => {
            await sendForm('dead-letters/replay', {id: row.id});
            return '1 dead letter is delivered again.';
        }),
        action('Purge', async () => {
            if (!await sure('Purge this dead letter?', `1 dead letter, of ${row.topic ?? 'an unknown topic'} for ` +
                `${row.callback ?? 'nobody known'}, is forgotten.`, 'Purge 1 dead letter'))
                return null;
            await sendForm('dead-letters/purge', {id: row.id});
            return '1 dead letter is forgotten.';
        }, {class: 'danger'}));
}

export function letters(params) {
    const names = ['hub.topic', 'hub.callback', 'why'];
    const titles = ['Topic', 'Callback, as its subscriber gave it', 'Reason begins with'];
    const wanted = names.map((name) => params.get(name) ?? ''), [topic, callback, why] = wanted;
    const inputs = Object.fromEntries(names.map((name, i) =>
        [name, h('input', {type: 'text', value: wanted[i], spellcheck: 'false'})]));
    const far = progress('Progress'), total = h('p', {class: 'lead', role: 'status'}, '');
    const found = listing({path: 'dead-letters', name: 'dead_letters', caption: 'Dead letters',
        query: {'hub.topic': topic, 'hub.callback': callback, why}, key: (row) => row.id,
        nothing: wanted.some(Boolean) ? 'No dead letter on this page matches.'
            : 'There are no dead letters: nothing was given up.', columns: [
            {title: 'At', cell: (row) => when(row.at_ms)},
            {title: 'Topic', cell: (row) => code(row.topic)},
            {title: 'Callback', cell: (row) => row.callback === null ? '–' : code(row.callback)},
            {title: 'Why', cell: (row) => h('span', {}, row.why)},
            {title: 'Attempts', number: true, cell: (row) => count(row.attempts)},
            {title: 'Event', cell: (row) => row.event ? link(row.event, place('events', {id: row.event})) : '–'},
            {title: 'Action', cell: actions},
        ]});
    const search = form(inputs, 'Search', (values) => {
        location.hash = place('letters', values);
    }, {class: 'filter', fields: names.map((name, i) => field(titles[i], inputs[name]))});
    return {
        node: h('div', {}, h('section', {}, search, total, bulk(topic, callback, why, far), far.node), found.node),
        async update(signal) {
            const query = topic ? {'hub.topic': topic} : callback ? {'hub.callback': callback} : {};
            const all = await get('dead-letters/count', query, signal);
            const text = `${plural(all.count, 'dead letter')} ${choiceOf(topic, callback)[1]}` +
                `${why || (topic && callback) ? ', of which those that match are below' : ''}.`;
            if (total.textContent !== text)
                total.textContent = text;
            await found.update(signal);
        },
    };
}
