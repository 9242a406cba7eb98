/* driver.js - does in headless Chromium what support/page.py says: a command a line
 * on standard input, JSON; a reply a line on standard output. */
'use strict';

const readline = require('node:readline');
const fs = require('node:fs');
const path = require('node:path');

const packages = path.join(process.argv[2], 'node_modules');
const {chromium} = require(path.join(packages, 'playwright-core'));
const axe = fs.readFileSync(path.join(packages, 'axe-core', 'axe.min.js'), 'utf8');
const LIMIT_MS = 10000;

let browser, page;
let problems = [];

/* What the page said that it should not have. */
function watch() {
    page.on('console', (message) => {
        const text = `${message.type()}: ${message.text()} ${message.location().url}`;
        if (message.type() === 'error' && !/status of [45]/.test(text) && !/ERR_CONNECTION/.test(text))
            problems.push(text);
    });
    page.on('pageerror', (error) => problems.push(`thrown: ${error}`));
    page.on('dialog', (dialog) => {
        problems.push(`dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on('request', (request) => {
        if (new URL(request.url()).protocol.startsWith('http') && new URL(request.url()).hostname !== '127.0.0.1')
            problems.push(`a request to ${request.url()}`);
    });
}

const commands = {
    async open({url, width, theme}) {
        browser ??= await chromium.launch({executablePath: process.argv[3], args: ['--no-sandbox']});
        await page?.context().close();
        const context = await browser.newContext({viewport: {width: width ?? 1400, height: 900},
            colorScheme: theme ?? 'light', reducedMotion: 'reduce'});
        page = await context.newPage();
        page.setDefaultTimeout(LIMIT_MS);
        await page.addInitScript(() => {
            globalThis.longest = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries())
                    globalThis.longest = Math.max(globalThis.longest, entry.duration);
            }).observe({entryTypes: ['longtask']});
        });
        watch();
        await page.goto(url);
    },
    go: ({hash}) => page.evaluate((to) => {
        location.hash = to;
    }, hash),
    click: ({at}) => page.locator(at).first().click(),
    fill: ({at, text}) => page.locator(at).first().fill(text),
    choose: ({at, text}) => page.locator(at).first().selectOption(text),
    press: ({key}) => page.keyboard.press(key),
    hover: ({at}) => page.locator(at).first().hover(),
    see: ({at}) => page.locator(at).first().waitFor({state: 'visible'}),
    gone: ({at}) => page.locator(at).first().waitFor({state: 'hidden'}),
    text: ({at}) => page.locator(at).first().innerText(),
    count: ({at}) => page.locator(at).count(),
    evaluate: ({script}) => page.evaluate(script),
    shot: ({file}) => page.screenshot({path: file, fullPage: true}),
    async violations() {
        const found = await page.evaluate(`${axe}; axe.run(document)`);
        return found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 200)).join(' | ')}`);
    },
    problems() {
        const found = problems;
        problems = [];
        return found;
    },
    close: () => browser?.close(),
};

async function main() {
    for await (const line of readline.createInterface({input: process.stdin})) {
        const {name, ...words} = JSON.parse(line);
        let reply;
        try {
            reply = {value: (await commands[name](words)) ?? null};
        } catch (error) {
            reply = {error: String(error.message).slice(0, 1500)};
        }
        process.stdout.write(JSON.stringify(reply) + '\n');
        if (name === 'close')
            return;
    }
}

main().then(() => process.exit(0));
