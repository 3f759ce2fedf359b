// The Photo tab: a picture from somewhere, what the network says about it, and where it looks.

import {Camera, cameraTrouble, hasCamera} from './camera.js';
import {byId, element, terms} from './elements.js';
import {drawMap, drawScale} from './map.js';
import {duration, extents, score, share} from './numbers.js';

const TOP = 5; // classes listed
const SMALL = 160; // pixels a side below which a picture is shown in blocks, not blurred
const WHOLE = {left: 0, top: 0, width: 1, height: 1};

export class PhotoPanel {
    #server;
    #attempt;
    #reveal;
    #camera = new Camera(byId('viewfinder'));
    #model = null;
    #photo = null; // a File
    #address = null; // of the photo, for the browser
    #answer = null;
    #maps = new Map(); // activations of this answer, by class
    #request = null; // AbortController of the newest request

    /**
     * @param attempt runs an action and shows what goes wrong in it
     * @param reveal brings this tab to the front
     */
    constructor(server, attempt, reveal) {
        this.#server = server;
        this.#attempt = attempt;
        this.#reveal = reveal;
        drawScale(byId('scale'));
        this.#listenForFiles();
        this.#listenForTheCamera();
        byId('show-map').addEventListener('change', () => this.#toggleMap());
    }

    /** What is looked at now, or null. */
    get photo() {
        return this.#photo;
    }

    /** Asks this network from now on, about the photo at hand too. */
    use(model) {
        this.#model = model;
        if (this.#photo !== null) {
            this.#forget();
            this.#attempt(() => this.#classify());
        }
    }

    /** Switches the camera off; for when another tab comes to the front. */
    leave() {
        this.#closeCamera();
    }

    #listenForFiles() {
        const file = byId('file');
        file.addEventListener('change', () => {
            this.#takeFirst(file.files);
            file.value = ''; // the same file may be chosen again
        });
        byId('empty').addEventListener('click', () => file.click());
        document.addEventListener('paste', event => this.#takeFirst(event.clipboardData?.files));

        const stage = byId('stage');
        const carriesFiles = event => event.dataTransfer?.types.includes('Files');
        document.addEventListener('dragover', event => {
            if (carriesFiles(event)) {
                event.preventDefault(); // else the browser leaves the page for the file
                stage.classList.add('over');
            }
        });
        document.addEventListener('dragleave', event => {
            if (event.relatedTarget === null) {
                stage.classList.remove('over');
            }
        });
        document.addEventListener('drop', event => {
            stage.classList.remove('over');
            if (carriesFiles(event)) {
                event.preventDefault();
                this.#takeFirst(event.dataTransfer.files);
            }
        });
    }

    #listenForTheCamera() {
        byId('camera').hidden = !hasCamera();
        byId('no-camera').hidden = hasCamera();
        byId('camera').addEventListener('click', () => this.#attempt(() => this.#openCamera()));
        byId('stop').addEventListener('click', () => {
            this.#closeCamera();
            byId('camera').focus();
        });
        byId('shot').addEventListener('click', () => this.#attempt(async () => {
            const shot = await this.#camera.shoot();
            this.#closeCamera();
            byId('camera').focus();
            await this.#take(shot);
        }));
    }

    async #openCamera() {
        let open;
        try {
            open = await this.#camera.open();
        } catch (e) {
            throw new Error(cameraTrouble(e));
        }
        if (open) {
            this.#showCamera(true);
            byId('shot').focus();
        }
    }

    #closeCamera() {
        this.#camera.close();
        this.#showCamera(false);
    }

    #showCamera(on) {
        byId('stage').classList.toggle('filming', on);
        byId('viewfinder').hidden = !on;
        byId('shot').hidden = !on;
        byId('stop').hidden = !on;
        byId('camera').hidden = on || !hasCamera();
    }

    #takeFirst(files) {
        const [file] = files ?? []; // the list itself is emptied soon
        if (file) {
            this.#reveal();
            this.#attempt(() => this.#take(file));
        }
    }

    async #take(file) {
        if (file.type !== '' && !file.type.startsWith('image/')) {
            throw new Error(`${file.name} is not an image, but ${file.type}.`);
        }
        this.#closeCamera();
        this.#photo = file;
        this.#forget();
        await this.#show(file);
        if (this.#photo === file && this.#model !== null) {
            await this.#classify();
        }
    }

    async #show(file) {
        if (this.#address !== null) {
            URL.revokeObjectURL(this.#address);
        }
        this.#address = URL.createObjectURL(file);
        const image = byId('photo');
        image.src = this.#address;
        image.alt = `The photo: ${file.name}`;
        const shown = await image.decode().then(() => true, () => false);
        if (this.#photo !== file) {
            return; // another one came meanwhile
        }
        image.hidden = !shown;
        image.classList.toggle('blocks', Math.max(image.naturalWidth, image.naturalHeight) < SMALL);
        byId('no-preview').hidden = shown;
        byId('empty').hidden = true;
        const stage = byId('stage');
        stage.classList.add('filled');
        stage.style.aspectRatio = shown ? `${image.naturalWidth} / ${image.naturalHeight}` : '';
    }

    /** Clears what was said about the last photo. */
    #forget() {
        this.#request?.abort();
        this.#answer = null;
        this.#maps.clear();
        byId('map').hidden = true;
        byId('found').hidden = true;
        byId('maps').hidden = true;
        byId('waiting').hidden = true;
    }

    async #classify() {
        const {answer, millis} = await this.#ask(byId('show-map').checked ? 'top' : null);
        answer.classes = answer.classes.map(
            found => ({...found, name: found.name || `class ${found.index}`}));
        this.#answer = answer;
        this.#maps.clear();
        this.#keepMap(answer);
        this.#showAnswer(answer, millis);
        this.#showMap(this.#chosenClass());
    }

    /** Sends the photo, in place of any request under way. */
    async #ask(cam) {
        this.#request?.abort();
        const request = new AbortController();
        this.#request = request;
        const answer = document.querySelector('.answer');
        answer.setAttribute('aria-busy', 'true');
        try {
            return await this.#server.classify(this.#photo, {
                model: this.#model.name,
                top: Math.min(TOP, this.#model.classes),
                cam,
                signal: request.signal,
            });
        } finally {
            if (this.#request === request) {
                this.#request = null;
                answer.removeAttribute('aria-busy');
            }
        }
    }

    #keepMap(answer) {
        if (answer.activation) {
            this.#maps.set(answer.activation.class, answer.activation);
        }
    }

    #showAnswer(answer, millis) {
        const best = answer.classes[0];
        byId('verdict').textContent = best.name;
        byId('verdict-share').textContent = share(best.probability);
        byId('classes').replaceChildren(...answer.classes.map((found, i) => this.#row(found, i === 0)));
        byId('timing').replaceChildren(...terms([
            ['Round trip', duration(millis)],
            ['Server', duration(1000 * answer.seconds.total)],
            ['Decoding', duration(1000 * answer.seconds.decode)],
            ['In the queue', duration(1000 * answer.seconds.queue)],
        ]));
        byId('answered-by').textContent = `${answer.model}, version ${answer.version}, on ${this.#model.engine}. `
            + `The photo has ${extents([answer.image.width, answer.image.height])} pixels, `
            + `the network sees it at ${extents([this.#model.input.width, this.#model.input.height])}.`;
        byId('found').hidden = false;
        byId('maps').hidden = false;
        byId('spoken').textContent = `${best.name}, ${share(best.probability)}, after ${duration(millis)}.`;
    }

    #row(found, chosen) {
        const radio = element('input', {type: 'radio', name: 'class', value: found.index, checked: chosen});
        radio.addEventListener('change', () => this.#attempt(() => this.#locate(found.index)));
        const bar = element('span', {class: 'bar', 'aria-hidden': 'true'}, element('span'));
        bar.firstChild.style.width = `${100 * found.probability}%`;
        return element('li', {}, element('label', {},
            radio,
            element('span', {class: 'name'}, found.name),
            ' ',
            element('span', {class: 'share'}, share(found.probability)),
            bar));
    }

    #chosenClass() {
        const radio = document.querySelector('#classes input:checked');
        return this.#answer.classes.find(found => String(found.index) === radio.value);
    }

    #toggleMap() {
        if (byId('show-map').checked) {
            this.#attempt(() => this.#locate(this.#chosenClass().index));
        } else {
            this.#hideMap();
        }
    }

    /** Shows the map of a class, asking for it if it is not here yet. */
    async #locate(index) {
        byId('show-map').checked = true;
        if (!this.#maps.has(index)) {
            this.#hideMap();
            const {answer} = await this.#ask(index);
            this.#keepMap(answer);
        }
        this.#showMap(this.#chosenClass());
        byId('spoken').textContent = byId('map-note').textContent;
    }

    #hideMap() {
        byId('map').hidden = true;
        byId('legend').hidden = true;
        byId('map-note').textContent = '';
    }

    #showMap(found) {
        this.#hideMap();
        if (!byId('show-map').checked) {
            return;
        }
        const activation = this.#maps.get(found.index);
        if (!activation) {
            byId('map-note').textContent = 'The server gave no map.';
            return;
        }
        const image = byId('photo');
        const size = image.hidden
            ? this.#answer.image
            : {width: image.naturalWidth, height: image.naturalHeight};
        const map = byId('map');
        drawMap(map, size, this.#answer.crop ?? WHOLE, activation);
        map.hidden = false;
        byId('map-note').textContent = mapNote(found, activation);
        map.setAttribute('aria-label', byId('map-note').textContent);
        byId('legend').hidden = activation.max <= 0;
        byId('scale-end').textContent = score(activation.max);
    }
}

function mapNote(found, activation) {
    if (activation.max <= 0) {
        return `No place in the photo speaks for ${found.name}.`;
    }
    return `How much each place adds to the score of ${found.name}: most ${place(activation)}. `
        + 'Clear places add nothing or speak against it.';
}

/** Where the largest value lies: `in the upper left`. */
function place({width, height, values}) {
    const index = values.indexOf(values.reduce((a, b) => Math.max(a, b)));
    const across = third((index % width + 0.5) / width, ['left', '', 'right']);
    const down = third((Math.floor(index / width) + 0.5) / height, ['upper', '', 'lower']);
    if (across === '' && down === '') {
        return 'in the middle';
    }
    if (across === '') {
        return down === 'upper' ? 'at the top' : 'at the bottom';
    }
    return down === '' ? `on the ${across}` : `in the ${down} ${across}`;
}

function third(part, names) {
    return names[Math.min(2, Math.floor(3 * part))];
}
