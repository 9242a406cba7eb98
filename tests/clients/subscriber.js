// subscriber.js - the npm package `pubsubhubbub` as a subscriber.
//
// Usage: node subscriber.js FOLDER, where FOLDER/node_modules has the package.
// Reads commands from standard input, a JSON object a line:
//   {"do": "subscribe", "topic": ..., "hub": ...}, or "unsubscribe"
// Writes what happens to standard output in the same form.  Ends with its
// input.
'use strict';

const path = require('path');
const readline = require('readline');

const pubsub = require(path.join(process.argv[2], 'node_modules',
                                 'pubsubhubbub'));

function say(event, fields) {
    process.stdout.write(JSON.stringify({event, ...fields}) + '\n');
}

const subscriber = pubsub.createServer({callbackUrl: ''});

subscriber.on('listen', () => {
    const port = subscriber.server.address().port;
    subscriber.callbackUrl = `http://127.0.0.1:${port}/`;
    say('listen', {url: subscriber.callbackUrl});
});
subscriber.on('error', error => say('error', {message: error.message}));
for (const event of ['subscribe', 'unsubscribe', 'denied'])
    subscriber.on(event, data => say(event, data));
subscriber.on('feed', data => say('feed', {
    topic: data.topic,
    hub: data.hub,
    body: data.feed.toString('utf8'),
    type: data.headers['content-type'],
    signed: 'x-hub-signature' in data.headers,
}));

const lines = readline.createInterface({input: process.stdin});
lines.on('line', line => {
    const command = JSON.parse(line);
    subscriber[command.do](command.topic, command.hub, error => {
        say('answered', {error: error ? error.message : null});
    });
});
lines.on('close', () => process.exit(0));

subscriber.listen(0, '127.0.0.1');
