// Class activation maps: coarse numbers in, a coloured picture out.
//
// Values are interpolated first and coloured then: the other way round blends colours that mean
// nothing. What is not above 0 stays clear.

/** Colours from 0 to the map's largest value: position, red, green, blue, opacity. */
const RAMP = [
    [0.00, 80, 18, 123, 0.00],
    [0.15, 80, 18, 123, 0.30],
    [0.40, 156, 46, 127, 0.50],
    [0.65, 222, 73, 104, 0.62],
    [0.85, 254, 159, 109, 0.70],
    [1.00, 252, 253, 191, 0.78],
];
const GRID = 224; // places a side that are interpolated
const LONGEST = 1024; // side of the overlay, pixels

/** Red, green, blue and opacity, 0 to 255, of a part of the largest value. */
function colour(part) {
    const t = Math.min(1, Math.max(0, part));
    const upper = Math.max(1, RAMP.findIndex(([position]) => position >= t));
    const [start, ...from] = RAMP[upper - 1];
    const [end, ...to] = RAMP[upper];
    const weight = (t - start) / (end - start);
    const mixed = from.map((value, i) => value + weight * (to[i] - value));
    return [mixed[0], mixed[1], mixed[2], 255 * mixed[3]];
}

/** Colours of 256 parts, so that a map looks each up once. */
const COLOURS = Array.from({length: 256}, (_, i) => colour(i / 255));

/**
 * Lays a map over the part of the picture that the network saw.
 *
 * @param canvas shown over the picture, of its proportions; overwritten
 * @param image width and height of the upright picture
 * @param crop left, top, width and height of what the network saw, parts of the picture's
 */
export function drawMap(canvas, image, crop, activation) {
    const scale = LONGEST / Math.max(image.width, image.height);
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    const context = canvas.getContext('2d');
    const left = crop.left * canvas.width;
    const top = crop.top * canvas.height;
    const width = crop.width * canvas.width;
    const height = crop.height * canvas.height;

    context.fillStyle = 'rgb(10 12 18 / 0.5)'; // what the network did not see
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.clearRect(left, top, width, height);
    context.imageSmoothingQuality = 'high';
    context.drawImage(coloured(activation), left, top, width, height);
}

/** The colours of `drawMap`, left to right, over a middle grey. */
export function drawScale(canvas) {
    const context = canvas.getContext('2d');
    for (let x = 0; x < canvas.width; x++) {
        const [red, green, blue, opacity] = colour(x / (canvas.width - 1));
        context.fillStyle = '#777c85';
        context.fillRect(x, 0, 1, canvas.height);
        context.fillStyle = `rgb(${red} ${green} ${blue} / ${opacity / 255})`;
        context.fillRect(x, 0, 1, canvas.height);
    }
}

function coloured(activation) {
    const picture = new ImageData(GRID, GRID);
    const reach = activation.max > 0 ? activation.max : 1;
    for (let y = 0; y < GRID; y++) {
        for (let x = 0; x < GRID; x++) {
            const part = interpolated(activation, (x + 0.5) / GRID, (y + 0.5) / GRID) / reach;
            const index = Math.round(255 * Math.min(1, Math.max(0, part)));
            picture.data.set(COLOURS[index], 4 * (y * GRID + x));
        }
    }
    const canvas = document.createElement('canvas');
    canvas.width = GRID;
    canvas.height = GRID;
    canvas.getContext('2d').putImageData(picture, 0, 0);
    return canvas;
}

/** Bilinear, with values in the middle of their cells and the edge's value beyond the last middle. */
function interpolated({width, height, values}, right, down) {
    const x = Math.min(width - 1, Math.max(0, right * width - 0.5));
    const y = Math.min(height - 1, Math.max(0, down * height - 0.5));
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const x1 = Math.min(width - 1, x0 + 1);
    const y1 = Math.min(height - 1, y0 + 1);
    const upper = mix(values[y0 * width + x0], values[y0 * width + x1], x - x0);
    const lower = mix(values[y1 * width + x0], values[y1 * width + x1], x - x0);
    return mix(upper, lower, y - y0);
}

function mix(from, to, weight) {
    return from + weight * (to - from);
}
