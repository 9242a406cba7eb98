/* cluster.js - the shards and the processes. */

import {h, badge, code, count, link, place, plural, span, when} from './dom.js';
import {all, get, send} from './api.js';
import {action, agreed, listing} from './ui.js';

const health = {healthy: 'good', degraded: 'warn', failed: 'bad', unreachable: 'bad', error: 'bad'};

export function shards() {
    const list = listing({path: 'shards', name: 'shards', caption: 'Shards', limit: 64,
        nothing: 'There are no shards.', key: (row) => row.shard,
        seen: (row) => ({...row, lease_ms: 0, position: '', begun: 0}), columns: [
            {title: 'Shard', number: true, cell: (row) => String(row.shard)},
            {title: 'Owner', cell: (row) => row.owner ? link(row.owner, place('processes'))
                : badge('bad', 'nobody')},
            {title: 'Epoch', number: true, cell: (row) => row.epoch === null ? '–' : String(row.epoch)},
            {title: 'Lag', number: true, cell: (row) => count(row.lag)},
            {title: 'Open events', number: true, cell: (row) => count(row.open)},
            {title: 'Backlog', number: true, cell: (row) => count(row.bulk + row.outbox)},
            {title: 'Oldest', number: true, cell: (row) => span(row.oldest_ms)},
        ]});
    return {node: h('div', {}, h('p', {class: 'lead'}, 'Each shard has one spreader as its owner. ' +
        'Lag is events that have not begun; backlog is entries that no deliver has claimed.'),
    list.node), update: list.update};
}

function restart(row) {
    return action('Restart', async () => {
        if (!await agreed(`Restart ${row.name}?`, `${row.name} (${row.role}) finishes what it has ` +
            'begun, and starts again as the same process. Others of its role do its work meanwhile; ' +
            'without another one the work waits for it.', 'Restart'))
            return null;
        const {incarnation} = await send('POST', `instances/${encodeURIComponent(row.name)}/restart`);
        return `${row.name} restarts: its next life has a number above ${incarnation}.`;
    });
}

/* What each process does, by its name. */
async function work(signal) {
    const doing = new Map();
    const of = (name) => {
        if (!doing.has(name))
            doing.set(name, {shards: 0, sending: 0, waiting: 0, hosts: 0});
        return doing.get(name);
    };
    const [owned, hosts] = await Promise.all([all('shards', 'shards', {}, signal),
        all('hosts', 'hosts', {}, signal)]);
    for (const row of owned.rows)
        if (row.owner)
            of(row.owner).shards++;
    for (const host of hosts.rows)
        for (const process of host.processes) {
            const its = of(process.instance);
            its.hosts++;
            its.sending += process.sending;
            its.waiting += process.waiting;
        }
    return doing;
}

function doingText(row) {
    if (row.role === 'hub')
        return row.listen ? h('span', {}, 'serves ', code(row.listen)) : '–';
    if (row.doing === undefined)
        return row.role ? 'nothing under way' : '–';
    const parts = [];
    if (row.role === 'spreader')
        parts.push(`owns ${plural(row.doing.shards, 'shard')}`);
    if (row.doing.hosts > 0)
        parts.push(`${plural(row.doing.sending, 'request')} under way, knows ${plural(row.doing.hosts, 'host')}`);
    if (row.doing.waiting > 0)
        parts.push(`${count(row.doing.waiting)} wait`);
    return parts.join(', ') || '–';
}

export function processes() {
    let doing = new Map();
    const list = listing({path: 'instances', name: 'instances', caption: 'Processes',
        nothing: 'No process has registered.', key: (row) => row.name,
        columns: [
            {title: 'Name', cell: (row) => code(row.name)},
            {title: 'Role', cell: (row) => row.role ?? '–'},
            {title: 'Health', cell: (row) => badge(health[row.health] ?? 'bad', row.health)},
            {title: 'Heartbeat', number: true, cell: (row) => row.heartbeat_age_ms === null ? '–'
                : `${span(row.heartbeat_age_ms)} ago`},
            {title: 'Doing', cell: (row) => doingText({...row, doing: doing.get(row.name)})},
            {title: 'Version', cell: (row) => row.version ?? '–'},
            {title: 'Since', cell: (row) => when(row.started_ms)},
            {title: 'Host, pid', cell: (row) => row.host ? `${row.host}, ${row.pid}` : '–'},
            {title: 'Action', cell: restart},
        ]});
    const leader = h('p', {class: 'lead'}, '');
    return {
        node: h('div', {}, leader, list.node),
        async update(signal) {
            doing = await work(signal);
            const [found] = await Promise.all([get('leader', {}, signal), list.update(signal)]);
            leader.textContent = found.leader
                ? `${found.leader.instance} is the coordinator, in epoch ${found.leader.epoch}.`
                : 'No spreader is the coordinator: cluster-wide work waits.';
        },
    };
}
