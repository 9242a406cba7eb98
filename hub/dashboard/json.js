/* json.js - JSON for people: as it was written, but for the white space. */

const DEPTH_MOST = 20;  /* deeper lines are not indented further */
const LINES_MOST = 2000; /* what follows stands behind them */
const TOKEN = /"(?:[^"\\]+|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/g;

/* Numbers and members stay as they are, doubled ones too.  Throws when `text` is no
 * JSON. */
export function indented(text) {
    const out = [];
    let depth = 0, lines = 1, before = '';

    function line() {
        out.push(++lines > LINES_MOST ? ' ' : '\n' + '  '.repeat(Math.min(depth, DEPTH_MOST)));
    }

    JSON.parse(text);
    for (const [token] of text.matchAll(TOKEN)) {
        const opened = before === '[' || before === '{';
        if (token === ']' || token === '}') {
            depth--;
            if (!opened)
                line();
        } else if (opened || before === ',') {
            line();
        }
        out.push(token === ':' ? ': ' : token);
        if (token === '[' || token === '{')
            depth++;
        before = token;
    }
    return out.join('');
}
