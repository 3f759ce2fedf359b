// The Model tab: what the network is, how fast it answers, and its layers.

import {byId, element, terms} from './elements.js';
import {layerTable} from './layers.js';
import {Measurement} from './measure.js';
import {count, extents, short} from './numbers.js';

export class ModelPanel {
    #server;
    #attempt;
    #measurement;
    #model = null;
    #shown = null; // name of the network whose facts are on the page
    #visible = false;

    /** @param photo answers the photo at hand, or null */
    constructor(server, attempt, photo) {
        this.#server = server;
        this.#attempt = attempt;
        this.#measurement = new Measurement(server, attempt, photo);
    }

    /** Shows this network from now on. */
    use(model) {
        this.#model = model;
        this.#measurement.use(model);
        this.#load();
    }

    /** Says whether the tab is in front; nothing is fetched before. */
    set visible(visible) {
        this.#visible = visible;
        if (visible) {
            this.#measurement.describe();
            this.#load();
        } else {
            this.#measurement.stop();
        }
    }

    #load() {
        if (!this.#visible || this.#model === null || this.#shown === this.#model.name) {
            return;
        }
        const wanted = this.#model;
        this.#attempt(async () => {
            const details = await this.#server.model(wanted.name);
            if (this.#model === wanted) {
                this.#show(details);
                this.#shown = wanted.name;
            }
        });
    }

    #show(model) {
        const {training, plain} = model;
        byId('sizes').replaceChildren(...terms([
            ['Parameters as trained', short(training.parameters)],
            ['once folded', short(plain.parameters)],
            ['Multiply-adds as trained', short(training.multiplyAdds)],
            ['once folded', short(plain.multiplyAdds)],
        ]));
        byId('facts').replaceChildren(...terms([
            ['Name', model.name],
            ['Version', model.version],
            ['Architecture', model.spec?.name ?? null],
            ['Input', extents([model.input.channels, model.input.height, model.input.width])],
            ['Classes', count(model.classes)],
            ['Engine', model.engine],
            ['Parameters', `${count(training.parameters)}, folded ${count(plain.parameters)}`],
            ['Multiply-adds', `${count(training.multiplyAdds)}, folded ${count(plain.multiplyAdds)}`],
            ['Layers', `${count(training.layers.length)}, folded ${count(plain.layers.length)}`],
        ]));
        byId('more').replaceChildren(...classNames(model.classNames), ...provenance(model.provenance));
        byId('layers').replaceChildren(layerTable(training.layers, plain.layers));
    }
}

function classNames(names) {
    if (!names?.length) {
        return [];
    }
    return [element('details', {},
        element('summary', {}, 'Names of the classes'),
        element('div', {class: 'names', role: 'region', 'aria-label': 'Names of the classes', tabindex: 0},
            element('ol', {start: 0}, ...names.map(name => element('li', {}, name)))))];
}

function provenance(facts) {
    const pairs = Object.entries(facts ?? {});
    if (pairs.length === 0) {
        return [];
    }
    return [element('details', {},
        element('summary', {}, 'Where it comes from'),
        element('dl', {class: 'list'}, ...terms(pairs)))];
}
