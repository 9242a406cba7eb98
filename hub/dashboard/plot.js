/* plot.js - lines over time, drawn by dygraphs, with the moment under the pointer in
 * numbers.  Who has no pointer has the newest numbers, and the table. */

import {h} from './dom.js';

/* global Dygraph */

/* Its legend has styles in its markup, which the page's policy forbids. */
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);

function colors(count) {
    const style = getComputedStyle(document.documentElement);
    return [1, 2, 3, 4].slice(0, count).map((n) => style.getPropertyValue(`--line-${n}`).trim());
}

/* `series`: {name, title, text(value)}; a value of null is a gap. */
export function plot(title, series, axisText) {
    const area = h('div', {class: 'plot', role: 'img', 'aria-label': title});
    const moment = h('span', {class: 'moment'}, '');
    const numbers = series.map((each, i) => h('b', {class: `line-${i + 1}`}, ''));
    const legend = h('p', {class: 'legend'}, moment, series.map((each, i) =>
        h('span', {}, h('i', {class: `line-${i + 1}`, 'aria-hidden': 'true'}, '●'), `${each.title} `, numbers[i])));
    const node = h('section', {}, h('h3', {}, title), legend, area);
    let graph = null, rows = [], isPointed = false;

    function tell(row) {
        const isToday = row?.[0].toDateString() === rows[rows.length - 1]?.[0].toDateString();
        moment.textContent = row ? (isToday ? '' : `${row[0].toLocaleDateString('en-GB',
            {day: 'numeric', month: 'short'})}, `) + row[0].toLocaleTimeString('en-GB') : '';
        series.forEach((each, i) => {
            const value = row?.[i + 1];
            numbers[i].textContent = value === null || value === undefined ? '–' : each.text(value);
        });
    }

    function make() {
        const dim = getComputedStyle(document.documentElement).getPropertyValue('--edge').trim();
        graph = new Dygraph(area, rows, {
            labels: ['Time', ...series.map((each) => each.title)], legend: 'never',
            colors: colors(series.length), gridLineColor: dim, axisLineColor: dim,
            strokeWidth: 2, includeZero: true, drawPoints: false, drawGapEdgePoints: true,
            connectSeparatedPoints: false, interactionModel: {}, highlightCircleSize: 4,
            axes: {y: {axisLabelFormatter: axisText, axisLabelWidth: 56}, x: {axisLabelWidth: 64}},
            highlightCallback: (event, x, points, row) => {
                isPointed = true;
                tell(rows[row]);
            },
            unhighlightCallback: () => {
                isPointed = false;
                tell(rows[rows.length - 1]);
            },
        });
    }

    function redraw() {
        graph?.destroy();
        graph = null;
        if (rows.length > 0)
            make();
    }
    document.addEventListener('themechange', redraw);

    return {
        node,
        show(found) {
            rows = found;
            if (graph)
                graph.updateOptions({file: rows});
            else if (rows.length > 0)
                make();
            if (!isPointed)
                tell(rows[rows.length - 1]);
        },
        close() {
            document.removeEventListener('themechange', redraw);
            graph?.destroy();
        },
    };
}
