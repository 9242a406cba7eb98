/* panels.js - the panels, in the order of the list beside them. */

import {audit} from './audit.js';
import {processes, shards} from './cluster.js';
import {events} from './events.js';
import {groups} from './groups.js';
import {health} from './health.js';
import {letters} from './letters.js';
import {now} from './now.js';
import {publish} from './publish.js';
import {subscriptions} from './subscriptions.js';
import {trouble} from './trouble.js';

export const panels = [
    {name: 'now', title: 'Now', make: now},
    {name: 'trouble', title: 'Trouble', make: trouble},
    {name: 'subscriptions', title: 'Subscriptions', make: subscriptions},
    {name: 'events', title: 'Events', make: events},
    {name: 'letters', title: 'Dead letters', make: letters},
    {name: 'publish', title: 'Publish', make: publish},
    {name: 'groups', title: 'Topic groups', make: groups},
    {name: 'shards', title: 'Shards', make: shards},
    {name: 'processes', title: 'Processes', make: processes},
    {name: 'health', title: 'Health', make: health},
    {name: 'audit', title: 'Audit', make: audit},
];
