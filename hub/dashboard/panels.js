/* panels.js - the panels, in the order of the list beside them. */

import {now} from './now.js';
import {processes, shards} from './cluster.js';

export const panels = [
    {name: 'now', title: 'Now', make: now},
    {name: 'shards', title: 'Shards', make: shards},
    {name: 'processes', title: 'Processes', make: processes},
];
