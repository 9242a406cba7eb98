/* live.js - the hub's stream of Server-Sent Events, which says when to look again.
 * Read with fetch(), since an EventSource can't send the token. */

import {stream} from './api.js';

const AGAIN_MS = 5000;  /* after a stream that broke, or was refused */
const SILENT_MS = 5000; /* something that keeps it back is between */

/* Calls `look` for each event and when the stream breaks, until it is closed. */
export function listen(look) {
    const ends = new AbortController();
    let came = -Infinity;

    async function read() {
        const reader = (await stream(ends.signal)).pipeThrough(new TextDecoderStream()).getReader();
        let text = '';
        for (;;) {
            const {done, value} = await reader.read();
            if (done)
                return;
            came = performance.now();
            text += value;
            const end = text.lastIndexOf('\n\n');
            if (end >= 0) {
                text = text.slice(end + 2);
                look();
            }
        }
    }

    async function go() {
        try {
            await read();
        } catch {
            /* The panel's own requests say what is wrong. */
        }
        came = -Infinity;
        if (ends.signal.aborted)
            return;
        look(); /* what broke it is to be seen at once */
        setTimeout(go, AGAIN_MS);
    }
    go();
    return {isOpen: () => performance.now() - came < SILENT_MS, close: () => ends.abort()};
}
