// A small benchmark: one request after the other, from this browser.

import {byId, drawing, element} from './elements.js';
import {duration, quantile} from './numbers.js';

const REQUESTS = 30;

export class Measurement {
    #server;
    #attempt;
    #photo;
    #model = null;
    #request = null; // AbortController while it runs

    /** @param photo answers the photo at hand, or null */
    constructor(server, attempt, photo) {
        this.#server = server;
        this.#attempt = attempt;
        this.#photo = photo;
        byId('measure').addEventListener('click', () => {
            if (this.#request === null) {
                this.#attempt(() => this.#run());
            } else {
                this.stop();
            }
        });
    }

    /** Measures this network from now on. */
    use(model) {
        this.stop();
        this.#model = model;
        byId('measured').hidden = true;
        this.describe();
    }

    /** Says what would be sent. */
    describe() {
        const photo = this.#photo();
        byId('measure-lead').textContent = `${REQUESTS} requests, one after the other, with `
            + (photo === null ? 'a picture drawn here.' : `the photo ${photo.name}.`);
    }

    stop() {
        this.#request?.abort();
    }

    async #run() {
        const request = new AbortController();
        this.#request = request;
        this.#showProgress(0);
        try {
            const photo = this.#photo() ?? await drawnPicture();
            const rounds = [];
            for (let i = 0; i < REQUESTS; i++) {
                const {answer, millis} = await this.#server.classify(
                    photo, {model: this.#model.name, top: 1, signal: request.signal});
                rounds.push({trip: millis, server: 1000 * answer.seconds.total});
                this.#showProgress(i + 1);
            }
            this.#show(rounds);
        } finally {
            this.#request = null;
            byId('progress').hidden = true;
            byId('measure').textContent = 'Measure here';
        }
    }

    #showProgress(answered) {
        byId('measure').textContent = 'Stop';
        byId('progress').hidden = false;
        byId('progress').max = REQUESTS;
        byId('progress').value = answered;
    }

    #show(rounds) {
        const series = [
            {name: 'Round trip', values: rounds.map(round => round.trip)},
            {name: 'Server', values: rounds.map(round => round.server)},
        ].map(one => ({...one, median: quantile(one.values, 0.5), p95: quantile(one.values, 0.95)}));
        byId('measured').hidden = false;
        byId('measured-table').replaceChildren(numbers(series));
        const box = byId('strips');
        box.replaceChildren(strips(series, box.clientWidth));
        byId('measured-spoken').textContent = `Measured: ${words(series)}.`;
    }
}

function words(series) {
    return series
        .map(one => `${one.name.toLowerCase()} ${duration(one.median)} in the median, `
            + `95th percentile ${duration(one.p95)}`)
        .join('; ');
}

function numbers(series) {
    return element('table', {class: 'numbers'},
        element('caption', {}, `${REQUESTS} requests`),
        element('thead', {}, element('tr', {},
            element('td'),
            element('th', {scope: 'col'}, 'Median'),
            element('th', {scope: 'col'}, '95th percentile'))),
        element('tbody', {}, ...series.map(one => element('tr', {},
            element('th', {scope: 'row'}, one.name),
            element('td', {}, duration(one.median)),
            element('td', {}, duration(one.p95))))));
}

/** Every request as a dot over an axis of milliseconds; within a strip, the first is on top. */
function strips(series, width) {
    const margin = 14;
    const strip = 46;
    const gap = 26;
    const ticks = axisTicks(Math.max(...series.flatMap(one => one.values)), Math.max(2, Math.floor(width / 110)));
    const x = millis => margin + (width - 2 * margin) * millis / ticks.at(-1);
    const bottom = series.length * (strip + gap);
    const parts = ticks.flatMap(tick => [
        drawing('line', {class: 'grid', x1: x(tick), x2: x(tick), y1: gap, y2: bottom}),
        drawing('text', {x: x(tick), y: bottom + 18, 'text-anchor': 'middle'}, tick),
    ]);
    series.forEach((one, row) => {
        const top = row * (strip + gap) + gap;
        parts.push(drawing('text', {class: 'strip', x: 0, y: top - 9}, `${one.name}, ms`));
        one.values.forEach((value, i) => parts.push(drawing('circle', {
            cx: x(value),
            cy: top + 5 + (strip - 10) * i / (one.values.length - 1),
            r: 3.5,
        })));
        parts.push(drawing('line', {class: 'median', x1: x(one.median), x2: x(one.median), y1: top - 3, y2: top + strip + 3}));
        parts.push(drawing('line', {class: 'p95', x1: x(one.p95), x2: x(one.p95), y1: top + 12, y2: top + strip - 12}));
    });
    return drawing('svg', {
        class: 'strips',
        viewBox: `0 0 ${width} ${bottom + 26}`,
        role: 'img',
        'aria-label': `Time of each request: ${words(series)}.`,
    }, ...parts);
}

/** Round numbers from 0 to the first that is not below `largest`, about `parts` steps. */
function axisTicks(largest, parts) {
    const rough = largest / parts;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map(factor => factor * power).find(candidate => candidate >= rough);
    const steps = Math.ceil(largest / step - 1e-9);
    return Array.from({length: steps + 1}, (_, i) => Number((i * step).toPrecision(6)));
}

/** Colours and discs, 640x480, as a JPEG file: what a photo costs to send and to decode. */
async function drawnPicture() {
    const canvas = document.createElement('canvas');
    canvas.width = 640;
    canvas.height = 480;
    const context = canvas.getContext('2d');
    const sky = context.createLinearGradient(0, 0, 640, 480);
    sky.addColorStop(0, '#20386b');
    sky.addColorStop(1, '#e9a15b');
    context.fillStyle = sky;
    context.fillRect(0, 0, 640, 480);
    for (let i = 0; i < 60; i++) {
        context.fillStyle = `hsl(${i * 47 % 360} 55% 55% / 0.6)`;
        context.beginPath();
        context.arc(i * 97 % 640, i * 61 % 480, 8 + i * 13 % 40, 0, 2 * Math.PI);
        context.fill();
    }
    return new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.9));
}
