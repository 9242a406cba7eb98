/* groups.js - topic groups: look, change, delete. */

import {h, badge, code, field, link, place, section} from './dom.js';
import {find, ping, send, Trouble} from './api.js';
import {action, listing, sure} from './ui.js';

const said = (row) => Object.keys(row).filter((name) => !['id', 'version', 'prefix', 'deleted'].includes(name));

function list() {
    const id = h('input', {type: 'text', spellcheck: 'false', pattern: '[A-Za-z0-9._\\-]{1,128}', required: true});
    const found = listing({path: 'groups', name: 'groups', caption: 'Topic groups', key: (row) => row.id,
        nothing: 'There are no topic groups: the settings hold for all topics.', columns: [
            {title: 'Group', cell: (row) => row.deleted ? code(row.id) : link(row.id, place('groups', {id: row.id}))},
            {title: 'Prefix', cell: (row) => code(row.prefix)},
            {title: 'Version', number: true, cell: (row) => String(row.version)},
            {title: 'Says', cell: (row) => row.deleted ? badge('warn', 'deleted for ever') : said(row).join(', ') || 'nothing'},
        ]});
    const add = h('form', {class: 'filter', on: {submit: (event) => {
        event.preventDefault();
        location.hash = place('groups', {id: id.value.trim()});
    }}}, field('New group', id, 'letters, digits, . _ -'), h('div', {class: 'buttons'},
        h('button', {class: 'main'}, 'Make a group')));
    return {node: h('div', {}, h('section', {}, add), found.node), update: found.update};
}

function one(params) {
    const id = params.get('id'), path = `groups/${encodeURIComponent(id)}`;
    const text = h('textarea', {class: 'code', spellcheck: 'false', rows: 14, disabled: true});
    const version = h('p', {class: 'lead'}, ''), buttons = h('div', {class: 'buttons'}, '');
    let known = null, isRead = false;

    const match = () => known ? {'If-Match': `"${known.version}"`} : {};
    function parsed() {
        try {
            return JSON.parse(text.value);
        } catch (error) {
            throw new Trouble('refused', `What it says is no JSON: ${error.message}`, '');
        }
    }
    /* Somebody else has changed it meanwhile: what was typed stays. */
    async function tellNewer(error) {
        const newer = await find(path);
        if (!newer || newer.version === known?.version)
            throw error;
        known = newer;
        version.textContent = `Version ${newer.version} was made meanwhile, and says ${JSON.stringify(newer)}`;
        throw new Trouble('refused', 'Somebody else has changed the group meanwhile.',
            'Compare it with what you have; to save again puts yours in its place.');
    }
    async function save() {
        const wanted = parsed();
        try {
            known = await send('PUT', path, wanted, match());
        } catch (error) {
            if (error.status !== 409)
                throw error;
            await tellNewer(error);
        }
        show();
        return `The group ${id} has version ${known.version}.`;
    }
    async function drop() {
        if (!await sure('Delete this group?', `1 topic group is deleted for ever: nobody can publish or subscribe ` +
            `to ${known.prefix} and what is below it any more, and the group can't be made again.`, 'Delete 1 group'))
            return null;
        await send('DELETE', path, undefined, match());
        location.hash = '#groups';
        return `The group ${id} is deleted for ever.`;
    }
    function show() {
        version.textContent = known ? `Version ${known.version}.` : 'A new group. It needs a prefix; what it does not ' +
            'say the settings say (docs/PROTOCOL.md, "Topic groups").';
        text.value = JSON.stringify(known ?? {prefix: ''}, null, 2);
        text.disabled = false;
        buttons.replaceChildren(action('Save', save, {class: 'main'}),
            ...(known ? [action('Delete', drop, {class: 'danger'})] : []));
    }
    return {
        node: h('div', {}, h('p', {}, link('All groups', '#groups')), section(id, version, field('What it says, as JSON', text), buttons)),
        async update(signal) {
            if (isRead)
                return void await ping(signal);
            known = await find(path, {}, signal);
            isRead = true;
            show();
        },
    };
}

export function groups(params) {
    return params.get('id') ? one(params) : list();
}
