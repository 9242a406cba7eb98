/* api.js - asks the admin API.  The token is in memory, and in the session's storage
 * only when its owner ticked that. */

const KEPT = 'websubd-token';
let token = sessionStorage.getItem(KEPT) ?? '';

export class Trouble extends Error {
    constructor(kind, message, remedy, status = 0) {
        super(message);
        this.kind = kind;      /* away, token, refused */
        this.remedy = remedy;
        this.status = status;
    }
}

let ahead = 0; /* this browser's clock, of the hub's */

/* By the clock of the hub, to a second. */
export const hubNow = () => Date.now() - ahead;

export function hasToken() {
    return token !== '';
}

export function setToken(text, isKept) {
    token = text;
    if (isKept)
        sessionStorage.setItem(KEPT, text);
    else
        sessionStorage.removeItem(KEPT);
}

async function sentences(response) {
    const text = await response.text();
    try {
        return JSON.parse(text).errors.map((error) => error.detail).join(' ');
    } catch {
        return text.trim().slice(0, 500);
    }
}

async function troubleOf(response) {
    const said = await sentences(response);
    switch (response.status) {
    case 401:
        return new Trouble('token', 'The hub does not know this token.',
            'Type one of admin_token, admin_tokens_file or admin_read_tokens_file.', 401);
    case 403:
        return new Trouble('refused', said, 'Changes need a token that is not for reading only.', 403);
    case 503:
        return new Trouble('away', `The hub can't do this now: ${said}`,
            'Look at GET /readyz of the hub and at Redis: is it reached at redis_url, and does it ' +
            'take writes?', 503);
    default:
        return new Trouble('refused', said || `The hub responded with status ${response.status}.`,
            '', response.status);
    }
}

export function headers(more = {}) {
    return {Accept: 'application/json', Authorization: `Bearer ${token}`, ...more};
}

/* What a header may have: fetch() would say that the network failed. */
function checkHeaders(names) {
    for (const [name, value] of Object.entries(names))
        if (!/^[\x20-\x7e]*$/.test(value))
            throw name === 'Authorization'
                ? new Trouble('token', 'The hub does not know this token.',
                    'A token has printable ASCII characters only.', 401)
                : new Trouble('refused', `${name} may have printable ASCII characters only.`, '', 400);
}

async function ask(path, options) {
    let response;
    checkHeaders(headers(options.headers));
    try {
        response = await fetch(path, {cache: 'no-store', credentials: 'omit', ...options,
            headers: headers(options.headers)});
    } catch (error) {
        if (error.name === 'AbortError')
            throw error;
        throw new Trouble('away', `The hub does not respond at ${location.host}.`,
            'Is websub-hub running, and does the network lead there?');
    }
    const date = Date.parse(response.headers.get('Date'));
    if (date)
        ahead = Date.now() - date;
    if (!response.ok)
        throw await troubleOf(response);
    return response;
}

function target(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== '' && value !== undefined &&
        value !== null);
    return `admin/${path}` + (given.length ? `?${new URLSearchParams(given)}` : '');
}

export async function get(path, query, signal) {
    return (await ask(target(path, query), {signal})).json();
}

/* All rows of a list, up to `most` pages, whether these are all, and the first page. */
export async function all(path, name, query, signal, most = 10) {
    const rows = [];
    let from, first;
    for (let pages = 0; pages < most; pages++) {
        const page = await get(path, {limit: 200, ...query, from}, signal);
        first ??= page;
        rows.push(...page[name]);
        from = page.next;
        if (!from)
            break;
    }
    return {rows, isWhole: !from, first};
}

/* Asks for something small that needs the hub and Redis. */
export const ping = (signal) => get('leader', {}, signal);

/* As get(); null where there is none. */
export async function find(path, query, signal) {
    try {
        return await get(path, query, signal);
    } catch (error) {
        if (error.status === 404)
            return null;
        throw error;
    }
}

async function changed(response) {
    const text = await response.text();
    return text ? JSON.parse(text) : {};
}

export async function send(method, path, body, more = {}) {
    const options = {method, headers: more};
    if (body !== undefined) {
        options.headers = {'Content-Type': 'application/json', ...more};
        options.body = JSON.stringify(body);
    }
    return changed(await ask(target(path), options));
}

export async function sendForm(path, fields) {
    return changed(await ask(target(path), {method: 'POST', body: new URLSearchParams(fields)}));
}

/* A content push of an operator. */
export async function push(topic, body, type) {
    return changed(await ask(target('publish', {'hub.topic': topic}),
        {method: 'POST', body, headers: {'Content-Type': type}}));
}

export async function stream(signal) {
    return (await ask('admin/stream', {signal, headers: {Accept: 'text/event-stream'}})).body;
}
