// Tabs as in the ARIA Authoring Practices: arrow keys move and choose, Home and End jump. The
// address remembers the tab after its #.

export class Tabs {
    #tabs;
    #chosen;

    /** @param chosen called with the panel that is shown now */
    constructor(list, chosen) {
        this.#tabs = [...list.querySelectorAll('[role=tab]')];
        this.#chosen = chosen;
        for (const tab of this.#tabs) {
            tab.addEventListener('click', () => this.#choose(tab));
        }
        list.addEventListener('keydown', event => this.#move(event));
    }

    /** Shows the panel with this id, unless it is shown or there is none. */
    show(id) {
        const tab = this.#tabs.find(candidate => candidate.getAttribute('aria-controls') === id);
        if (tab && tab.getAttribute('aria-selected') !== 'true') {
            this.#choose(tab);
        }
    }

    #move(event) {
        const last = this.#tabs.length - 1;
        const index = this.#tabs.indexOf(document.activeElement);
        const target = {
            ArrowRight: index === last ? 0 : index + 1,
            ArrowLeft: index === 0 ? last : index - 1,
            Home: 0,
            End: last,
        }[event.key];
        if (target === undefined || event.altKey || event.ctrlKey || event.metaKey) {
            return;
        }
        event.preventDefault();
        this.#tabs[target].focus();
        this.#choose(this.#tabs[target]);
    }

    #choose(tab) {
        for (const other of this.#tabs) {
            other.setAttribute('aria-selected', String(other === tab));
            other.tabIndex = other === tab ? 0 : -1;
            panel(other).hidden = other !== tab;
        }
        const first = tab === this.#tabs[0];
        history.replaceState(null, '', first ? location.pathname : `#${panel(tab).id.replace('panel-', '')}`);
        this.#chosen(panel(tab));
    }
}

function panel(tab) {
    return document.getElementById(tab.getAttribute('aria-controls'));
}
