/* now.js - what goes on, from the sums that the processes keep. */

import {h, button, count, link, place, plural, span} from './dom.js';
import {get} from './api.js';
import {plot} from './plot.js';

/* How often each range is asked for. */
const ranges = [['5m', '5 minutes', 2000], ['1h', '1 hour', 10000], ['1d', '1 day', 60000]];

function tile(name) {
    const value = h('b', {}, '–'), note = h('small', {}, '');
    return {node: h('div', {class: 'tile'}, h('span', {}, name), value, note),
        show(text, more) {
            value.textContent = text;
            if (typeof more !== 'string' || note.textContent !== more)
                note.replaceChildren(more ?? '');
        }};
}

async function queues(signal) {
    const sum = {dead: 0, suspended: 0, paused: 0, held: 0};
    let from;
    do {
        const page = await get('queues', {limit: 200, from}, signal);
        for (const row of page.queues)
            for (const name of Object.keys(sum))
                sum[name] += row[name].entries;
        from = page.next;
    } while (from);
    return sum;
}

const rate = (value) => `${count(Math.round(value * 100) / 100)}/s`;

/* When the last sum ends that all processes have told theirs for: they do each 5 s. */
function wholeUntil(history) {
    return history.newest_ms - (history.step_ms <= 5000 ? history.step_ms : 0);
}

/* Times without a sum are times at which nothing was counted. */
function points(history, range, fields) {
    const step = history.step_ms, known = new Map(history.sums.map((sum) => [sum.at_ms, sum]));
    const steps = {'5m': 60, '1h': 60, '1d': 1440}[range], end = wholeUntil(history), found = [];
    for (let at = end - (steps - 1) * step; at < end; at += step) {
        const sum = known.get(at);
        found.push([new Date(at), ...fields.map((field) => field(sum, step / 1000))]);
    }
    return found;
}

const perSecond = (name) => (sum, seconds) => sum ? sum[name] / seconds : 0;
const delay = (name) => (sum) => sum?.[name] ?? null;

function plots() {
    return [
        [plot('Events', [{title: 'accepted', text: rate}, {title: 'fanned out', text: rate}], rate),
            [perSecond('accepted'), perSecond('fanned_out')]],
        [plot('Deliveries', [{title: 'delivered', text: rate}, {title: 'retried', text: rate},
            {title: 'dead', text: rate}, {title: 'ended', text: rate}], rate),
        ['delivered', 'retried', 'dead', 'ended'].map(perSecond)],
        [plot('From an event to its delivery', [{title: 'p50', text: span}, {title: 'p99', text: span}], span),
            [delay('p50_ms'), delay('p99_ms')]],
        [plot('Waiting entries', [{title: 'waiting', text: count}], count),
            [(sum) => sum?.waiting ?? 0]],
        [plot('Age of the oldest that waits', [{title: 'oldest', text: span}], span),
            [(sum) => sum?.oldest_ms ?? 0]],
    ];
}

export function now(params) {
    const range = ranges.find(([name]) => name === params.get('range')) ?? ranges[0];
    const tiles = ['Events a second', 'Deliveries a second', 'Delay, p99', 'Waiting', 'Dead letters',
        'Suspended or paused'].map(tile);
    const [events, deliveries, p99, waiting, dead, away] = tiles;
    const drawn = plots();
    const nothing = h('p', {class: 'notice', hidden: true}, 'Nothing has been published yet. ',
        link('Publish a test event', '#publish'), ' and see it here within five seconds.');
    const choice = h('div', {class: 'buttons', role: 'group', 'aria-label': 'Range of the plots'},
        ranges.map(([name, title]) => button(title, () => {
            location.hash = place('now', {range: name});
        }, {'aria-pressed': name === range[0] ? 'true' : 'false'})));
    let asked = -Infinity;

    async function draw(signal) {
        const history = await get('history', {range: range[0]}, signal);
        for (const [each, fields] of drawn)
            each.show(points(history, range[0], fields));
        const end = wholeUntil(history);
        const last = history.sums.find((sum) => sum.at_ms < end && sum.at_ms >= end - 2 * history.step_ms);
        const seconds = history.step_ms / 1000;
        nothing.hidden = history.sums.some((sum) => sum.accepted + sum.fanned_out + sum.delivered > 0);
        events.show(rate((last?.accepted ?? 0) / seconds), 'accepted');
        deliveries.show(rate((last?.delivered ?? 0) / seconds), 'delivered');
        p99.show(span(last?.p99_ms), last?.p50_ms ? `p50 ${span(last.p50_ms)}` : 'nothing delivered just now');
        waiting.show(count(last?.waiting ?? 0), last?.oldest_ms ? `the oldest for ${span(last.oldest_ms)}`
            : 'nothing is late');
    }

    return {
        node: h('div', {}, h('div', {class: 'tiles'}, tiles.map((each) => each.node)), nothing, choice,
            h('div', {class: 'plots'}, drawn.map(([each]) => each.node))),
        async update(signal) {
            if (performance.now() - asked >= range[2] - 100) {
                await draw(signal);
                asked = performance.now();
            }
            const sum = await queues(signal);
            dead.show(count(sum.dead), link('look', '#letters'));
            away.show(count(sum.suspended + sum.paused), `${plural(sum.suspended, 'suspended', 'suspended')}, ` +
                plural(sum.paused, 'paused', 'paused'));
        },
        close() {
            for (const [each] of drawn)
                each.close();
        },
    };
}
