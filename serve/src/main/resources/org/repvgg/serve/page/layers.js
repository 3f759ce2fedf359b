// Layers of both forms side by side, block by block.

import {element} from './elements.js';
import {count, extents, short} from './numbers.js';

/** A table of two halves. Layers are {name, type, output, parameters, multiplyAdds}. */
export function layerTable(training, plain) {
    const folded = new Map(blocks(plain).map(block => [block.name, block]));
    const bodies = blocks(training).map(block => {
        const other = folded.get(block.name);
        folded.delete(block.name);
        return body(block, other?.layers ?? []);
    });
    const rest = [...folded.values()].map(block => body(block, [], block.layers));
    return element('table', {class: 'layers'},
        element('thead', {},
            element('tr', {},
                element('th', {colspan: 3, scope: 'colgroup'}, 'As trained'),
                element('th', {colspan: 3, scope: 'colgroup', class: 'half'}, 'Once folded')),
            element('tr', {}, ...columns(''), ...columns('half'))),
        ...bodies,
        ...rest);
}

function columns(kind) {
    return [
        element('th', {scope: 'col', class: kind}, 'Layer'),
        element('th', {scope: 'col', class: 'number'}, 'Parameters'),
        element('th', {scope: 'col', class: 'number'}, 'Multiply-adds'),
    ];
}

/** Layers in runs of one block each: `stage2.0` of `stage2.0.rbr_dense.conv`. */
function blocks(layers) {
    const runs = [];
    for (const layer of layers) {
        const name = layer.name.match(/^stage\d+(\.\d+)?(?=\.)/)?.[0] ?? layer.name;
        if (runs.at(-1)?.name !== name) {
            runs.push({name, layers: []});
        }
        runs.at(-1).layers.push(layer);
    }
    return runs;
}

function body(block, right, onlyRight = null) {
    const left = onlyRight === null ? block.layers : [];
    const others = onlyRight ?? right;
    const output = (left.at(-1) ?? others.at(-1)).output;
    const rows = aligned(left, others).map(([one, other]) => element('tr', {},
        ...cells(one, block.name, ''),
        ...(other === SPANNED ? [] : cells(other, block.name, 'half'))));
    return element('tbody', {},
        element('tr', {class: 'block'},
            element('th', {colspan: 6, scope: 'rowgroup'},
                block.name, ' ', element('span', {class: 'note'}, extents(output)))),
        ...rows);
}

const SPANNED = Symbol('belongs to the cell above');

/**
 * Pairs of rows. Layers that both forms end in stand beside each other; one convolution that
 * replaces several layers reaches over all of them.
 */
function aligned(left, right) {
    let common = 0;
    while (common < left.length && common < right.length
            && left.at(-1 - common).name === right.at(-1 - common).name) {
        common++;
    }
    const before = left.slice(0, left.length - common);
    const after = right.slice(0, right.length - common);
    const pairs = [];
    for (let i = 0; i < Math.max(before.length, after.length); i++) {
        if (after.length === 1 && before.length > 1) {
            pairs.push([before[i], i === 0 ? {...after[0], rows: before.length} : SPANNED]);
        } else {
            pairs.push([before[i], after[i]]);
        }
    }
    for (let i = common; i > 0; i--) {
        pairs.push([left.at(-i), right.at(-i)]);
    }
    return pairs;
}

function cells(layer, block, kind) {
    if (layer === undefined) {
        return [element('td', {colspan: 3, class: kind})];
    }
    const rows = layer.rows ?? null;
    const name = layer.name === block ? '' : `${layer.name.slice(block.length + 1)} `;
    return [
        element('td', {class: rows ? `${kind} joined` : kind, rowspan: rows},
            name, element('span', {class: 'note'}, layer.type)),
        element('td', {class: 'number', rowspan: rows}, layer.parameters === 0 ? '' : count(layer.parameters)),
        element('td', {class: 'number', rowspan: rows}, layer.multiplyAdds === 0 ? '' : short(layer.multiplyAdds)),
    ];
}
