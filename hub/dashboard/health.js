/* health.js - the report of the health monitor, its repairs, and fsck. */

import {h, badge, code, count, facts, plural, section, span, table, when} from './dom.js';
import {find, get, send} from './api.js';
import {action, agreed, progress} from './ui.js';

const states = new Map([[true, 'What is found is mended.'], [false, 'What is found is only reported.'],
    [null, 'Whether what is found is mended the settings of the spreaders say (cleanup_enabled).']]);
const kinds = ['stale', 'orphaned', 'missing', 'corrupt'];

function mend(row) {
    if (row.action === 'none' || row.action === 'unknown')
        return 'nothing can be done';
    return action('Mend', async () => {
        if (!await agreed('Mend it?', `${row.action}: 1 thing of ${row.key} is mended (${row.why}).`, 'Mend'))
            return null;
        await send('POST', 'health/cleanup', {action: row.action,
            target: {shard: row.shard, key: row.key, member: row.member}});
        return `The coordinator mends ${row.key}.`;
    });
}

function report() {
    const text = h('p', {role: 'status'}, ''), body = h('div', {}, ''), mends = h('p', {}, '');
    const list = table('What is wrong', [
        {title: 'Kind', cell: (row) => badge('bad', row.kind)},
        {title: 'Shard', number: true, cell: (row) => row.shard === null ? 'cluster' : String(row.shard)},
        {title: 'Key', cell: (row) => code(row.key)}, {title: 'Member', cell: (row) => code(row.member)},
        {title: 'Why', cell: (row) => h('span', {}, row.why)}, {title: 'Mended by', cell: (row) => row.action},
        {title: 'Action', cell: mend},
    ], (row) => `${row.kind}\n${row.shard}\n${row.key}\n${row.member}`, 'Nothing is wrong.');

    function show(found) {
        const all = kinds.reduce((sum, kind) => sum + found.issues[kind].count, 0);
        text.replaceChildren(`${all ? plural(all, 'thing') : 'Nothing'} is wrong, by the check of `.replace('things is', 'things are'),
            when(Date.parse(found.timestamp)), `, which took ${span(found.check_duration_ms)}.`);
        body.replaceChildren(facts(Object.entries(found.totals).map(([name, value]) =>
            [name.replaceAll('_', ' '), count(value)])));
        list.show(kinds.flatMap((kind) => found.issues[kind].samples.map((row) => ({kind, ...row}))));
    }
    const turn = (enabled) => action(enabled ? 'Mend by itself' : 'Only report', async () => {
        if (!await agreed(enabled ? 'Mend by itself?' : 'Only report?', enabled
            ? 'The coordinator mends what its checks find, from now on.'
            : 'The coordinator reports what its checks find, and mends nothing, from now on.', 'Switch'))
            return null;
        await send('PUT', 'health/cleanup', {enabled});
        return enabled ? 'What is found is mended.' : 'What is found is only reported.';
    });
    return {
        node: section('The last check', text, body, list.node, mends, h('div', {class: 'buttons'},
            action('Check now', async () => `Check ${(await send('POST', 'health/check')).check} was asked for.`,
                {class: 'main'}), turn(true), turn(false))),
        async update(signal) {
            const found = await find('health/last', {}, signal);
            mends.textContent = states.get((await get('health/cleanup', {}, signal)).enabled);
            if (found)
                show(found);
            else
                text.textContent = 'There was no check yet.';
        },
    };
}

function fsck() {
    const far = progress('Progress of fsck'), body = h('div', {}, '');
    const start = (repair) => action(repair ? 'Look and repair' : 'Look only', async () => {
        if (!await agreed('Look at everything?', repair ? 'All that is in Redis is looked at, and whatever is wrong ' +
            'and can be mended is mended.' : 'All that is in Redis is looked at; nothing is changed.', 'Start'))
            return null;
        return `fsck ${(await send('POST', 'fsck', {repair})).fsck} begins.`;
    });
    return {
        node: section('fsck: look at everything', far.node, body, h('div', {class: 'buttons'}, start(false), start(true))),
        async update(signal) {
            const found = await find('fsck', {}, signal), its = found?.progress;
            if (!found)
                return;
            far.show(found.state === 'done' ? 100 : null, `fsck ${found.fsck} ${found.repair ? 'repairs' : 'looks'}: ` +
                `${found.state}${its && found.state !== 'done' ? `, ${its.phase}` : ''}.`);
            body.replaceChildren(its ? facts([['Rounds', count(its.rounds)], ['Keys', count(its.keys)],
                ['Found', count(its.found)], ['Mended', count(its.mended)], ['Left', count(its.left)], ['By', its.by]]) : '');
        },
    };
}

export function health() {
    const parts = [report(), fsck()];
    return {node: h('div', {}, parts.map((part) => part.node)),
        update: async (signal) => {
            for (const part of parts)
                await part.update(signal);
        }};
}
