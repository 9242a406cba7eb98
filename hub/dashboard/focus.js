/* focus.js - the keyboard's focus stays where it is, though what it is on is made
 * anew.
 *
 * Where it is: in which row of which table, on which link, button or field.  Where the
 * row is gone the one in its place has the focus; where there is nothing like it, the
 * title of the panel. */

const REACHED = 'a[href], button, input, select, textarea';

const panel = () => document.getElementById('main');
const rowsOf = (list) => [...list.querySelectorAll('[data-row]')];
const reached = (scope) => [...scope.querySelectorAll(REACHED)];
const nameOf = (node) => `${node.tagName} ${node.dataset.act ?? node.textContent}`;
const alike = (scope, name) => reached(scope).filter((each) => nameOf(each) === name);

export function focusTitle() {
    panel().querySelector('h2')?.focus();
}

/* Nobody has it, or somebody whom nobody sees, as in a dialog that was closed. */
function isLost() {
    const now = document.activeElement;
    return !now || now === document.body || now.disabled || now.getClientRects().length === 0;
}

/* For refocus(); null when `node` is not in the panel. */
export function placeOf(node) {
    if (!node || node === panel() || !panel().contains(node))
        return null;
    const row = node.closest('[data-row]'), list = node.closest('[data-list]');
    const scope = row ?? panel();
    return {list: list?.dataset.list, row: row?.dataset.row, at: row ? rowsOf(list).indexOf(row) : 0,
        name: nameOf(node), nth: alike(scope, nameOf(node)).indexOf(node)};
}

function find(place) {
    if (place.row === undefined)
        return alike(panel(), place.name)[place.nth];
    const list = [...panel().querySelectorAll('[data-list]')].find((each) => each.dataset.list === place.list);
    const rows = list ? rowsOf(list) : [];
    const row = rows.find((each) => each.dataset.row === place.row) ?? rows[Math.min(place.at, rows.length - 1)];
    return row && (alike(row, place.name)[place.nth] ?? reached(row)[0]);
}

/* Gives the focus back, where it was lost. */
export function refocus(place) {
    if (!place || !isLost())
        return;
    find(place)?.focus();
    if (isLost())
        focusTitle();
}

/* Makes something anew without a loss. */
export function keepFocus(change) {
    const place = placeOf(document.activeElement);
    change();
    refocus(place);
}
