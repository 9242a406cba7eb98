/* audit.js - what was changed by the admin API, and whose token it was. */

import {h, badge, code, when} from './dom.js';
import {listing} from './ui.js';

export function audit() {
    const list = listing({path: 'audit', name: 'audit', caption: 'Audit', key: (row) => row.id,
        nothing: 'Nothing was changed by the admin API yet.', columns: [
            {title: 'At', cell: (row) => when(row.at_ms)}, {title: 'Token', cell: (row) => h('span', {class: 'name'}, row.token)},
            {title: 'Request', cell: (row) => h('span', {class: 'name'}, `${row.method} ${row.path}`)},
            {title: 'About', cell: (row) => code(Object.entries(row.detail).map(([name, value]) =>
                `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`).join(', '))},
            {title: 'Status', number: true, cell: (row) => badge(row.status < 400 ? 'good' : 'bad', String(row.status))},
            {title: 'Hub', cell: (row) => code(row.instance)},
        ]});
    return {node: h('div', {}, list.node), update: list.update};
}
