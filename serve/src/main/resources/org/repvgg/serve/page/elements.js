// Making and finding elements. Texts from the server only ever become text nodes.

const SVG = 'http://www.w3.org/2000/svg';

/** The element of the page with this id. */
export function byId(id) {
    return document.getElementById(id);
}

/** A new element; attributes that are null or false are left out, children are nodes or texts. */
export function element(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
}

/** Likewise, a part of a drawing. */
export function drawing(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Terms and what is said about them, for a dl: [[term, value], …]; null values are left out. */
export function terms(pairs) {
    return pairs
        .filter(([, value]) => value !== null)
        .map(([term, value]) => element('div', {}, element('dt', {}, term), element('dd', {}, value)));
}

function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value !== null && value !== false) {
            node.setAttribute(name, value === true ? '' : value);
        }
    }
    node.append(...children.map(child => (child instanceof Node ? child : String(child))));
    return node;
}
