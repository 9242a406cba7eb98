// webhook.js - the npm package `standardwebhooks`, which verifies deliveries.
//
// Usage: node webhook.js FOLDER, where FOLDER/node_modules has the package.
// Reads deliveries from standard input, a JSON object a line:
//   {"secret": ..., "raw": whether its bytes are the key, "headers": {...},
//    "body": ...}
// Writes what it says of each to standard output in the same form.  Ends with
// its input.
'use strict';

const path = require('path');
const readline = require('readline');

const {Webhook} = require(path.join(process.argv[2], 'node_modules',
                                    'standardwebhooks'));

function fault(delivery) {
    const webhook = new Webhook(delivery.secret,
                                delivery.raw ? {format: 'raw'} : undefined);
    try {
        webhook.verify(delivery.body, delivery.headers, {jsonParse: false});
        return null;
    } catch (error) {
        return error.message;
    }
}

const lines = readline.createInterface({input: process.stdin});
lines.on('line', line => {
    const found = {event: 'verified', fault: fault(JSON.parse(line))};
    process.stdout.write(JSON.stringify(found) + '\n');
});
lines.on('close', () => process.exit(0));
